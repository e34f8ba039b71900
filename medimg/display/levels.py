"""Slices ready to be drawn: windowed by table, and no larger than the screen needs.

A chest film has more pixels than any screen. It is halved a few times once, off the window's
thread, by averaging *values*; each redraw then windows the level nearest above the screen's
size. Tables are made by `windowing.grey` itself, so there is one path from values to grey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.display.cuts import Cut, Slab, world_affine
from medimg.display.sampling import sample
from medimg.display.windowing import grey, to_uint8
from medimg.values.geometry import Geometry
from medimg.values.series import Window
from medimg.values.volume import Array, Unit, Volume

Bytes = NDArray[np.uint8]

#: Levels stop once the longer side is at most this; stacks of smaller slices have one level.
SMALLEST_SIDE = 1100
#: A level may be stretched by a tenth: the eye sees none of it, and four times less is drawn.
LARGEST_STRETCH = 1.1
#: Integer images with more distinct values than this are windowed pixel by pixel.
LARGEST_TABLE = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A volume and its halved copies.

    Attributes:
        volumes: First the volume itself, each next one half as wide and high.
        span: (lowest, highest) value of an integer image; None where tables do not help.
    """

    volumes: tuple[Volume, ...]
    span: tuple[int, int] | None

    @property
    def volume(self) -> Volume:
        """The volume at full size."""
        return self.volumes[0]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a slice in whole pixels; `bottom` and `right` lie outside."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A part of one slice as seen.

    Attributes:
        pixels: (rows, columns) or (rows, columns, 3) uint8, reduced.
        box: What it covers, in pixels of the whole slice.
    """

    pixels: Bytes
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class CutValues:
    """Values on a cut, (rows, columns), and which pixels lie outside or are padding, if any."""

    values: Array
    outside: NDArray[np.bool_] | None = None


#: Rows that are looked up at a time: they stay in the processor's cache, and take half as long.
ROWS = 16

#: Visible parts grow to multiples of this, so that a small pan draws nothing anew.
TILE = 256


def visible_box(corners: NDArray[np.float64], shape: tuple[int, int]) -> Box:
    """The tiles of a slice that points (n, 2) of (column, row) span; at least one tile."""
    rows, columns = shape
    low, high = np.floor(corners.min(axis=0) / TILE), np.ceil(corners.max(axis=0) / TILE)
    top, left = (int(np.clip(v * TILE, 0, n - 1)) for v, n in ((low[1], rows), (low[0], columns)))
    bottom, right = int(high[1] * TILE), int(high[0] * TILE)
    return Box(top, min(rows, max(bottom, top + 1)), left, min(columns, max(right, left + 1)))


def levels(volume: Volume) -> Levels:
    """Prepare a volume for drawing; takes long for a large film, so not on the window's thread."""
    volumes = [volume]
    while volume.array.shape[0] == 1 and max(volumes[-1].array.shape[1:3]) > SMALLEST_SIDE:
        volumes.append(_halved(volumes[-1]))
    span = None
    if volume.unit is not Unit.COLOUR and np.issubdtype(volume.array.dtype, np.integer):
        low, high = int(volume.array.min()), int(volume.array.max())
        span = (low, high) if high - low < LARGEST_TABLE else None
    return Levels(tuple(volumes), span)


def table(prepared: Levels, window: Window) -> Bytes | None:
    """Grey of every value of an integer image from its lowest to its highest; None for others."""
    if prepared.span is None:
        return None
    low, high = prepared.span
    values = np.arange(low, high + 1, dtype=np.int32)[None, None, :]
    return to_uint8(grey(_with_array(prepared.volume, values, None), window)).reshape(-1)


