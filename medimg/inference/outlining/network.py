"""The network that outlines a clicked structure in one slice of a CT."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class OutlineNet(nn.Module):
    """A small U-Net (Ronneberger 2015).

    MONAI's `BasicUNet` of the same widths takes half as long again, for a training and for an
    answer to a click.

    Args:
        in_channels: Slice, neighbours, earlier outline and clicks; see `outlining.channels`.
        out_channels: Logit maps.
        widths: Channels at strides 1, 2, 4, ….
    """

    def __init__(
        self,
        in_channels: int = 9,
        out_channels: int = 1,
        widths: Sequence[int] = (16, 32, 64, 128),
    ) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        for width in widths:
            self.down.append(_block(in_channels, width))
            in_channels = width
        self.reduce, self.up = nn.ModuleList(), nn.ModuleList()
        for deep, width in zip(widths[:0:-1], widths[-2::-1], strict=True):
            self.reduce.append(nn.Conv2d(deep, width, 1, bias=False))
            self.up.append(_block(2 * width, width))
        self.to_logits = nn.Conv2d(widths[0], out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in_channels, r, c) to logits (n, out_channels, r, c); r and c divisible by 8."""
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for reduce, block in zip(self.reduce, self.up, strict=True):
            raised = functional.interpolate(reduce(x), scale_factor=2.0)
            x = block(torch.cat([raised, skips.pop()], dim=1))
        logits: Tensor = self.to_logits(x)
        return logits
