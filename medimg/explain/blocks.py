"""The blocks that an image is cut into where its parts are hidden or compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

#: Blocks along each side of a film or slice, and of a volume.
GRIDS = {2: 14, 3: 6}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A cut of an image.

    Attributes:
        numbers: In the image's spatial shape: the block that each pixel belongs to, from 0.
        count: How many there are.
    """

    numbers: NDArray[np.int64]
    count: int

    @classmethod
    def of(cls, spatial: tuple[int, ...]) -> Blocks:
        """Cut an image into equal blocks; a side shorter than the grid has a block a pixel."""
        numbers, count = np.zeros(spatial, dtype=np.int64), 1
        for axis, side in enumerate(spatial):
            grid = min(GRIDS[len(spatial)], side)
            along = np.arange(side) * grid // side
            shape = [1] * len(spatial)
            shape[axis] = side
            numbers = numbers * grid + along.reshape(shape)
            count *= grid
        return cls(numbers, count)

    def means(self, evidence: NDArray[np.float32]) -> Floats:
        """(count,) mean evidence of each block."""
        at = self.numbers.ravel()
        sums = np.bincount(at, weights=evidence.ravel(), minlength=self.count)
        means: Floats = sums / np.bincount(at, minlength=self.count)
        return means

    def order(self, evidence: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int64]:
        """Blocks, strongest first; equal ones in random order, so that an empty map is chance."""
        means = self.means(evidence)
        shuffled = rng.permutation(self.count)
        return shuffled[np.argsort(-means[shuffled], kind="stable")]


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Rank correlation of two maps' blocks: 1 is the same order, 0 no relation or a flat map."""
    blocks = Blocks.of(one.shape)
    means = blocks.means(one), blocks.means(other)
    if any(np.ptp(each) == 0.0 for each in means):
        return 0.0
    return float(stats.spearmanr(*means).statistic)
