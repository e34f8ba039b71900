"""A volume with its axes along the patient's, and a coarse copy of it for what needs no detail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.values.geometry import Geometry

Array = NDArray[Any]
Bits = NDArray[np.bool_]
Hu = NDArray[np.float32]
#: The coarse grid's steps come near to this: a main bronchus is five of them wide.
COARSE_MM = 2.0
#: Slices that are averaged at a time; bounds the memory.
_SLAB = 32


@dataclass(frozen=True, slots=True)
class Axes:
    """How a stack's index axes lie along the patient's.

    Attributes:
        order: Index axes that run most nearly along head, back and left.
        flips: Whether each of these runs the other way.
        spacing_mm: Along head, back and left.
    """

    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    spacing_mm: tuple[float, float, float]

    @classmethod
    def of(cls, geometry: Geometry) -> Axes:
        """Read them from a grid that has a place in the patient.

        Raises:
            ValueError: It has none.
        """
        direction, spacing = geometry.direction, geometry.spacing_mm
        if direction is None or spacing is None:
            raise ValueError("this grid has no place in the patient")
        # Each patient axis takes the index axis that is nearest to it and still free.
        order: list[int] = []
        for row in (2, 1, 0):
            free = [axis for axis in range(3) if axis not in order]
            order.append(max(free, key=lambda axis: abs(direction[row, axis])))
        flips = [bool(direction[row, axis] < 0) for row, axis in zip((2, 1, 0), order, strict=True)]
        steps = [spacing[axis] for axis in order]
        return cls(
            (order[0], order[1], order[2]),
            (flips[0], flips[1], flips[2]),
            (steps[0], steps[1], steps[2]),
        )

    def turned(self, array: Array) -> Array:
        """A view [towards the head, towards the back, towards the left] of a stack's array."""
        turned = array.transpose(self.order)
        return turned[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]

    def turned_back(self, array: Array) -> Array:
        """A view on the stack's own axes of an array that was turned."""
        flipped = array[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]
        return flipped.transpose(np.argsort(self.order))


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """A turned volume averaged over blocks of voxels.

    Attributes:
        hu: [head, back, left] float32.
        padding: The same grid, True where most of the block is no image.
        factors: Voxels of a block along each axis.
        spacing_mm: Of the blocks.
    """

    hu: Hu
    padding: Bits
    factors: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]

    @property
    def voxel_ml(self) -> float:
        """Volume of a block."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    def fine(self, coarse: Array, start: int, stop: int, shape: tuple[int, int, int]) -> Array:
        """Slices `start` to `stop` of a coarse array on the fine grid, by nearest block."""
        first, second, third = self.factors
        planes = coarse[np.arange(start, stop) // first]
        wide = planes.repeat(second, axis=1)[:, : shape[1]]
        return wide.repeat(third, axis=2)[:, :, : shape[2]]


def coarsen(array: Array, padding: Bits | None, spacing_mm: tuple[float, float, float]) -> Coarse:
    """Average a turned volume over blocks of about 2 mm; blocks at the far end may be cut off."""
    factors = tuple(max(1, round(COARSE_MM / step)) for step in spacing_mm)
    first, second, third = factors
    counts = tuple(-(-n // f) for n, f in zip(array.shape, factors, strict=True))
    hu = np.empty(counts, dtype=np.float32)
    empty = np.zeros(counts, dtype=bool)
    for begin in range(0, counts[0], _SLAB):
        end = min(begin + _SLAB, counts[0])
        fine = slice(begin * first, end * first)
        hu[begin:end] = _block_means(array[fine], (end - begin, *counts[1:]), factors)
        if padding is not None:
            share = _block_means(padding[fine], (end - begin, *counts[1:]), factors)
            empty[begin:end] = share > 0.5
    steps = tuple(f * step for f, step in zip(factors, spacing_mm, strict=True))
    return Coarse(
        hu, empty, (first, second, third), (float(steps[0]), float(steps[1]), float(steps[2]))
    )


def _block_means(array: Array, counts: tuple[int, ...], factors: tuple[int, ...]) -> Hu:
    missing = [c * f - n for c, f, n in zip(counts, factors, array.shape, strict=True)]
    whole = array
    if any(missing):
        whole = np.pad(array, [(0, count) for count in missing], mode="edge")
    first, second, third = factors
    blocks = whole.reshape(counts[0], first, counts[1], second, counts[2], third)
    means: Hu = blocks.mean(axis=(1, 3, 5), dtype=np.float32)
    return means
