"""Outlines of masks as polygons, along the pixels' edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medimg.display.cuts import Cut
from medimg.display.sampling import box_on, cropped, sample, shifted_affine
from medimg.values.masks import Mask

Floats = NDArray[np.float64]
Polygon = NDArray[np.float32]


def outlines(mask: NDArray[np.bool_]) -> tuple[Polygon, ...]:
    """Closed outlines of one slice's mask, holes included.

    Args:
        mask: (rows, columns).

    Returns:
        Polygons (n, 2) of (column, row), pixel edges at whole numbers, so that a mask of one
        pixel [r, c] is outlined around (c + 0.5, r + 0.5). Marching squares (Lorensen and Cline
        1987) halfway between inside and outside.
    """
    box = bounding_box(mask)
    if box is None:
        return ()
    # Imported late: scikit-image costs start time and only results need it.
    from skimage.measure import find_contours

    top, bottom, left, right = box
    padded = np.pad(mask[top:bottom, left:right], 1).astype(np.float32)
    shift = np.array([left - 0.5, top - 0.5])
    lines = find_contours(padded, 0.5)  # type: ignore[no-untyped-call]
    return tuple(np.asarray(_corners(line)[:, ::-1] + shift, dtype=np.float32) for line in lines)


def outlines_on(mask: Mask, affine: Floats, cut: Cut) -> tuple[Polygon, ...]:
    """Outlines of a mask on any cut, in the cut's (column, row).

    Args:
        affine: Of the whole grid's index to the world of the cut.
    """
    if not mask.bits.size:
        return ()
    boxed = shifted_affine(affine, mask.start)
    box = box_on(cut, boxed, mask.bits.shape)
    if box is None:
        return ()
    part = sample(mask.bits, boxed, cropped(cut, *box), is_nearest=True)
    inside = part.values if part.inside is None else part.values & part.inside
    shift = np.array([box[2], box[0]], dtype=np.float32)
    return tuple(polygon + shift for polygon in outlines(inside))


def _corners(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a closed line at which it turns: a film's has long straight runs."""
    steps = np.diff(line, axis=0)
    turns = steps[:-1, 0] * steps[1:, 1] != steps[:-1, 1] * steps[1:, 0]
    return line[np.concatenate(([True], turns, [True]))]


def thinned(points: Polygon, step: float) -> Polygon:
    """Points of a line that lie at least `step` apart along it; its ends always stay.

    A traced outline has many points a screen pixel, and each costs a corner to draw. What is left
    out lies less than `step` from what stays.

    Args:
        points: (n, 2).
    """
    if len(points) < 3:
        return points
    walked = np.cumsum(np.hypot(*np.diff(points, axis=0).T)) / step
    kept = np.ones(len(points), dtype=np.bool_)
    kept[1:] = np.diff(np.floor(walked), prepend=0.0) > 0
    kept[-1] = True
    return points[kept]


def bounding_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """(first row, last row + 1, first column, last column + 1) of what is set; None if empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
