"""Which part of a lung mask is the right lung and which the left."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medimg.packages.manifest import Label
from medimg.values.masks import Mask
from medimg.values.series import Series
from medimg.values.volume import Volume

#: A second part of this share of the first, or less, is no second lung.
SECOND_LUNG = 0.1
Named = list[tuple[str, str, Mask]]
_RIGHT, _LEFT = ("Right lung", "right-lung"), ("Left lung", "left-lung")


def split(label: Label, mask: Mask, volume: Volume) -> tuple[Named, str]:
    """Split a mask of both lungs by its parts and name them by side.

    A film without an orientation is taken as it is hung: the patient's right at the image's
    left.

    Args:
        label: The label of both lungs together.
        mask: On one image.
        volume: The film that it lies on.

    Returns:
        (name, code, mask) of each lung, right one first, and a note where something was assumed;
        the whole mask under the label's own name where the lungs cannot be told apart.
    """
    bits = mask.bits
    parts, count = ndimage.label(bits, ndimage.generate_binary_structure(3, 3))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = np.argsort(sizes)[::-1]
    if count < 2 or sizes[order[1]] <= SECOND_LUNG * sizes[order[0]]:
        note = f"{label.name}: marked as one part; right and left are not told apart."
        return [(label.name, label.code, mask)], note
    first, second = (ndimage.center_of_mass(parts == index + 1)[2] for index in order[:2])
    middle = (first + second) / 2
    centres = ndimage.center_of_mass(bits, parts, range(1, count + 1))
    at_left = np.isin(parts, [i + 1 for i, c in enumerate(centres) if c[2] < middle])
    mirrored, note = _is_mirrored(volume.series)
    sides = tuple(Mask.of(side, mask.start, mask.shape) for side in (at_left, bits & ~at_left))
    right, left = sides[::-1] if mirrored else sides
    return [(*_RIGHT, right), (*_LEFT, left)], note


def _is_mirrored(series: Series) -> tuple[bool, str]:
    """Whether the patient's right is at the image's right, and a note where that is assumed."""
    towards = series.patient_orientation[0][:1]
    if towards in ("L", "R"):
        return towards == "R", ""
    return False, "Sides are taken as the film is hung: the patient's right at the image's left."
