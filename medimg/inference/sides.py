"""Which part of a mask of paired organs is the right one and which the left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from medimg.packages.manifest import Label
from medimg.values.masks import Mask
from medimg.values.volume import Volume

#: A second part of this share of the first, or less, is not a second organ.
SECOND_ORGAN = 0.1
Named = list[tuple[str, str, Mask]]
#: How far to the patient's left an index (slice, row, column) lies, in any unit.
Leftness = Callable[[tuple[float, float, float]], float]


def split(label: Label, mask: Mask, volume: Volume) -> tuple[Named, str]:
    """Split a mask of both organs by its parts and name them by their place in the patient.

    An image without an orientation is taken as it is hung: the patient's right at the image's
    left.

    Args:
        label: The label of both organs together; without `sides` the mask stays whole.
        mask: On the volume's grid.

    Returns:
        (name, code, mask) of each organ, right one first, and a note where something was assumed;
        the whole mask under the label's own name where the organs cannot be told apart.
    """
    whole: Named = [(label.name, label.code, mask)]
    if label.sides is None:
        return whole, ""
    bits = mask.bits
    parts, count = ndimage.label(bits, ndimage.generate_binary_structure(3, 3))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = np.argsort(sizes)[::-1]
    if count < 2 or sizes[order[1]] <= SECOND_ORGAN * sizes[order[0]]:
        note = f"{label.name}: marked as one part; right and left are not told apart."
        return whole, note
    leftness, note = _leftness(volume)
    centres = [
        leftness(tuple(np.add(mask.start, centre)))
        for centre in ndimage.center_of_mass(bits, parts, range(1, count + 1))
    ]
    middle = (centres[order[0]] + centres[order[1]]) / 2
    is_right = np.isin(parts, [i + 1 for i, place in enumerate(centres) if place < middle])
    right, left = (Mask.of(part, mask.start, mask.shape) for part in (is_right, bits & ~is_right))
    sides = label.sides
    return [
        (sides.right.name, sides.right.code, right),
        (sides.left.name, sides.left.code, left),
    ], note


def _leftness(volume: Volume) -> tuple[Leftness, str]:
    """How to tell how far left an index is, and a note where that is assumed."""
    affine = volume.series.geometry.affine
    if affine is not None:
        across = affine[0, :3]
        return lambda index: float(across @ np.asarray(index)), ""
    towards = volume.series.patient_orientation[0][:1]
    if towards in ("L", "R"):
        sign = 1.0 if towards == "L" else -1.0
        return lambda index: sign * index[2], ""
    note = "Sides are taken as the film is hung: the patient's right at the image's left."
    return lambda index: index[2], note
