"""Values on a cut, of a volume that lies in any way: a view of the array where that will do.

A cut whose rows and columns run along axes of the volume and whose pixels are voxels is a slice of
the array, copied at most once: 512 x 512 of 300 in 0.01 to 1.2 ms. Any other is interpolated,
25 ms. Whole volumes are never transposed (3 s).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.display.cuts import Cut, Projection, Slab, vector
from medimg.values.volume import Array

Floats = NDArray[np.float64]

#: Pixels may lie so far beside a voxel's centre, in voxels, and still be read from it.
ON_GRID = 0.02
#: Planes of an interpolated slab at most; thicker slabs step wider.
MOST_PLANES = 64

_JOIN = {Projection.MAXIMUM: np.maximum, Projection.MINIMUM: np.minimum, Projection.MEAN: np.add}


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Values on a cut.

    Attributes:
        values: (rows, columns) in the array's type, or (rows, columns, 3) of colour.
        inside: (rows, columns) whether the pixel lies in the volume; None where all do.
    """

    values: Array
    inside: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """Along which axis of the array one direction of a cut runs, from where, and which way."""

    axis: int
    start: int
    step: int


def warm() -> None:
    """Load what interpolation needs: 0.2 s, so not on the window's thread."""
    from scipy import ndimage

    ndimage.affine_transform(np.zeros((1, 1, 1), np.float32), np.eye(3))


def is_on_grid(affine: Floats, cut: Cut) -> bool:
    """Whether a cut's pixels are voxels, so that reading them costs no interpolation."""
    return _runs(affine, cut) is not None


def planes_of(affine: Floats, cut: Cut, slab: Slab) -> int:
    """How many planes of a slab are interpolated."""
    return len(list(_offsets(_index_map(affine, cut)[0], slab)))


def sample(
    array: Array,
    affine: Floats,
    cut: Cut,
    slab: Slab | None = None,
    *,
    is_nearest: bool = False,
) -> Sampled:
    """Read an array on a cut.

    Args:
        array: [slice, row, column], or with a fourth axis of colour.
        affine: Of its index to the world of the cut, (4, 4), voxel centres.
        slab: Thickness and projection; None for the plane itself.
        is_nearest: For masks and labels: no value that the array does not hold.
    """
    slab = slab or Slab()
    runs = _runs(affine, cut)
    if runs is not None:
        return _sliced(array, affine, cut, runs, slab)
    if array.ndim == 4:
        parts = [sample(array[..., c], affine, cut, slab) for c in range(array.shape[3])]
        return Sampled(np.stack([p.values for p in parts], axis=-1), parts[0].inside)
    return _interpolated(array, affine, cut, slab, is_nearest=is_nearest)


def _index_map(affine: Floats, cut: Cut) -> tuple[Floats, Floats]:
    """(3, 3) of (across mm, row, column) to index steps, and the index of pixel [0, 0]."""
    back = np.linalg.inv(affine)
    directions = np.stack(
        [
            cut.normal,
            np.array(cut.down) * cut.spacing_mm[0],
            np.array(cut.right) * cut.spacing_mm[1],
        ],
        axis=1,
    )
    origin = back[:3, :3] @ np.array(cut.origin) + back[:3, 3]
    return (back[:3, :3] @ directions).astype(np.float64), origin.astype(np.float64)


def _runs(affine: Floats, cut: Cut) -> tuple[_Run, _Run] | None:
    """Axes that rows and columns of a cut follow voxel by voxel; None where they do not."""
    matrix, origin = _index_map(affine, cut)
    nearest = np.rint(origin)
    if np.abs(origin - nearest).max() > ON_GRID:
        return None
    runs = []
    for place, count in ((1, cut.shape[0]), (2, cut.shape[1])):
        step = matrix[:, place]
        axis = int(np.abs(step).argmax())
        ideal = np.zeros(3)
        ideal[axis] = np.sign(step[axis])
        # The error grows along the whole row, and must stay small at its end.
        if np.abs(step - ideal).max() * count > 0.5:
            return None
        runs.append(_Run(axis, int(nearest[axis]), int(ideal[axis])))
    return None if runs[0].axis == runs[1].axis else (runs[0], runs[1])


def _sliced(array: Array, affine: Floats, cut: Cut, runs: tuple[_Run, _Run], slab: Slab) -> Sampled:
    matrix, origin = _index_map(affine, cut)
    across = 3 - runs[0].axis - runs[1].axis
    middle = int(np.rint(origin[across]))
    spacing = float(1.0 / np.abs(matrix[across, 0]))
    half = max(0, round((slab.thickness_mm / spacing - 1) / 2)) if slab.thickness_mm else 0
    low, high = max(0, middle - half), min(array.shape[across], middle + half + 1)
    if low >= high:
        return _nothing(array, cut)
    first, inside = _overlap(runs[0], cut.shape[0], array.shape[runs[0].axis])
    second, inside_columns = _overlap(runs[1], cut.shape[1], array.shape[runs[1].axis])
    if inside is None and inside_columns is None:
        parts: list[slice] = [slice(None)] * 3
        parts[across] = slice(low, high)
        parts[runs[0].axis], parts[runs[1].axis] = first, second
        taken = array[tuple(parts)]
        flat = taken.take(0, axis=across) if high - low == 1 else _reduced(taken, across, slab)
        return Sampled(flat if runs[0].axis < runs[1].axis else flat.swapaxes(0, 1))
    return _interpolated(array, affine, cut, slab, is_nearest=True)


