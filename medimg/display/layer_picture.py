"""Layers of the files drawn in pixels over a slice: for pictures and tests.

The window paints them as vectors; colours, widths and dashes are the same (`layers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medimg.display.layers import layer_colours, lines, map_levels, map_table
from medimg.display.overlays import OUTLINE_PX, Bytes, Colour
from medimg.values.layers import Layer, Shape

#: Lengths of a dash and of the gap after it, in pixels.
DASH_PX, GAP_PX = 6.0, 4.0


def with_layers(image: Bytes, layers: Sequence[Layer], index: int, slices: int) -> Bytes:
    """Draw layers over one slice: maps first, then lines and words.

    Args:
        image: (rows, columns, 3), as seen.
        layers: On the grid of the series.
        index: Slice.
        slices: Of the series.

    Returns:
        (rows, columns, 3) uint8.
    """
    out = image.astype(np.float32)
    for layer in layers:
        _blend(out, layer, index)
    picture = Image.fromarray(np.clip(np.rint(out), 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    shape = (slices, *image.shape[:2])
    width = max(1, round(OUTLINE_PX * max(image.shape[:2]) / 1000.0))
    for layer, colour in zip(layers, layer_colours(layers), strict=True):
        for one in lines(layer, shape).get(index, ()):
            _draw(pen, one, colour, width, is_dashed=not layer.is_own_series)
    result: Bytes = np.asarray(picture)
    return result


def _blend(out: NDArray[np.float32], layer: Layer, index: int) -> None:
    levels = map_levels(layer)
    place = index - layer.start[0]
    if levels is None or not 0 <= place < len(levels):
        return
    rgba = map_table()[levels[place]].astype(np.float32)
    rows, columns = levels.shape[1:]
    box = out[layer.start[1] :, layer.start[2] :][:rows, :columns]
    box += (rgba[..., :3] - box) * (rgba[..., 3:] / 255.0)


def _draw(
    pen: ImageDraw.ImageDraw, shape: Shape, colour: Colour, width: int, *, is_dashed: bool
) -> None:
    # Pillow counts from a pixel's centre, shapes from its edge.
    points = shape.points.astype(np.float64) - 0.5
    if len(points) == 1 and not shape.text:
        x, y = points[0]
        pen.line([(x - 3, y), (x + 3, y)], colour, width)
        pen.line([(x, y - 3), (x, y + 3)], colour, width)
    path = np.concatenate([points, points[:1]]) if shape.is_closed else points
    if len(path) > 1:
        for piece in _dashes(path) if is_dashed else [path]:
            pen.line([(x, y) for x, y in piece], colour, width)
    if shape.text:
        x, y = points[0]
        pen.text((x + 3, y - 11), shape.text, colour)


def _dashes(path: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Pieces of a line, each as long as a dash."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    for first in np.arange(0.0, along[-1], DASH_PX + GAP_PX):
        last = min(first + DASH_PX, along[-1])
        inner = along[(along > first) & (along < last)]
        at = np.concatenate([[first], inner, [last]])
        yield np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=1)
