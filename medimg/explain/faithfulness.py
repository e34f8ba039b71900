"""Does the map show what the model used: measured by hiding, and by where the evidence lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

#: The image is hidden in this many blocks along each side.
GRID = 14
#: Steps from nothing hidden to all.
STEPS = 10
#: Random orders that the map's order is held against.
RANDOM_ORDERS = 10
#: Fixed, so that the same image gives the same figures.
SEED = 20
#: Blur of the fill in blocks: what is smaller than two blocks is gone, and no edge or grey
#: appears that a lung or a brain would not have. A flat grey in a dark lung looks like disease.
FILL_BLUR = 2.0
#: Images a forward pass.
BATCH = 16

#: (n, channels, rows, columns) images to n probabilities in 0..1.
Probability = Callable[[Tensor], Tensor]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Deletion:
    """How fast the probability falls while parts of the image are hidden.

    Attributes:
        area: Under the curve of the map's own order, strongest evidence hidden first; the curve
            is the probability as a share of its start, over the share that is hidden. Lower is
            better.
        random: Areas of the random orders: (mean, lowest, highest).
        curve: Of the map's order, from nothing hidden (1.0) to all.
    """

    area: float
    random: tuple[float, float, float]
    curve: tuple[float, ...]

    @property
    def lowers(self) -> bool:
        """Whether hiding in the map's order lowered the probability at all, taken as a whole."""
        return self.area < 1.0

    @property
    def beats_all_random(self) -> bool:
        """Whether the map's order did better than every random one."""
        return self.lowers and self.area < self.random[1]

    @property
    def beats_mean_random(self) -> bool:
        """Whether the map's order did better than random ones do on average."""
        return self.lowers and self.area < self.random[0]


def deletions(
    probability: Probability,
    image: Tensor,
    maps: Sequence[NDArray[np.float32]],
    *,
    seed: int = SEED,
) -> tuple[Deletion, ...]:
    """Hide an image block by block, strongest evidence first, and in random orders.

    Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box
    Models", BMVC 2018. Departs from it: blocks instead of pixels, a strong blur as the fill, the
    probability as a share of its start, and random orders beside it, without which no area says
    anything.

    Args:
        image: (1, channels, rows, columns), the network's input.
        maps: Each (rows, columns) on the same grid; all are held against the same random orders.

    Returns:
        One figure a map.
    """
    if not maps:
        return ()
    blocks = _blocks(image.shape[2], image.shape[3])
    rng = np.random.default_rng(seed)
    randoms = [rng.permutation(GRID * GRID) for _ in range(RANDOM_ORDERS)]
    own = [_order(_block_means(one, blocks), rng) for one in maps]
    curves = _curves(probability, image, blocks, np.stack([*randoms, *own]))
    areas = np.trapezoid(curves, dx=1.0 / (curves.shape[1] - 1), axis=1)
    others = areas[:RANDOM_ORDERS]
    band = float(others.mean()), float(others.min()), float(others.max())
    return tuple(
        Deletion(float(area), band, tuple(map(float, curve)))
        for area, curve in zip(areas[RANDOM_ORDERS:], curves[RANDOM_ORDERS:], strict=True)
    )


def _blocks(rows: int, columns: int) -> NDArray[np.int64]:
    """(rows, columns): the number of the block that each pixel belongs to."""
    down = np.arange(rows) * GRID // rows
    right = np.arange(columns) * GRID // columns
    return down[:, None] * GRID + right[None, :]


def _block_means(evidence: NDArray[np.float32], blocks: NDArray[np.int64]) -> Floats:
    sums = np.bincount(blocks.ravel(), weights=evidence.ravel(), minlength=GRID * GRID)
    counts = np.bincount(blocks.ravel(), minlength=GRID * GRID)
    means: Floats = sums / np.maximum(counts, 1)
    return means


def _order(means: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Blocks, strongest first; equal ones in random order, so that an empty map means chance."""
    shuffled = rng.permutation(means.size)
    return shuffled[np.argsort(-means[shuffled], kind="stable")]


def _curves(
    probability: Probability,
    image: Tensor,
    blocks: NDArray[np.int64],
    orders: NDArray[np.int64],
) -> Floats:
    """(orders, steps + 1): probability as a share of its start."""
    ranks = np.argsort(orders, axis=1)
    hidden_blocks = np.round(np.linspace(0, GRID * GRID, STEPS + 1)).astype(int)
    # Nothing hidden and all hidden are the same in every order.
    inner = [(order, step) for order in range(len(orders)) for step in range(1, STEPS)]
    masks = [ranks[order] < hidden_blocks[step] for order, step in inner]
    masks += [np.zeros(GRID * GRID, bool), np.ones(GRID * GRID, bool)]
    values = _probabilities(probability, image, blocks, np.stack(masks))
    curves = np.empty((len(orders), STEPS + 1))
    curves[:, 1:-1] = values[:-2].reshape(len(orders), STEPS - 1)
    curves[:, 0], curves[:, -1] = values[-2], values[-1]
    shares: Floats = curves / max(values[-2], np.finfo(np.float64).tiny)
    return shares


def _probabilities(
    probability: Probability, image: Tensor, blocks: NDArray[np.int64], masks: NDArray[np.bool_]
) -> Floats:
    """Probabilities of the image with each of the masks' blocks hidden; masks (n, blocks)."""
    fill = _fill(image)
    at = torch.from_numpy(blocks).to(image.device)
    values: list[Floats] = []
    with torch.inference_mode():
        for start in range(0, len(masks), BATCH):
            hidden = torch.from_numpy(masks[start : start + BATCH]).to(image.device)[:, at]
            images = torch.where(hidden[:, None], fill, image)
            values.append(probability(images).double().numpy(force=True))
    return np.concatenate(values)


def _fill(image: Tensor) -> Tensor:
    rows, columns = image.shape[2:]
    sigma = (0, 0, FILL_BLUR * rows / GRID, FILL_BLUR * columns / GRID)
    blurred = ndimage.gaussian_filter(image.numpy(force=True), sigma, mode="nearest")
    return torch.from_numpy(blurred).to(image)


def share_inside(
    evidence: NDArray[np.float32],
    anatomy: NDArray[np.bool_],
    image: NDArray[np.bool_] | None = None,
) -> tuple[float, float] | None:
    """Measure how much of the positive evidence lies inside an anatomy.

    Args:
        evidence: [slice, row, column], signed.
        anatomy: The same grid.
        image: What is image and not padding; all of it if None.

    Returns:
        The share of the positive evidence inside, and the share of the image that the anatomy
        covers (what evidence spread evenly would reach); None without positive evidence or
        without anatomy. Of a stack, only slices with evidence count: others were not explained.
    """
    if evidence.shape != anatomy.shape:
        raise ValueError(f"map {evidence.shape} and anatomy {anatomy.shape} must share a grid")
    there = np.ones(anatomy.shape, dtype=bool) if image is None else image
    there = there & evidence.any(axis=(1, 2), keepdims=True)
    positive = np.where(there, np.clip(evidence, 0.0, None), 0.0)
    total = float(positive.sum(dtype=np.float64))
    if total <= 0.0 or not anatomy.any():
        return None
    inside = float(positive[anatomy].sum(dtype=np.float64))
    return inside / total, float((anatomy & there).sum() / there.sum())
