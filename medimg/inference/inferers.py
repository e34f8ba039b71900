"""Inferers that MONAI lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from monai.inferers.inferer import Inferer
from torch import Tensor


class NeighbourInferer(Inferer):
    """Judge each slice of a stack with its neighbours as further channels.

    The slice at an end stands in for the neighbours that it lacks.

    Args:
        neighbours: Slices on each side.
        sw_batch_size: Slices a forward pass.
    """

    def __init__(self, neighbours: int = 1, sw_batch_size: int = 8) -> None:
        self.neighbours = neighbours
        self.sw_batch_size = sw_batch_size

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        """Map one stack (1, 1, slices, rows, columns) to logits (1, labels, slices)."""
        stack = inputs[0, 0]
        last = len(stack) - 1
        steps = torch.arange(-self.neighbours, self.neighbours + 1)
        found = []
        for middles in torch.split(torch.arange(len(stack)), self.sw_batch_size):
            channels = stack[(middles[:, None] + steps).clamp(0, last)]
            found.append(network(channels, *args, **kwargs))
        return torch.cat(found).T[None]

    def calls(self, slices: int) -> int:
        """Forward passes for a stack."""
        return -(-slices // self.sw_batch_size)


class MirrorInferer(Inferer):
    """Average the answers on an image and on its mirror image, turned back.

    Args:
        inferer: Does the work on each.
        mean: "logits" averages what the network returns, "probabilities" its sigmoid, returned
            as a logit again.
    """

    def __init__(self, inferer: Inferer, mean: str = "logits") -> None:
        if mean not in ("logits", "probabilities"):
            raise ValueError('mean is "logits" or "probabilities"')
        self.inferer = inferer
        self.mean = mean

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        """Run on (n, c, …, columns); an output with the input's columns is turned back."""
        plain = self.inferer(inputs, network, *args, **kwargs)
        mirrored = self.inferer(torch.flip(inputs, (-1,)), network, *args, **kwargs)
        if mirrored.ndim == inputs.ndim:
            mirrored = torch.flip(mirrored, (-1,))
        if self.mean == "logits":
            mean: Tensor = (plain + mirrored) / 2
            return mean
        return torch.logit((plain.sigmoid() + mirrored.sigmoid()) / 2, eps=1e-6)
