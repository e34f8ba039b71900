"""Between an image's grid and a network's grid, axis by axis.

A network's grid is parallel to the image's own: axes are exchanged and turned so that they run
towards right, front, head or as the network wants, and the spacing is changed. Then linear
interpolation in three dimensions is one in each axis, and a part of one grid needs a part of the
other only. The result is that of MONAI's `Orientation` and `Spacing`, and of their inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Triple = tuple[int, int, int]
Range = tuple[int, int]

#: Letter: axis of LPS and its direction.
_LETTERS = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}


@dataclass(frozen=True, slots=True)
class AxisMap:
    """One axis of the network's grid.

    Attributes:
        image_axis: The axis of the image that it runs along.
        step: Image indices of one step, negative where it runs backwards.
        first: Image index of its first plane's centre.
        length: Planes on the network's grid.
        image_length: Planes of the image.
    """

    image_axis: int
    step: float
    first: float
    length: int
    image_length: int

    def to_image(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Image index of a place on this axis."""
        return self.first + self.step * index

    def from_image(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place on this axis of an image index."""
        return (index - self.first) / self.step


@dataclass(frozen=True, slots=True)
class GridMap:
    """A network's grid beside an image's: one map for each of the network's axes."""

    axes: tuple[AxisMap, AxisMap, AxisMap]

    @property
    def shape(self) -> Triple:
        """Size of the network's grid."""
        return (self.axes[0].length, self.axes[1].length, self.axes[2].length)

    @property
    def order(self) -> Triple:
        """The image's axis that each of the network's runs along."""
        return (self.axes[0].image_axis, self.axes[1].image_axis, self.axes[2].image_axis)


def between(
    affine: NDArray[np.float64], shape: Sequence[int], axcodes: str, spacing_mm: Sequence[float]
) -> GridMap:
    """Lay a network's grid beside an image's.

    Args:
        affine: (4, 4), image index to LPS mm.
        shape: Of the image.
        axcodes: Where the network's axes run to, such as "RAS".
        spacing_mm: Of the network's grid; 0 or less keeps the image's own.

    Raises:
        ValueError: The letters are not three axes of the patient.
    """
    if sorted(_LETTERS[code][0] for code in axcodes) != [0, 1, 2]:
        raise ValueError(f'"{axcodes}" does not name three axes of the patient')
    columns = affine[:3, :3]
    own_mm = np.linalg.norm(columns, axis=0)
    world_axis = _closest_axes(columns / own_mm)
    maps = []
    for code, wanted in zip(axcodes, spacing_mm, strict=True):
        world, sign = _LETTERS[code]
        axis = world_axis.index(world)
        length = int(shape[axis])
        is_along = np.sign(columns[world, axis]) == sign
        step = (wanted if wanted > 0 else own_mm[axis]) / own_mm[axis]
        count = int(np.round((length - 1) / step + 1.0))
        first, step = (0.0, step) if is_along else (length - 1.0, -step)
        maps.append(AxisMap(axis, float(step), first, count, length))
    return GridMap((maps[0], maps[1], maps[2]))


def _closest_axes(directions: NDArray[np.float64]) -> list[int]:
    """The patient's axis that each image axis is nearest to, each taken once."""
    found = [-1, -1, -1]
    left = np.abs(directions).copy()
    for _ in range(3):
        world, axis = np.unravel_index(int(np.argmax(left)), left.shape)
        found[int(axis)] = int(world)
        left[world, :] = left[:, axis] = -1
    return found


def sample(image: NDArray[np.generic], grid: GridMap, box: Sequence[Range]) -> Floats:
    """Interpolate an image at a box of the network's grid; the edge goes on outside the image.

    Args:
        image: [slice, row, column], any number type; only the part that is needed is converted.
        box: Start and stop on each of the network's axes.

    Returns:
        Float32, axes in the network's order.
    """
    weights = [_neighbours(axis, box_) for axis, box_ in zip(grid.axes, box, strict=True)]
    crop: list[slice] = [slice(None)] * 3
    for axis, (low, high, _) in zip(grid.axes, weights, strict=True):
        crop[axis.image_axis] = slice(int(low.min()), int(high.max()) + 1)
    part = image[tuple(crop)].transpose(grid.order).astype(np.float32)
    for i, (low, high, share) in enumerate(weights):
        base = int(low.min())
        part = _along(part, i, low - base, high - base, share)
    return np.ascontiguousarray(part)


def _neighbours(
    axis: AxisMap, box: Range
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    place = axis.to_image(np.arange(*box, dtype=np.float64))
    return linear(place, axis.image_length)


def linear(
    place: NDArray[np.float64], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The two neighbours of each place, and the share of the second one."""
    inside = np.clip(place, 0.0, length - 1.0)
    low = np.floor(inside).astype(np.int64)
    return low, np.minimum(low + 1, length - 1), (inside - low).astype(np.float32)


def _along(
    part: Floats, axis: int, low: NDArray[np.int64], high: NDArray[np.int64], share: Floats
) -> Floats:
    """Linear interpolation along one axis."""
    if not share.any():
        return part if _is_all(low, part.shape[axis]) else part.take(low, axis)
    shape = [-1 if i == axis else 1 for i in range(part.ndim)]
    weight = share.reshape(shape)
    first = part.take(low, axis)
    second = part.take(high, axis)
    second -= first
    second *= weight
    second += first
    return second


def _is_all(index: NDArray[np.int64], length: int) -> bool:
    return len(index) == length and bool((index == np.arange(length)).all())


def at_image(
    values: Floats, grid: GridMap, start: Sequence[int], image_box: Sequence[Range]
) -> Floats:
    """Interpolate a part of the network's grid at a box of the image.

    Args:
        values: Part of the network's grid, in its axes.
        start: Where the part begins on the network's grid.
        image_box: Start and stop on each of the image's axes (slice, row, column).

    Returns:
        Float32 [slice, row, column] of the box.
    """
    part = values
    for i, axis in enumerate(grid.axes):
        index = np.arange(*image_box[axis.image_axis], dtype=np.float64)
        low, high, share = linear(axis.from_image(index), axis.length)
        part = _along(part, i, low - start[i], high - start[i], share)
    return np.ascontiguousarray(part.transpose(np.argsort(grid.order)))