def draw(
    prepared: Levels,
    index: int,
    window: Window | None,
    zoom: float,
    lookup: Bytes | None = None,
    box: Box | None = None,
) -> Drawn:
    """Draw one slice at the smallest level that has about a pixel for each of the screen's.

    Args:
        prepared: From `levels`.
        index: Slice.
        window: None for a colour image.
        zoom: Screen (device) pixels per image pixel.
        lookup: From `table` for the same window, to spare making it again.
        box: The part that is needed; None for the whole slice.
    """
    depth = depth_of(prepared, zoom)
    volume, factor = prepared.volumes[depth], 2**depth
    _, rows, columns = volume.series.geometry.shape
    box = box or Box(0, rows * factor, 0, columns * factor)
    part = (
        slice(box.top // factor, min(rows, -(-box.bottom // factor))),
        slice(box.left // factor, min(columns, -(-box.right // factor))),
    )
    covered = Box(*(edge * factor for side in part for edge in (side.start, side.stop)))
    if volume.unit is Unit.COLOUR:
        return Drawn(np.ascontiguousarray(volume.array[index][part]), covered)
    if window is not None and prepared.span is not None:
        lookup = table(prepared, window) if lookup is None else lookup
        assert lookup is not None  # a span means that there is a table
        pixels = _looked_up(volume.array[index][part], prepared.span[0], lookup)
        if volume.padding is not None:
            pixels[volume.padding[index][part]] = 0
        return Drawn(pixels, covered)
    return Drawn(to_uint8(grey(volume, window, index))[0][part], covered)


def _looked_up(values: Array, lowest: int, lookup: Bytes) -> Bytes:
    """The grey of each value (rows, columns); `lookup` begins at the lowest."""
    pixels = np.empty(values.shape, dtype=np.uint8)
    places = np.empty((ROWS, values.shape[1]), dtype=np.intp)
    for top in range(0, len(values), ROWS):
        rows = values[top : top + ROWS]
        at = places[: len(rows)]
        np.copyto(at, rows, casting="unsafe")
        at -= lowest
        # In range by construction: "clip" only spares numpy its own check.
        lookup.take(at, out=pixels[top : top + ROWS], mode="clip")
    return pixels


def on_cut(prepared: Levels, cut: Cut, slab: Slab) -> CutValues:
    """The values of a volume on any cut of its world, before windowing."""
    volume = prepared.volume
    affine = world_affine(volume.series.geometry)
    found = sample(volume.array, affine, cut, slab)
    outside = None if found.inside is None else ~found.inside
    if volume.padding is not None:
        padding = sample(volume.padding, affine, cut, is_nearest=True).values
        outside = padding if outside is None else outside | padding
    return CutValues(found.values, outside)


def windowed(
    prepared: Levels, found: CutValues, window: Window | None, lookup: Bytes | None = None
) -> Bytes:
    """Values of a cut as grey, (rows, columns) uint8, or as colour (rows, columns, 3)."""
    if prepared.volume.unit is Unit.COLOUR:
        pixels: Bytes = np.array(found.values, dtype=np.uint8)
        if found.outside is not None:
            pixels[found.outside] = 0
        return pixels
    if window is not None and prepared.span is not None:
        lookup = table(prepared, window) if lookup is None else lookup
        assert lookup is not None  # a span means that there is a table
        pixels = _looked_up(found.values, prepared.span[0], lookup)
        if found.outside is not None:
            pixels[found.outside] = 0
        return pixels
    outside = None if found.outside is None else found.outside[None]
    slices = to_uint8(grey(_with_array(prepared.volume, found.values[None], outside), window))
    return slices.reshape(slices.shape[1:])


def depth_of(prepared: Levels, zoom: float) -> int:
    """The level that `draw` takes at a zoom."""
    depth = 0
    while depth + 1 < len(prepared.volumes) and zoom * 2 ** (depth + 1) <= LARGEST_STRETCH:
        depth += 1
    return depth


def _halved(volume: Volume) -> Volume:
    """Average 2 x 2 values; an odd last row or column is left out. Padding stays padding."""
    _, rows, columns = volume.array.shape[:3]
    even = volume.array[:, : rows // 2 * 2, : columns // 2 * 2]
    parts = [even[:, r::2, c::2].astype(np.float32) for r in (0, 1) for c in (0, 1)]
    mean = sum(parts[1:], parts[0]) / np.float32(4.0)
    if np.issubdtype(volume.array.dtype, np.integer):
        mean = np.rint(mean)
    padding = volume.padding
    if padding is not None:
        even_padding = padding[:, : rows // 2 * 2, : columns // 2 * 2]
        padding = np.logical_or.reduce(
            [even_padding[:, r::2, c::2] for r in (0, 1) for c in (0, 1)]
        )
    return _with_array(volume, mean.astype(volume.array.dtype), padding)


def _with_array(volume: Volume, array: Array, padding: NDArray[np.bool_] | None) -> Volume:
    shape = (array.shape[0], array.shape[1], array.shape[2])
    series = replace(volume.series, geometry=Geometry(shape))
    return replace(volume, array=array, padding=padding, series=series)
