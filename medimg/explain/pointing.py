"""The pointing game: does a map's peak lie where readers drew their boxes, and is that a feat.

Zhang et al., "Top-Down Neural Attention by Excitation Backprop", IJCV 2018 (pointing game). Two
figures stand beside every hit rate, because a map that beats neither has shown nothing: chance,
and the best single point of all images, which needs no look at the image at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Points along each side that are tried as the one fixed point.
FIXED_POINT_GRID = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pointing:
    """Hits of peaks, beside what they must beat.

    Attributes:
        hits: (images,) bool, whether the peak lies in one of the image's boxes.
        chance: Mean share of the image that the boxes cover.
        fixed_point: Hit rate of the best single point, chosen on these very images, which
            favours it.
        fixed_at: That point, (row, column) as shares of the image.
    """

    hits: NDArray[np.bool_]
    chance: float
    fixed_point: float
    fixed_at: tuple[float, float]

    @property
    def hit_rate(self) -> float:
        """Share of the images whose peak lies in a box."""
        return float(self.hits.mean())


def peak_in_boxes(
    maps: Sequence[NDArray[np.float32]],
    boxes: Sequence[Floats],
    inside: Sequence[NDArray[np.bool_]] | None = None,
) -> Pointing:
    """Play the pointing game over images that have at least one box each.

    Args:
        maps: One (rows, columns) map an image, signed; any grid that spans the whole image.
        boxes: One (n, 4) array an image: top, left, bottom, right, as shares of the image.
        inside: One mask an image on its map's grid; the peak is sought there only.

    Raises:
        ValueError: Numbers of maps and boxes differ, or an image has no box.
    """
    if len(maps) != len(boxes) or not maps:
        raise ValueError(f"{len(maps)} maps and {len(boxes)} sets of boxes")
    if any(len(image_boxes) == 0 for image_boxes in boxes):
        raise ValueError("an image without a box has no truth to point at")
    masks = inside if inside is not None else [None] * len(maps)
    peaks = [peak(one, mask) for one, mask in zip(maps, masks, strict=True)]
    hits = [_contains(b, p) for b, p in zip(boxes, peaks, strict=True)]
    rates = np.mean([_covered(image_boxes) for image_boxes in boxes], axis=0)
    best = np.unravel_index(int(rates.argmax()), rates.shape)
    at = tuple(float((index + 0.5) / FIXED_POINT_GRID) for index in best)
    return Pointing(np.array(hits), float(rates.mean()), float(rates.max()), (at[0], at[1]))


def peak(one: NDArray[np.float32], mask: NDArray[np.bool_] | None = None) -> tuple[float, float]:
    """Centre of the highest cell as (row, column) shares of the image; an empty mask is ignored."""
    values = np.asarray(one, dtype=np.float64)
    if mask is not None and mask.any():
        values = np.where(mask, values, -np.inf)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return (float(row) + 0.5) / values.shape[0], (float(column) + 0.5) / values.shape[1]


def _contains(boxes: Floats, point: tuple[float, float]) -> bool:
    row, column = point
    top, left, bottom, right = np.asarray(boxes, dtype=np.float64).T
    return bool(((top <= row) & (row < bottom) & (left <= column) & (column < right)).any())


def _covered(boxes: Floats) -> NDArray[np.bool_]:
    """(grid, grid): which of the fixed points lie in a box."""
    at = (np.arange(FIXED_POINT_GRID) + 0.5) / FIXED_POINT_GRID
    covered = np.zeros((FIXED_POINT_GRID, FIXED_POINT_GRID), dtype=bool)
    for top, left, bottom, right in np.asarray(boxes, dtype=np.float64):
        rows, columns = (top <= at) & (at < bottom), (left <= at) & (at < right)
        covered |= rows[:, None] & columns[None, :]
    return covered
