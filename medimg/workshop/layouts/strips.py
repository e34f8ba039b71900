"""Strips: the slices of a small volume one under the other in a picture, readers as bits of a mask.

The form of `nodules.csv`: columns `file`, `mask`, `patient`, `slices`; bit k of a mask pixel says
that reader k drew it, 255 that nothing is known there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import rows
from medimg.workshop.layouts.case import Case, Part

NAMES = ("nodules.csv", "strips.csv", "labels.csv")
NEEDED = frozenset({"file", "mask", "patient", "slices", "raters"})
UNKNOWN = 255


def recognises(folder: Path) -> bool:
    """Whether a csv lists strips with their number of slices and of readers."""
    return rows.first(folder, NAMES, NEEDED) is not None


def slices(path: Path, count: int) -> NDArray[np.uint8]:
    """A strip as [slice, row, column].

    Raises:
        InputRefused: It is no picture, or cannot be cut into that many slices.
    """
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture.convert("L"))
    except OSError as error:
        raise InputRefused(f"{path.name} cannot be read. Check the folder of images.") from error
    if count < 1 or values.shape[0] % count:
        raise InputRefused(f"{path.name} cannot be cut into {count} slices. Check the table.")
    return values.reshape(count, -1, values.shape[1])


def majority(path: Path, count: int) -> NDArray[np.uint8]:
    """What at least half of the readers drew, [slice, row, column]: 1 inside, 255 not known.

    The readers are those whose bit is set anywhere.
    """
    bits = slices(path, count)
    known = bits != UNKNOWN
    drawn = np.unpackbits(np.where(known, bits, 0)[..., None], axis=-1)
    readers = int(drawn.any(axis=(0, 1, 2)).sum())
    inside = known & (2 * drawn.sum(axis=-1) >= max(readers, 1))
    return np.where(known, inside, UNKNOWN).astype(np.uint8)


def cases(folder: Path) -> Iterator[Case]:
    """List the strips, each a case; a person may have several."""
    index = rows.first(folder, NAMES, NEEDED)
    assert index is not None
    for row in rows.read(index):
        count = int(row["slices"])
        image = Part(folder / row["file"], count, slices)
        yield Case(row["patient"], (image,), (Part(folder / row["mask"], count, majority),), row)
