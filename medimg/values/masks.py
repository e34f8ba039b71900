"""Masks cut down to the box that holds something: a hundred regions cost what they mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]
Index = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A part of a grid [slice, row, column], kept as the bits of one box.

    Attributes:
        start: First voxel of the box.
        bits: The box.
        shape: Of the whole grid.
    """

    start: Index
    bits: Bits
    shape: Index

    def __post_init__(self) -> None:
        """Check that the box lies in the grid.

        Raises:
            ValueError: It does not, or it has not three axes.
        """
        if self.bits.ndim != 3 or self.bits.dtype != np.bool_:
            raise ValueError("a mask is bool [slice, row, column]")
        ends = [first + size for first, size in zip(self.start, self.bits.shape, strict=True)]
        if min(self.start) < 0 or any(e > s for e, s in zip(ends, self.shape, strict=True)):
            raise ValueError(f"a box from {self.start} to {tuple(ends)} is not in {self.shape}")
        self.bits.setflags(write=False)

    @classmethod
    def of(cls, array: Bits, start: Index = (0, 0, 0), shape: Index | None = None) -> Mask:
        """Cut an array down to what it marks.

        Args:
            array: [slice, row, column], the whole grid or a part of it.
            start: Where the part begins.
            shape: Of the whole grid; the array's own where it is the whole.

        Raises:
            ValueError: The array has not three axes.
        """
        if array.ndim != 3:
            raise ValueError("a mask is bool [slice, row, column]")
        whole = shape or (array.shape[0], array.shape[1], array.shape[2])
        spans = []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            held = np.flatnonzero(array.any(axis=others))
            if not held.size:
                return cls((0, 0, 0), np.zeros((0, 0, 0), dtype=np.bool_), whole)
            spans.append(slice(int(held[0]), int(held[-1]) + 1))
        k, r, c = (first + span.start for first, span in zip(start, spans, strict=True))
        return cls((k, r, c), array[tuple(spans)].astype(np.bool_, copy=True), whole)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is marked."""
        return not self.bits.any()

    @property
    def size(self) -> int:
        """Number of voxels that are marked."""
        return int(np.count_nonzero(self.bits))

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Where the bits lie in an array of the whole grid."""
        k, r, c = (
            slice(first, first + size)
            for first, size in zip(self.start, self.bits.shape, strict=True)
        )
        return k, r, c

    @property
    def areas(self) -> NDArray[np.int64]:
        """Marked pixels of each slice of the whole grid."""
        areas = np.zeros(self.shape[0], dtype=np.int64)
        areas[self.box[0]] = self.bits.sum(axis=(1, 2))
        return areas

    @property
    def slices(self) -> tuple[int, ...]:
        """Slices on which something is marked, ascending."""
        return tuple(int(k) for k in np.flatnonzero(self.areas))

    def touches(self, index: int) -> bool:
        """Whether something is marked on a slice."""
        place = index - self.start[0]
        return 0 <= place < len(self.bits) and bool(self.bits[place].any())

    def on(self, index: int) -> Bits:
        """One whole slice, (rows, columns)."""
        plane = np.zeros(self.shape[1:], dtype=np.bool_)
        place = index - self.start[0]
        if 0 <= place < len(self.bits):
            plane[self.box[1:]] = self.bits[place]
        return plane

    def whole(self) -> Bits:
        """The whole grid."""
        whole = np.zeros(self.shape, dtype=np.bool_)
        whole[self.box] = self.bits
        return whole

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole grid, so that `numpy.asarray(mask)` and comparisons with arrays work."""
        return self.whole() if dtype is None else self.whole().astype(dtype)

    def sum(self) -> int:
        """Number of voxels that are marked, as an array of the whole grid gives it."""
        return self.size

    def meets(self, other: Mask) -> bool:
        """Whether a voxel is marked in both, which lie on one grid."""
        spans = [
            slice(max(a.start, b.start), min(a.stop, b.stop))
            for a, b in zip(self.box, other.box, strict=True)
        ]
        if any(span.start >= span.stop for span in spans):
            return False
        mine, theirs = (mask._part(spans) for mask in (self, other))
        return bool((mine & theirs).any())

    def _part(self, spans: list[slice]) -> Bits:
        """The bits of a part of the box, whose spans are those of the whole grid."""
        own = zip(spans, self.start, strict=True)
        return self.bits[tuple(slice(span.start - at, span.stop - at) for span, at in own)]
