"""Long and short axis of a mask in one slice, and what lies inside a mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist, squareform

from medimg.inference.measuring import outline_points
from medimg.values.nodule import SOLID_HU

Mask = NDArray[np.bool_]
#: Distance of samples along a chord, in pixels.
SAMPLE_PX = 0.1
#: A core smaller than this is no sample of the inside: all voxels are taken.
SMALLEST_CORE = 8


@dataclass(frozen=True, slots=True)
class Axes:
    """Two diameters at a right angle, with their ends as (row, column), not rounded."""

    long_mm: float
    short_mm: float
    long_ends: tuple[tuple[float, float], tuple[float, float]]
    short_ends: tuple[tuple[float, float], tuple[float, float]]


def axes_of(mask: Mask, row_mm: float, column_mm: float) -> Axes:
    """Measure the largest connected part of a slice's mask.

    The long axis joins the two points of the outline that are farthest apart; the short axis is the
    longest chord inside the mask at a right angle to it (as RECIST 1.1 measures).

    Args:
        mask: (rows, columns), not empty.
    """
    part = _largest(mask)
    spacing = np.array([row_mm, column_mm])
    points = outline_points(part) * spacing
    distances = squareform(pdist(points))
    first, second = np.unravel_index(distances.argmax(), distances.shape)
    ends = points[[first, second]]
    short = _across(part, ends, spacing)
    return Axes(
        float(distances.max()),
        min(float(np.linalg.norm(short[1] - short[0])), float(distances.max())),
        _pair(ends / spacing),
        _pair(short / spacing),
    )


def _pair(ends: NDArray[np.float64]) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = ends.tolist()
    return (a, b), (c, d)


def _largest(mask: Mask) -> Mask:
    parts, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == sizes.argmax())


def _across(
    mask: Mask, ends: NDArray[np.float64], spacing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ends (2, 2) in mm of the longest run of the mask at a right angle to the long axis."""
    length = float(np.linalg.norm(ends[1] - ends[0]))
    along = (ends[1] - ends[0]) / length
    normal = np.array([-along[1], along[0]])
    step = SAMPLE_PX * float(spacing.min())
    places = np.arange(0, length + step, step)
    offsets = np.arange(-length, length + step, step)
    grid = ends[0] + places[:, None, None] * along + offsets[None, :, None] * normal
    index = np.round(grid / spacing).astype(int)
    inside = ((index >= 0) & (index < mask.shape)).all(axis=-1)
    clipped = np.clip(index, 0, np.array(mask.shape) - 1)
    hit = mask[clipped[..., 0], clipped[..., 1]] & inside
    at, begin, count = _longest_run(hit)
    return np.stack(
        [grid[at, begin] - normal * step / 2, grid[at, begin + count - 1] + normal * step / 2]
    )


def _longest_run(hit: Mask) -> tuple[int, int, int]:
    """(row, first, count) of the longest run of True within a row."""
    best = (0, 0, 1)
    padded = np.pad(hit, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    for row in range(len(hit)):
        begins, finishes = np.flatnonzero(change[row] == 1), np.flatnonzero(change[row] == -1)
        if begins.size:
            longest = int((finishes - begins).argmax())
            count = int(finishes[longest] - begins[longest])
            if count > best[2]:
                best = (row, int(begins[longest]), count)
    return best


def density_of(hu: NDArray[np.float32], mask: Mask) -> tuple[float, float, int]:
    """Mean HU of a mask, the share of its core above -300 HU, and voxels of the largest such part.

    The core leaves out the outermost pixels of each slice, which hold part nodule, part air.

    Args:
        hu: [slice, row, column].
        mask: The same shape, not empty.
    """
    core = np.stack([ndimage.binary_erosion(plane) for plane in mask])
    if core.sum() < SMALLEST_CORE:
        core = mask
    solid = core & (hu > SOLID_HU)
    parts, _ = ndimage.label(solid)
    largest = int(np.bincount(parts.ravel())[1:].max(initial=0))
    return float(hu[mask].mean()), float(solid.sum() / core.sum()), largest
