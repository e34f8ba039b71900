"""Turn a grid so that its slices are seen as radiologists see them; nothing is resampled.

Formats without a viewing convention store rows in any direction. Axes are swapped and flipped,
and the affine with them, so that every voxel keeps its place in the patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.values.geometry import Plane
from medimg.values.volume import Array

Floats = NDArray[np.float64]

#: LPS directions of (growing row, growing column) in each plane: from the front, the feet or
#: the left, head or front up.
_SEEN = {
    Plane.AXIAL: ((0, 1, 0), (1, 0, 0)),
    Plane.CORONAL: ((0, 0, -1), (1, 0, 0)),
    Plane.SAGITTAL: ((0, 0, -1), (0, 1, 0)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """Axes in their new order, and which of the new axes run backwards."""

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    def shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """The turned shape."""
        return shape[self.axes[0]], shape[self.axes[1]], shape[self.axes[2]]

    def array(self, array: Array) -> Array:
        """The turned array, a view; further axes stay behind."""
        extra = tuple(range(3, array.ndim))
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)
        return array.transpose(*self.axes, *extra)[steps]

    def affine(self, affine: Floats, shape: tuple[int, int, int]) -> Floats:
        """The affine of the turned array."""
        result = affine.copy()
        for new, (old, flip) in enumerate(zip(self.axes, self.flips, strict=True)):
            column = affine[:3, old]
            result[:3, new] = -column if flip else column
            if flip:
                result[:3, 3] += column * (shape[old] - 1)
        return result


def upright(affine: Floats) -> Turn:
    """Find the turn for a grid [slice, row, column]; the slice axis stays the slice axis."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    normal = np.cross(directions[:, 1], directions[:, 2])
    plane = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[int(np.argmax(np.abs(normal)))]
    down, right = (np.array(axis, dtype=np.float64) for axis in _SEEN[plane])
    along_down = directions.T @ down
    row = 1 if abs(along_down[1]) >= abs(along_down[2]) else 2
    column = 3 - row
    flip_row, flip_column = bool(along_down[row] < 0), bool((directions.T @ right)[column] < 0)
    turned_row = -directions[:, row] if flip_row else directions[:, row]
    turned_column = -directions[:, column] if flip_column else directions[:, column]
    # Slices ascend along column x row direction, as DICOM stacks do.
    flip_slice = bool(directions[:, 0] @ np.cross(turned_column, turned_row) < 0)
    return Turn((0, row, column), (flip_slice, flip_row, flip_column))
