"""Frames of an object put onto the grid of a series: in place where their pixels are its own,
else resampled to the nearest voxel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.reading.dicom.objects.target import PARALLEL, Plane, Spot, Target
from medimg.values.layers import Layer
from medimg.values.masks import Mask
from medimg.values.volume import Array

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: How far, in voxels, two grids may differ at their ends and still be one, axes swapped or not.
SAME_GRID = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of one slice: where its first pixel lies, and its values (rows, columns)."""

    spot: Spot
    values: Array


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Parts put together: (slice, row, column) of the first voxel, and [slice, row, column]."""

    start: tuple[int, int, int]
    values: Array


def with_mask(layer: Layer, box: Box, target: Target) -> Layer:
    """Give a layer its mask [slice, row, column] bool, where most of it lies, and its volume.

    The volume is withheld where slices of it are absent: it would be too small.
    """
    areas = box.values.sum(axis=(1, 2))
    voxel_ml = target.series.geometry.voxel_ml
    is_whole = not any(p.kind in ("slices-absent", "contours-not-shown") for p in layer.problems)
    volume_ml = float(areas.sum()) * voxel_ml if voxel_ml is not None and is_whole else None
    best = box.start[0] + int(areas.argmax())
    mask = Mask.of(box.values, box.start, target.shape)
    return replace(layer, mask=mask, best_slice=best, volume_ml=volume_ml)


def says(values: Array, outside: float) -> NDArray[np.bool_]:
    """Where values are not the one that means nothing (NaN for maps, 0 for masks)."""
    told: NDArray[np.bool_] = np.isfinite(values) if np.isnan(outside) else values != outside
    return told


def trimmed(part: Part, outside: float) -> Part | None:
    """A part cut down to what it says; None where it says nothing."""
    told = says(part.values, outside)
    rows, columns = np.flatnonzero(told.any(axis=1)), np.flatnonzero(told.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    spot = replace(part.spot, row=part.spot.row + top, column=part.spot.column + left)
    cut = part.values[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return Part(spot, cut.copy())


def assembled(parts: Sequence[Part], shape: tuple[int, int, int], outside: float) -> Box | None:
    """Put parts into the smallest box that holds them; what lies beyond the series is cut off."""
    inside = [part for part in parts if _meets(part, shape)]
    if not inside:
        return None
    low = [min(p.spot.index for p in inside)]
    high = [max(p.spot.index for p in inside) + 1]
    low += [max(0, min(p.spot.row for p in inside)), max(0, min(p.spot.column for p in inside))]
    high += [
        min(shape[1], max(p.spot.row + p.values.shape[0] for p in inside)),
        min(shape[2], max(p.spot.column + p.values.shape[1] for p in inside)),
    ]
    size = [b - a for a, b in zip(low, high, strict=True)]
    values = np.full(size, outside, dtype=inside[0].values.dtype)
    for part in inside:
        spot = Spot(part.spot.index, part.spot.row - low[1], part.spot.column - low[2])
        _paste(values[spot.index - low[0]], part.values, spot, outside)
    return Box((low[0], low[1], low[2]), values)


def _meets(part: Part, shape: tuple[int, int, int]) -> bool:
    rows, columns = part.values.shape
    down = -rows < part.spot.row < shape[1]
    return down and -columns < part.spot.column < shape[2] and 0 <= part.spot.index < shape[0]


def _paste(whole: Array, part: Array, spot: Spot, outside: float) -> None:
    """Lay a part that may reach beyond the slice onto it; where it says nothing, what is stays."""
    rows, columns = whole.shape
    top, left = max(spot.row, 0), max(spot.column, 0)
    bottom, right = min(spot.row + part.shape[0], rows), min(spot.column + part.shape[1], columns)
    cut = part[top - spot.row : bottom - spot.row, left - spot.column : right - spot.column]
    np.copyto(whole[top:bottom, left:right], cut, where=says(cut, outside))


def grid_of(planes: Sequence[Plane], target: Target) -> Floats | None:
    """The affine (4, 4) of a stack of planes, from their first along the normal; None if uneven.

    Planes may be missing between: what a sparse object leaves out is empty. A single plane is as
    thick as the slices of the series.
    """
    first = planes[0]
    normal = np.cross(first.cosines[0], first.cosines[1])
    for plane in planes:
        is_parallel = (np.sum(plane.cosines * first.cosines, axis=1) > PARALLEL).all()
        if not is_parallel or plane.spacing != first.spacing or plane.shape != first.shape:
            return None
    positions = np.array([plane.position for plane in planes])
    heights = positions @ normal
    apart = np.diff(np.unique(np.round(heights, 3)))
    step = float(apart.min()) if apart.size else (target.step_mm or 1.0)
    lowest = positions[int(np.argmin(heights))]
    places = (heights - heights.min()) / step
    sideways = (positions - lowest) - np.outer((positions - lowest) @ normal, normal)
    if np.abs(places - np.rint(places)).max() > SAME_GRID or np.abs(sideways).max() > SAME_GRID:
        return None
    affine = np.eye(4)
    affine[:3, 0] = normal * step
    affine[:3, 1] = first.cosines[1] * first.spacing[0]
    affine[:3, 2] = first.cosines[0] * first.spacing[1]
    affine[:3, 3] = lowest
    return affine


def layer_of(plane: Plane, affine: Floats) -> int:
    """Which layer of a grid a plane is."""
    inverse = np.linalg.inv(affine)
    return round(float(inverse[0, :3] @ plane.position + inverse[0, 3]))


def resampled(
    stack: Mapping[int, Array], affine: Floats, target: Target, outside: float
) -> Iterator[Part]:
    """Take for each voxel of a series the nearest one of another grid.

    Args:
        stack: By layer of the other grid, (rows, columns); absent layers are `outside`.
        affine: Index (layer, row, column, 1) of the other grid to LPS mm.
        target: A series with a regular grid.

    Yields:
        Trimmed parts of its slices.
    """
    to_other = _between(affine, target)
    shape = next(iter(stack.values())).shape
    low, high = _reach(to_other, (min(stack), max(stack)), shape, target.shape)
    rows, columns = np.mgrid[low[1] : high[1], low[2] : high[2]]
    if not rows.size:
        return
    for index in range(low[0], high[0]):
        own = np.stack([np.full(rows.size, index), rows.ravel(), columns.ravel()])
        at = to_other[:3, :3] @ own + to_other[:3, 3:]
        # Halves go up, so that voxels exactly between two are not torn apart by even and odd.
        near: Indices = np.floor(at + 0.5).astype(np.int64)
        values = _taken(stack, near, shape, outside).reshape(rows.shape)
        part = trimmed(Part(Spot(index, int(low[1]), int(low[2])), values), outside)
        if part is not None:
            yield part


def is_same_grid(affine: Floats, target: Target) -> bool:
    """Whether voxels of a grid fall onto voxels of the series, whichever way the axes run."""
    to_other = _between(affine, target)
    turns = np.rint(to_other[:3, :3])
    drift = np.abs(to_other[:3, :3] - turns) @ (np.array(target.shape) - 1)
    offset = to_other[:3, 3]
    off = np.abs(offset - np.rint(offset)) + drift
    is_permutation = abs(abs(np.linalg.det(turns)) - 1) < 1e-9
    return bool(is_permutation and off.max() <= SAME_GRID)


def _between(affine: Floats, target: Target) -> Floats:
    own = target.series.geometry.affine
    assert own is not None, "only a regular grid is resampled to"
    result: Floats = np.linalg.inv(affine) @ own
    return result


def _taken(
    stack: Mapping[int, Array], near: Indices, shape: tuple[int, ...], outside: float
) -> Array:
    """Values at whole indices (3, n) of a stack."""
    taken = np.full(near.shape[1], outside, dtype=next(iter(stack.values())).dtype)
    is_inside = (near[1] >= 0) & (near[1] < shape[0]) & (near[2] >= 0) & (near[2] < shape[1])
    for layer in np.unique(near[0][is_inside]):
        values = stack.get(int(layer))
        if values is not None:
            here = is_inside & (near[0] == layer)
            taken[here] = values[near[1][here], near[2][here]]
    return taken


def _reach(
    to_other: Floats, layers: tuple[int, int], shape: tuple[int, ...], own: tuple[int, int, int]
) -> tuple[Indices, Indices]:
    """The box of the series' voxels that the other grid can reach: first, and last + 1."""
    edges = [(layers[0] - 0.5, layers[1] + 0.5), (-0.5, shape[0] - 0.5), (-0.5, shape[1] - 0.5)]
    corners = np.stack(np.meshgrid(*edges), axis=-1).reshape(-1, 3)
    inverse = np.linalg.inv(to_other)
    places = corners @ inverse[:3, :3].T + inverse[:3, 3]
    low = np.clip(np.floor(places.min(axis=0)), 0, own).astype(np.int64)
    high = np.clip(np.ceil(places.max(axis=0)) + 1, 0, own).astype(np.int64)
    return low, high
