"""The number that a map explains: a class's logit, or what a region's logits say together."""

from __future__ import annotations

import torch
from torch import Tensor

from medimg.explain.question import Score


def class_logit(channel: int) -> Score:
    """Score images by the logit of one class.

    Args:
        channel: Column of the network's output (n, classes).
    """

    def score(output: Tensor) -> Tensor:
        return output[:, channel]

    return score


def region_logit(channel: int, region: Tensor) -> Score:
    """Score images by the mean logit inside a region.

    Vinogradova et al. 2020 (Seg-Grad-CAM) take the sum. The mean is the same map up to one
    factor, but does not grow with the region, so that one fixed display scale fits small and
    large regions.

    Args:
        channel: Channel of the network's output (n, channels, rows, columns).
        region: (rows, columns) bool on the network's grid, not empty.
    """
    if not bool(region.any()):
        raise ValueError("an empty region has no logit")

    def score(output: Tensor) -> Tensor:
        return output[:, channel][:, region].mean(dim=1)

    return score


def region_probability(channel: int, region: Tensor) -> Score:
    """Score images by the mean probability inside a region; arguments as `region_logit`."""

    def score(output: Tensor) -> Tensor:
        return torch.sigmoid(output[:, channel])[:, region].mean(dim=1)

    return score
