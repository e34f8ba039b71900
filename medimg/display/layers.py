"""Layers of the files as they are drawn: colours, outlines, maps on their own scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimg.display.contours import outlines
from medimg.display.overlays import OPACITY, REGION_COLOURS, Bytes, Colour, ramp
from medimg.values.findings import RegionKind
from medimg.values.layers import Layer, LayerKind, Shape

#: For layers whose author recommends no colour: from the end of the row, so that the model's
#: first region and the file's first layer do not look alike.
_ROW = tuple(reversed(REGION_COLOURS[RegionKind.FINDING] + REGION_COLOURS[RegionKind.ANATOMY]))

#: Level of a map at which its lowest strength is drawn; 0 is where it says nothing.
_LOWEST = 1


def layer_colours(layers: Sequence[Layer]) -> tuple[Colour, ...]:
    """One colour a layer: its author's, else the next of a row of our own."""
    own = [layer for layer in layers if layer.colour is None]
    given = {id(layer): _ROW[place % len(_ROW)] for place, layer in enumerate(own)}
    return tuple(layer.colour or given[id(layer)] for layer in layers)


def lines(layer: Layer, shape: tuple[int, int, int]) -> dict[int, tuple[Shape, ...]]:
    """What is drawn of a layer as lines, by slice: its own graphics, else its mask's outlines.

    Args:
        shape: (slices, rows, columns) of the series.
    """
    made: dict[int, list[Shape]] = {}
    for one in layer.shapes:
        made.setdefault(one.index, []).append(one)
    if not layer.shapes and layer.mask is not None and layer.kind is not LayerKind.MAP:
        first, row, column = layer.mask.start
        shift = np.array([column, row], dtype=np.float32)
        for index, mask in enumerate(layer.mask.bits, start=first):
            made[index] = [Shape(index, p + shift, is_closed=True) for p in outlines(mask)]
    return {index: tuple(shapes) for index, shapes in made.items() if shapes}


def map_levels(layer: Layer) -> Bytes | None:
    """A map as levels of its scale, [slice, row, column] from `layer.start`; None without one.

    0 is where it says nothing, 1 its lowest strength and below, 255 its highest and above.
    """
    if layer.kind is not LayerKind.MAP or layer.values is None:
        return None
    low, high = layer.scale
    span = np.float32(high - low) if high > low else np.float32(1.0)
    levels = np.zeros(layer.values.shape, dtype=np.uint8)
    for place, values in enumerate(layer.values):
        told = np.isfinite(values)
        share = np.clip((values[told] - np.float32(low)) / span, 0.0, 1.0)
        levels[place][told] = np.rint(_LOWEST + share * (255 - _LOWEST)).astype(np.uint8)
    return levels


def map_table(opacity: float = OPACITY) -> Bytes:
    """Colour and alpha of each level, (256, 4) uint8: alpha follows the strength."""
    share = np.clip((np.arange(256) - _LOWEST) / (255 - _LOWEST), 0.0, 1.0)
    table = np.empty((256, 4), dtype=np.uint8)
    table[:, :3] = ramp(share)
    table[:, 3] = np.rint(share * opacity * 255.0)
    return table


def scale_words(layer: Layer) -> tuple[str, str]:
    """The ends of a map's scale in words, highest first: ('62.4 Gy', '0 Gy')."""
    low, high = (f"{value:.3g} {layer.unit}".strip() for value in layer.scale)
    return high, low


def layer_words(layer: Layer) -> str:
    """The first that is to be known of a layer: its volume, its figure, its scale."""
    if layer.kind is LayerKind.MAP:
        high, low = scale_words(layer)
        return f"{low} – {high}" if layer.values is not None else ""
    if layer.figures:
        figure = layer.figures[0]
        return f"{figure.value:.4g} {figure.unit}".strip()
    return "" if layer.volume_ml is None else f"{layer.volume_ml:.3g} ml"


def shutter_rgba(shown: NDArray[np.bool_], grey: float) -> Bytes:
    """A shutter as grey, 0 to 1, over what is not shown, (rows, columns, 4) uint8."""
    rgba = np.full((*shown.shape, 4), round(grey * 255), dtype=np.uint8)
    rgba[..., 3] = np.where(shown, 0, 255)
    return rgba
