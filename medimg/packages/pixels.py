"""Rules about the pixels themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.packages.manifest import Rule
from medimg.packages.subject import Subject, refuse, unknown
from medimg.values.verdict import Reason
from medimg.values.volume import Unit, Volume

_COLOURS = ("RGB", "YBR", "PALETTE")
#: An image with this share of one single value shows nothing.
BLANK_SHARE = 0.985
#: Photographs of film and CT slices hold hundreds of greys, printed text a handful.
FEW_GREYS, TEXT_SHARE = 12, 0.995
_SAMPLE = 2_000_000


def colour(subject: Subject, rule: Rule) -> Reason | None:
    """The image is grey; a grey picture stored in three equal channels has been read as grey."""
    volume, series = subject.volume, subject.series
    coloured = (
        volume.unit is Unit.COLOUR
        if volume is not None
        # A picture's pixels decide whether RGB is only grey written three times.
        else series.format == "dicom" and series.photometric_interpretation.startswith(_COLOURS)
    )
    if not coloured:
        return None
    return refuse(rule, f"This is a colour picture; {subject.purpose}.")


def _sample(volume: Volume) -> NDArray[Any]:
    """At most some two million pixels of the image itself, padding left out."""
    step = max(1, volume.array.size // _SAMPLE)
    values = volume.array.reshape(-1)[::step]
    if volume.padding is not None:
        values = values[~volume.padding.reshape(-1)[::step]]
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def content(subject: Subject, rule: Rule) -> Reason | None:
    """The pixels show something: not blank, not a page of text. What they show is not judged."""
    if subject.volume is None or subject.volume.unit is Unit.COLOUR:
        return None
    values = _sample(subject.volume)
    if values.size == 0:
        return refuse(rule, "The image has no usable pixels.")
    _, counts = np.unique(values, return_counts=True)
    shares = np.sort(counts)[::-1] / values.size
    if shares[0] > BLANK_SHARE:
        return refuse(
            rule,
            f"{shares[0]:.0%} of the image has one single grey value. The image is blank "
            f"or nearly blank.",
        )
    if shares[:FEW_GREYS].sum() > TEXT_SHARE:
        return refuse(
            rule,
            "The image has only a few grey values, like a page of text or a drawing. It is not "
            "a scan.",
        )
    return None


#: Air in or around a patient, and soft tissue; each share is a small part of any scan of a body.
AIR_HU, SOFT_HU = (-1100.0, -800.0), (-200.0, 200.0)
LEAST_SHARE = 0.01


def hounsfield(subject: Subject, rule: Rule) -> Reason | None:
    """The values are HU: the file says so, and air and soft tissue lie where they should.

    A window-level screenshot passes for a CT by its header alone.
    """
    volume = subject.volume
    if volume is None or volume.unit is Unit.COLOUR:
        return None
    values = _sample(volume)
    shares = [float(((values >= low) & (values <= high)).mean()) for low, high in (AIR_HU, SOFT_HU)]
    if min(shares) < LEAST_SHARE:
        what, (low, high) = (("air", AIR_HU), ("soft tissue", SOFT_HU))[shares[0] >= LEAST_SHARE]
        return refuse(
            rule,
            f"The values run from {values.min():.0f} to {values.max():.0f} and hardly any is that "
            f"of {what} ({low:.0f} to {high:.0f} HU), so they are not HU. "
            "Send the original CT series.",
        )
    if volume.unit is not Unit.HU:
        return unknown(rule, "The file does not say that its values are HU; they look like HU.")
    return None
