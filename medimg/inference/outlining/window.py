"""The part of a scan around the clicks, and what the network is shown of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medimg.inference.outlining.inputs import (
    NEIGHBOURS,
    Plane,
    click_map,
    greys,
    in_patch,
    spacing_value,
    stride_of,
    to_patch,
)

Stack = NDArray[np.float32]
Mask = NDArray[np.bool_]
Index = tuple[float, float, float]

#: Pixels of the patches; the next one is taken where an outline reaches the edge of the first.
PATCHES = (48, 80)
#: A part of the outline this close to the click is the one that was meant.
NEAR_MM = 1.5
#: Half the extent of what is looked at around a click, (slice, row, column).
REACH_MM = (72.0, 48.0, 48.0)


@dataclass(frozen=True, slots=True)
class Clicks:
    """Where the reader pointed, in (slice, row, column) indices, not rounded.

    Attributes:
        plus: Inside; the first one begins the outline.
        minus: Outside.
        box: Two opposite corners; the outline stays within, and without `plus` begins in its
            middle.
    """

    plus: tuple[Index, ...] = ()
    minus: tuple[Index, ...] = ()
    box: tuple[Index, Index] | None = None

    def seeds(self) -> tuple[Index, ...]:
        """Where walks begin."""
        if self.plus or self.box is None:
            return self.plus
        middle = np.mean(self.box, axis=0)
        return ((float(middle[0]), float(middle[1]), float(middle[2])),)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The part of the scan around the click, all slices; the clicks' indices are moved into it."""

    hu: Stack
    spacing_mm: tuple[float, float, float]
    clicks: Clicks
    patch: int = PATCHES[0]

    @property
    def stride(self) -> int:
        """Slices between two that are outlined by the network."""
        return stride_of(self.spacing_mm[0])

    def are_near(self, one: Index, other: Index) -> bool:
        """Whether two points of a slice are within 1.5 mm of each other."""
        down, across = (
            (a - b) * mm for a, b, mm in zip(one[1:], other[1:], self.spacing_mm[1:], strict=True)
        )
        return float(np.hypot(down, across)) <= NEAR_MM

    def near(self, point: Index) -> Mask:
        """Pixels of a slice within 1.5 mm of a point, at least the nearest one."""
        rows, columns = (np.arange(size) for size in self.hu.shape[1:])
        down = (rows[:, None] - point[1]) * self.spacing_mm[1]
        across = (columns[None] - point[2]) * self.spacing_mm[2]
        distance = np.hypot(down, across)
        return np.asarray(distance <= max(NEAR_MM, float(distance.min())))


@dataclass(slots=True, eq=False)
class Walk:
    """One of the walks: where it stands, and its outlines by slice."""

    orientation: int
    centre: tuple[float, float]
    earlier: Plane
    found: dict[int, Plane] = field(default_factory=dict)
    is_large: bool = False


def inputs_of(window: Window, walk: Walk, at: int, way: int, first: Index | None) -> Plane:
    """(CHANNELS, size, size) inputs of one walk in one slice.

    Args:
        way: 1 where the walk goes up the slices, -1 where it goes down.
        first: The click that the walk begins with, in its first slice.
    """
    size, (count, rows, columns) = window.patch, window.hu.shape
    down = to_patch(rows, walk.centre[0], window.spacing_mm[1], size)
    across = to_patch(columns, walk.centre[1], window.spacing_mm[2], size).T
    places = [min(max(at + step * way * window.stride, 0), count - 1) for step in NEIGHBOURS]
    plus = _in_slice(window.clicks.plus, at, window)
    if first:
        # The walk's own click stands for the one that it began beside.
        plus = [first, *(point for point in plus if not window.are_near(first, point))]
    minus = _in_slice(window.clicks.minus, at, window)
    distance = spacing_value(window.stride * window.spacing_mm[0])
    hints: list[Plane] = [
        np.asarray(down @ walk.earlier @ across, np.float32),
        _bells(plus, window, walk),
        _bells(minus, window, walk),
        np.full((size, size), distance, np.float32),
    ]
    return np.concatenate([down @ greys(window.hu[places]) @ across, np.stack(hints)])


def _bells(points: Sequence[Index], window: Window, walk: Walk) -> Plane:
    places = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    rows, columns = (
        in_patch(places[:, axis], walk.centre[axis - 1], window.spacing_mm[axis], window.patch)
        for axis in (1, 2)
    )
    return click_map(zip(rows.tolist(), columns.tolist(), strict=True), window.patch)


def _in_slice(points: Sequence[Index], at: int, window: Window) -> list[Index]:
    return [point for point in points if abs(point[0] - at) <= window.stride / 2]


def cut_out(
    hu: NDArray[np.float32], spacing_mm: tuple[float, float, float], clicks: Clicks
) -> tuple[Window, tuple[int, int, int]]:
    """Cut out what lies around the clicks, so that a large scan costs no more than a small one."""
    points = np.array((*clicks.seeds(), *clicks.plus))
    reach = np.array(REACH_MM) / spacing_mm
    low = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + reach) + 1, hu.shape).astype(int)
    part = np.asarray(hu[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], np.float32)

    def moved(points: Iterable[Index]) -> tuple[Index, ...]:
        return tuple((s - low[0], r - low[1], c - low[2]) for s, r, c in points)

    corners = moved(clicks.box) if clicks.box else None
    box = (corners[0], corners[1]) if corners else None
    inside = Clicks(moved(clicks.plus), moved(clicks.minus), box)
    return Window(part, spacing_mm, inside), (int(low[0]), int(low[1]), int(low[2]))


def left_out(window: Window) -> Mask:
    """Voxels that minus clicks and the box rule out."""
    out = np.zeros(window.hu.shape, bool)
    for point in window.clicks.minus:
        away = np.abs(np.arange(len(out)) - point[0]) * window.spacing_mm[0]
        out[away <= max(NEAR_MM, float(away.min()))] |= window.near(point)
    if window.clicks.box:
        low, high = (np.round(f(window.clicks.box, axis=0)).astype(int) for f in (np.min, np.max))
        inside = np.zeros_like(out)
        inside[tuple(slice(max(a, 0), b + 1) for a, b in zip(low, high, strict=True))] = True
        out |= ~inside
    return out
