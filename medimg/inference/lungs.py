"""Which part of a lung mask is the right lung and which the left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.packages.manifest import Label
from medimg.values.series import Series
from medimg.values.volume import Volume

#: A second part of this share of the first, or less, is no second lung.
SECOND_LUNG = 0.1
Named = list[tuple[str, str, NDArray[np.bool_]]]
_RIGHT, _LEFT = ("Right lung", "right-lung"), ("Left lung", "left-lung")


def split(label: Label, mask: NDArray[np.bool_], volume: Volume) -> tuple[Named, str]:
    """Split a mask of both lungs by its parts and name them by side.

    A film without an orientation is taken as it is hung: the patient's right at the image's
    left.

    Args:
        label: The label of both lungs together.
        mask: [slice, row, column], one image.
        volume: The film that it lies on.

    Returns:
        (name, code, mask) of each lung, right one first, and a note where something was assumed;
        the whole mask under the label's own name where the lungs cannot be told apart.
    """
    parts, count = ndimage.label(mask, ndimage.generate_binary_structure(3, 3))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = np.argsort(sizes)[::-1]
    if count < 2 or sizes[order[1]] <= SECOND_LUNG * sizes[order[0]]:
        note = f"{label.name}: marked as one part; right and left are not told apart."
        return [(label.name, label.code, mask)], note
    first, second = (ndimage.center_of_mass(parts == index + 1)[2] for index in order[:2])
    middle = (first + second) / 2
    centres = ndimage.center_of_mass(mask, parts, range(1, count + 1))
    at_left = np.isin(parts, [i + 1 for i, c in enumerate(centres) if c[2] < middle])
    at_right = mask & ~at_left
    mirrored, note = _is_mirrored(volume.series)
    right, left = (at_right, at_left) if mirrored else (at_left, at_right)
    return [(*_RIGHT, right), (*_LEFT, left)], note


def _is_mirrored(series: Series) -> tuple[bool, str]:
    """Whether the patient's right is at the image's right, and a note where that is assumed."""
    towards = series.patient_orientation[0][:1]
    if towards in ("L", "R"):
        return towards == "R", ""
    return False, "Sides are taken as the film is hung: the patient's right at the image's left."
