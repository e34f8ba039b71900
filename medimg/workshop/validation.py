"""Run networks over prepared samples: logits, map cells and scores of what was left out."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.workshop.networks import SaysWhere
from medimg.workshop.samples import Samples

BATCH = 16
# Slices that make a stack's score.
HIGHEST = 3


@torch.no_grad()
def logits(model: nn.Module, images: Tensor, flip_average: bool) -> NDArray[np.float32]:
    """Run a network over prepared images.

    Args:
        model: Network for (n, channels, r, c) in 0..1.
        images: (n, channels, r, c) uint8.
        flip_average: Average the logits with those of the mirror image, mirrored back where they
            are maps.

    Returns:
        (n, ...) float32 logits.
    """
    model.eval()
    found = []
    for part in torch.split(images, BATCH):
        batch = (part.float() / 255).to(memory_format=torch.channels_last)
        out: Tensor = model(batch)
        if flip_average:
            mirrored: Tensor = model(batch.flip(-1))
            out = (out + (mirrored.flip(-1) if mirrored.ndim == 4 else mirrored)) / 2
        found.append(out)
    return torch.cat(found).numpy()


@torch.no_grad()
def components(
    model: SaysWhere, images: Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Class log-odds (n,), mean of the highest map cells (n,), and map logits (n, r, c)."""
    odds, peaks, maps = [], [], []
    for part in torch.split(images, BATCH):
        classes, cells = model.parts((part.float() / 255).to(memory_format=torch.channels_last))
        odd, peak = model.components(classes, cells)
        odds.append(odd)
        peaks.append(peak)
        maps.append(cells[:, 0])
    return torch.cat(odds).numpy(), torch.cat(peaks).numpy(), torch.cat(maps).numpy()


def log_odds(found: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score of the first class, (n,), from (n, k) logits of k classes; the logit where k is 1."""
    if found.shape[1] == 1:
        return found[:, 0]
    rest = torch.logsumexp(torch.from_numpy(found[:, 1:]), dim=1).numpy()
    return np.asarray(found[:, 0] - rest)


def mean_of_highest(score: NDArray[np.float32], count: int = HIGHEST) -> float:
    """A stack's score: the mean of its highest slices; one bright slice alone may be chance."""
    return float(np.sort(score)[-count:].mean())


def by_case(
    score: NDArray[np.float32], truth: NDArray[np.bool_], samples: Samples, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Score and truth of each case that the rows belong to."""
    owner = samples.case[rows]
    members = [owner == one for one in np.unique(owner)]
    scores = np.asarray([mean_of_highest(score[one]) for one in members], np.float32)
    return scores, np.asarray([truth[one].any() for one in members])