def _overlap(run: _Run, count: int, size: int) -> tuple[slice, bool | None]:
    """The part of an axis under a run; the second is None where the run stays inside."""
    last = run.start + run.step * (count - 1)
    if not (0 <= run.start < size and 0 <= last < size):
        return slice(0, 0), True
    stop = last + run.step
    return slice(run.start, stop if stop >= 0 else None, run.step), None


def _reduced(taken: Array, axis: int, slab: Slab) -> Array:
    """Values across a slab as one, in the array's type."""
    if slab.projection is Projection.MEAN:
        mean: NDArray[np.float32] = taken.mean(axis=axis, dtype=np.float32)
        return _as_type(mean, taken.dtype)
    maximum = slab.projection is Projection.MAXIMUM
    result: Array = taken.max(axis=axis) if maximum else taken.min(axis=axis)
    return result


def _interpolated(
    array: Array, affine: Floats, cut: Cut, slab: Slab, *, is_nearest: bool
) -> Sampled:
    """Linear between voxels (nearest for masks); outside is where no voxel reaches."""
    from scipy.ndimage import affine_transform

    matrix, origin = _index_map(affine, cut)
    order = 0 if is_nearest else 1
    source = array.view(np.uint8) if array.dtype == np.bool_ else array
    total: NDArray[np.float32] | None = None
    planes = list(_offsets(matrix, slab))
    for offset in planes:
        plane = affine_transform(
            source,
            matrix,
            origin + matrix[:, 0] * offset,
            (1, *cut.shape),
            np.float32,
            order=order,
            mode="nearest",
        )[0]
        total = plane if total is None else _JOIN[slab.projection](total, plane, out=total)
    assert total is not None
    if slab.projection is Projection.MEAN and len(planes) > 1:
        total /= np.float32(len(planes))
    inside = _inside(matrix, origin, cut, array.shape[:3])
    values = _as_type(total, array.dtype)
    return Sampled(values, None if inside.all() else inside)


def _offsets(matrix: Floats, slab: Slab) -> Iterator[float]:
    """Distances in mm from the plane at which a slab is sampled: a voxel apart."""
    step = 1.0 / max(float(np.abs(matrix[:, 0]).max()), 1e-9)
    count = max(1, min(MOST_PLANES, math.ceil(slab.thickness_mm / step - 1e-6)))
    width = slab.thickness_mm / count
    for k in range(count):
        yield (k - (count - 1) / 2) * width


def _inside(matrix: Floats, origin: Floats, cut: Cut, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether each pixel's centre lies in the volume, whose voxels reach half a step out."""
    rows = np.arange(cut.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(cut.shape[1], dtype=np.float32)[None, :]
    inside = np.ones(cut.shape, dtype=np.bool_)
    for axis in range(3):
        place = rows * np.float32(matrix[axis, 1]) + columns * np.float32(matrix[axis, 2])
        low, high = -0.501 - origin[axis], shape[axis] - 0.499 - origin[axis]
        inside &= (place >= np.float32(low)) & (place <= np.float32(high))
    return inside


def _as_type(values: NDArray[np.float32], kind: np.dtype[Any]) -> Array:
    if kind == np.bool_:
        return values > 0.5
    if np.issubdtype(kind, np.integer):
        return np.rint(values).astype(kind)
    return values.astype(kind, copy=False)


def _nothing(array: Array, cut: Cut) -> Sampled:
    shape = (*cut.shape, *array.shape[3:])
    return Sampled(np.zeros(shape, dtype=array.dtype), np.zeros(cut.shape, dtype=np.bool_))


def shifted_affine(affine: Floats, start: tuple[int, int, int]) -> Floats:
    """The affine of a part of an array that begins at a voxel."""
    moved = affine.copy()
    moved[:3, 3] += affine[:3, :3] @ np.array(start, dtype=np.float64)
    return moved


def thinned_affine(affine: Floats, factor: int) -> Floats:
    """The affine of an array of which every `factor`-th row and column is kept."""
    thin = affine.copy()
    thin[:3, 1:3] *= factor
    return thin


def cropped(cut: Cut, top: int, bottom: int, left: int, right: int) -> Cut:
    """The part of a cut between rows and columns."""
    origin = (
        np.array(cut.origin)
        + np.array(cut.down) * cut.spacing_mm[0] * top
        + np.array(cut.right) * cut.spacing_mm[1] * left
    )
    return replace(cut, origin=vector(origin), shape=(bottom - top, right - left))


def box_on(cut: Cut, affine: Floats, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Rows and columns of a cut that a part of a volume may touch: (top, bottom, left, right).

    None where the part does not reach the plane. Masks are cut down to their box, so that a small
    region costs little on a large cut.
    """
    corners = np.array(
        [[a, b, c] for a in (-0.5, shape[0] - 0.5) for b in (-0.5, shape[1] - 0.5)
         for c in (-0.5, shape[2] - 0.5)]
    )  # fmt: skip
    places = corners @ affine[:3, :3].T + affine[:3, 3]
    away = cut.distance_mm(places)
    if away.min() > 0 or away.max() < 0:
        return None
    pixels = cut.to_pixels(places)
    low, high = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0))
    top, left = max(0, int(low[1])), max(0, int(low[0]))
    bottom, right = min(cut.shape[0], int(high[1])), min(cut.shape[1], int(high[0]))
    return (top, bottom, left, right) if top < bottom and left < right else None
