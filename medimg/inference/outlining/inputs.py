"""What the outline network is shown, in training and answer alike.

A patch is square, its pixels are 0.75 mm, and its channels are: the slice with two neighbours on
each side (inner ones first), the outline of the slice before, plus clicks, minus clicks, and the
distance of the slices.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

PIXEL_MM = 0.75
#: Slices beside the outlined one, inner ones first, in strides.
NEIGHBOURS = (-2, -1, 0, 1, 2)
CHANNELS = len(NEIGHBOURS) + 4
#: Thinner slices are walked in strides of about this.
FINEST_STEP_MM = 1.25
HU_LOW, HU_HIGH = -1000.0, 400.0
CLICK_SIGMA = 1.5
SPACING_UNIT_MM = 2.5
ORIENTATIONS = 8


def stride_of(step_mm: float) -> int:
    """Slices from one that the network outlines to the next."""
    return max(1, round(FINEST_STEP_MM / step_mm))


def spacing_value(stride_mm: float) -> float:
    """The input that says how far apart the slices are."""
    return stride_mm / SPACING_UNIT_MM


def greys(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """HU to 0..1; the square root gives ground glass, close to air, half of the range."""
    share = np.clip((hu - HU_LOW) / (HU_HIGH - HU_LOW), 0.0, 1.0)
    return np.asarray(np.sqrt(share), np.float32)


def click_map(points: Iterable[tuple[float, float]], size: int) -> Plane:
    """A bell at each point (row, column) of a patch of `size` x `size`."""
    out = np.zeros((size, size), np.float32)
    line = np.arange(size, dtype=np.float32)
    for row, column in points:
        down, across = (
            np.exp(-((line - place) ** 2) / (2 * CLICK_SIGMA**2)) for place in (row, column)
        )
        out = np.maximum(out, np.outer(down, across))
    return out


def in_patch(
    places: NDArray[np.float64], centre: float, pixel_mm: float, size: int
) -> NDArray[np.float64]:
    """Places on one axis of the image, as places in the patch around `centre`."""
    return (places - centre) * pixel_mm / PIXEL_MM + (size - 1) / 2


def to_patch(count: int, centre: float, pixel_mm: float, size: int) -> Plane:
    """(size, count) bilinear weights along one axis; beyond the image its edge goes on."""
    steps = (np.arange(size) - (size - 1) / 2) * PIXEL_MM / pixel_mm
    place = np.clip(centre + steps, 0, count - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(count))), np.float32)


def from_patch(count: int, centre: float, pixel_mm: float, size: int) -> Plane:
    """(count, size) bilinear weights along one axis; beyond the patch there is nothing."""
    place = in_patch(np.arange(count, dtype=np.float64), centre, pixel_mm, size)
    return np.asarray(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(size))), np.float32)


def turned(planes: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """One of the eight orientations of the square, of the last two axes."""
    planes = np.rot90(planes, orientation % 4, axes=(-2, -1))
    return np.flip(planes, axis=-1) if orientation >= 4 else planes


def turned_back(planes: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Undo `turned`."""
    planes = np.flip(planes, axis=-1) if orientation >= 4 else planes
    return np.rot90(planes, -(orientation % 4), axes=(-2, -1))
