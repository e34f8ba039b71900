"""Figures on what a training left out, at the resolution the network works at."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.inference.networks import LiteOpacityNet
from medimg.workshop import metrics
from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples

BATCH = 16


@torch.no_grad()
def logits(model: nn.Module, images: Tensor, flip_average: bool) -> NDArray[np.float32]:
    """Run a network over prepared images.

    Args:
        model: Network for (n, 1, r, c) in 0..1.
        images: (n, 1, r, c) uint8.
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


def _segmentation(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
) -> dict[str, float]:
    inside = logits(model, samples.images[rows], recipe.flip_average)[:, 0] > 0
    truth = samples.masks[rows, 0].numpy() > 127
    patients = np.asarray([samples.cases[samples.case[row]].patient for row in rows])
    dice = [
        metrics.dice(inside[patients == name], truth[patients == name])
        for name in np.unique(patients)
    ]
    empty = ~truth.any(axis=(1, 2))
    wrong = float(inside[empty].any(axis=(1, 2)).mean()) if empty.any() else 0.0
    return {"dice": float(np.mean(dice)), "false_positive_slices": wrong}


@torch.no_grad()
def components(
    model: LiteOpacityNet, images: Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Class log-odds (n,), mean of the highest map cells (n,), and map logits (n, r, c)."""
    model.eval()
    odds, peaks, maps = [], [], []
    for part in torch.split(images, BATCH):
        classes, cells = model.parts((part.float() / 255).to(memory_format=torch.channels_last))
        odd, peak = model.components(classes, cells)
        odds.append(odd)
        peaks.append(peak)
        maps.append(cells[:, 0])
    return torch.cat(odds).numpy(), torch.cat(peaks).numpy(), torch.cat(maps).numpy()


def _classification(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64]
) -> dict[str, float]:
    assert isinstance(model, LiteOpacityNet)
    odds, peaks, _ = components(model, samples.images[rows])
    truth = samples.classes[rows].numpy() == 0
    scores = {"class": odds, "map": peaks, "sum": odds / odds.std() + peaks / peaks.std()}
    views = np.asarray([samples.cases[samples.case[row]].row["view"] for row in rows])
    row = {f"auc_{name}": metrics.auc(score, truth) for name, score in scores.items()}
    for view in np.unique(views):
        row[f"auc_{view}"] = metrics.auc(scores["sum"][views == view], truth[views == view])
    return row


def validate(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
) -> dict[str, float]:
    """Figures for one row of a training curve."""
    if recipe.task == "segment":
        return _segmentation(model, samples, rows, recipe)
    return _classification(model, samples, rows)
