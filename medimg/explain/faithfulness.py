"""Does the map show what the model used: measured by hiding, and by where the evidence lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

#: The image is hidden in this many blocks along each side.
GRID = 14
#: Share of the image that one step hides.
STEP = 1 / 14
#: Random orders that the map's order is held against.
RANDOM_ORDERS = 12
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
        random_curves: One curve a random order.
    """

    area: float
    random: tuple[float, float, float]
    curve: tuple[float, ...]
    random_curves: tuple[tuple[float, ...], ...]

    @property
    def beats_all_random(self) -> bool:
        """Whether the map's order did better than every random one."""
        return self.area < self.random[1]

    @property
    def beats_mean_random(self) -> bool:
        """Whether the map's order did better than random ones do on average."""
        return self.area < self.random[0]


def deletion(
    probability: Probability, image: Tensor, evidence: NDArray[np.float32], *, seed: int = SEED
) -> Deletion:
    """Hide an image block by block, strongest evidence first, and in random orders.

    Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box
    Models", BMVC 2018. Departs from it: blocks instead of pixels, a strong blur as the fill, the
    probability as a share of its start, and random orders beside it, without which no area says
    anything.

    Args:
        image: (1, channels, rows, columns), the network's input.
        evidence: (rows, columns), the map on the same grid.
    """
    blocks = _blocks(evidence.shape[0], evidence.shape[1])
    rng = np.random.default_rng(seed)
    orders = [_order(_block_means(evidence, blocks), rng)]
    orders += [rng.permutation(GRID * GRID) for _ in range(RANDOM_ORDERS)]
    curves = _curves(probability, image, blocks, np.stack(orders))
    areas = np.trapezoid(curves, dx=1.0 / (curves.shape[1] - 1), axis=1)
    own, others = float(areas[0]), areas[1:]
    return Deletion(
        own,
        (float(others.mean()), float(others.min()), float(others.max())),
        tuple(map(float, curves[0])),
        tuple(tuple(map(float, curve)) for curve in curves[1:]),
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
    steps = round(1 / STEP)
    ranks = np.argsort(orders, axis=1)
    hidden_blocks = np.round(np.linspace(0, GRID * GRID, steps + 1)).astype(int)
    # Nothing hidden and all hidden are the same in every order.
    inner = [(order, step) for order in range(len(orders)) for step in range(1, steps)]
    masks = [ranks[order] < hidden_blocks[step] for order, step in inner]
    masks += [np.zeros(GRID * GRID, bool), np.ones(GRID * GRID, bool)]
    values = _probabilities(probability, image, blocks, np.stack(masks))
    curves = np.empty((len(orders), steps + 1))
    curves[:, 1:-1] = values[:-2].reshape(len(orders), steps - 1)
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
    evidence: NDArray[np.float32], anatomy: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """Measure how much of the positive evidence lies inside an anatomy.

    Args:
        evidence: [slice, row, column], signed.
        anatomy: The same grid.

    Returns:
        The share of the positive evidence inside, and the share of the image that the anatomy
        covers (what evidence spread evenly would reach); None without positive evidence or
        without anatomy.
    """
    if evidence.shape != anatomy.shape:
        raise ValueError(f"map {evidence.shape} and anatomy {anatomy.shape} must share a grid")
    positive = np.clip(evidence, 0.0, None)
    total = float(positive.sum(dtype=np.float64))
    if total <= 0.0 or not anatomy.any():
        return None
    inside = float(positive[anatomy].sum(dtype=np.float64))
    return inside / total, float(anatomy.mean())
