"""Losses: one table by name, as recipes name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from medimg.workshop.networks import SaysWhere


@dataclass(frozen=True, slots=True)
class Batch:
    """Augmented samples: images (n, channels, r, c) and masks (n, 1, r, c) in 0..1, classes (n,),
    targets (n, k)."""

    images: Tensor
    masks: Tensor
    classes: Tensor
    targets: Tensor


# The map is a help for the class, not the other way round: weight found on one fold.
MAP_WEIGHT = 1.0
# Cells with an opacity are few; this makes both kinds count about equally.
CELL_WEIGHT = 4.0
SMOOTHING = 0.05
# Exponent of focal losses.
FOCUS = 2.0


def overlap(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy plus Dice over the whole batch (Milletari 2016), pixel by pixel.

    Dice over the batch, not image by image, so that images without the region still say something.
    """
    logits = model(batch.images)
    entropy = functional.binary_cross_entropy_with_logits(logits, batch.masks)
    probability = torch.sigmoid(logits)
    shared = (probability * batch.masks).sum()
    dice = (2 * shared + 1) / (probability.sum() + batch.masks.sum() + 1)
    loss: Tensor = entropy + 1 - dice
    return loss


def class_and_place(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of the classes, and of a coarse map against the radiologists' boxes."""
    if not isinstance(model, SaysWhere):
        raise TypeError("the loss class-and-place needs a network that gives a map")
    logits, cells = model.parts(batch.images)
    target = functional.adaptive_avg_pool2d(batch.masks, (cells.shape[2], cells.shape[3]))
    weight = 1 + (CELL_WEIGHT - 1) * target
    place = functional.binary_cross_entropy_with_logits(cells, target, weight=weight)
    return (
        functional.cross_entropy(logits, batch.classes, label_smoothing=0.05) + MAP_WEIGHT * place
    )


def labels(model: nn.Module, batch: Batch) -> Tensor:
    """Binary cross-entropy of several labels: the first, which is the finding, counts as much as
    all others together. The targets are smoothed, since slices at a finding's edge are doubtful.
    """
    logits: Tensor = model(batch.images)
    smooth = batch.targets * (1 - SMOOTHING) + SMOOTHING / 2
    each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none").mean(0)
    return each[0] + each[1:].mean() if len(each) > 1 else each[0]


def detection(cells: Tensor, target: Tensor) -> Tensor:
    """Objectness in all cells, sides and class in those that hold a box's middle.

    Args:
        cells: (n, 5 + k, r, c) as a `LightDetector` gives them.
        target: The same from `inference.boxes.encode`.
    """
    objects = target[:, 0]
    # A focal weight (Lin 2017): nearly all cells are empty and soon easy.
    entropy = functional.binary_cross_entropy_with_logits(cells[:, 0], objects, reduction="none")
    easy = torch.where(objects > 0, torch.sigmoid(cells[:, 0]), torch.sigmoid(-cells[:, 0]))
    loss = ((1 - easy) ** FOCUS * entropy).sum() / objects.sum().clamp_min(1)
    held = objects > 0
    if bool(held.any()):
        chosen, wanted = (each.permute(0, 2, 3, 1)[held] for each in (cells, target))
        loss = loss + functional.smooth_l1_loss(chosen[:, 1:5], wanted[:, 1:5])
        loss = loss + functional.binary_cross_entropy_with_logits(chosen[:, 5:], wanted[:, 5:])
    return loss


LOSSES: dict[str, Callable[[nn.Module, Batch], Tensor]] = {
    "overlap": overlap,
    "class-and-place": class_and_place,
    "labels": labels,
}
