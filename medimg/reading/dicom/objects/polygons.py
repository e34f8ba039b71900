"""From outlines to pixels: a pixel belongs where its centre lies inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


#: Edges taken at once: a contour of millions must not take memory for all its crossings.
EDGES = 1 << 13


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """A closed outline: (n, 2) of (column, row), pixel edges at whole numbers; and how it adds up.

    Attributes:
        is_xor: Turns inside and outside over where it lies (CLOSEDPLANAR_XOR).
    """

    points: NDArray[np.float32]
    is_xor: bool = False


def filled(points: NDArray[np.float32], shape: tuple[int, int]) -> Mask:
    """Fill one outline by the even-odd rule, so that a keyhole's inside stays open.

    A pixel is inside if its centre, half a pixel from its edges, is; a centre on an edge belongs
    to the pixel right of it or below it, so that two neighbours never share or lose one.

    Args:
        points: (n, 2) of (column, row), pixel edges at whole numbers; closed by itself.
        shape: (rows, columns).
    """
    rows, columns = shape
    crossings = np.zeros((rows, columns + 1), dtype=np.int64)
    corners = points.astype(np.float64) - 0.5
    following = np.roll(corners, -1, axis=0)
    for first in range(0, len(corners), EDGES):
        part = slice(first, first + EDGES)
        _cross(crossings, corners[part], following[part])
    return (np.cumsum(crossings, axis=1)[:, :columns] % 2).astype(np.bool_)


def _cross(
    crossings: NDArray[np.int64], corners: NDArray[np.float64], following: NDArray[np.float64]
) -> None:
    """Count for each row the first pixels right of where edges cross its centres."""
    (x, y), (x_next, y_next) = corners.T, following.T
    rows, columns = crossings.shape[0], crossings.shape[1] - 1
    low = np.clip(np.ceil(np.minimum(y, y_next)), 0, rows).astype(np.int64)
    high = np.clip(np.ceil(np.maximum(y, y_next)), 0, rows).astype(np.int64)
    count = high - low
    edge = np.repeat(np.arange(len(x)), count)
    row = low[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = (row - y[edge]) / (y_next[edge] - y[edge])
    at = x[edge] + share * (x_next[edge] - x[edge])
    first = np.clip(np.ceil(at), 0, columns).astype(np.int64)
    places = row * (columns + 1) + first
    crossings += np.bincount(places, minlength=crossings.size).reshape(crossings.shape)


def combined(rings: Sequence[Ring], shape: tuple[int, int]) -> tuple[Mask, int]:
    """Add up the outlines of one structure on one slice.

    XOR outlines turn over what is there (PS3.3 C.8.8.6.3). Others add; one that lies wholly
    within what is filled is the edge of a hole, for that is what those who write them so mean.

    Returns:
        The mask, and the number of holes taken from plain outlines.
    """
    plain = [filled(ring.points, shape) for ring in rings if not ring.is_xor]
    result, added, holes = np.zeros(shape, dtype=np.bool_), list[Mask](), 0
    for mask in sorted(plain, key=np.count_nonzero, reverse=True):
        if any(np.array_equal(mask, other) for other in added):
            continue
        is_hole = _is_within(mask, result) and any(_is_within(mask, other) for other in added)
        result = result & ~mask if is_hole else result | mask
        added.append(mask)
        holes += is_hole
    for ring in rings:
        if ring.is_xor:
            result = result ^ filled(ring.points, shape)
    return result, holes


def _is_within(inner: Mask, outer: Mask) -> bool:
    return bool(inner.any()) and not bool((inner & ~outer).any())
