"""MobileNetV3-Small: inverted residuals with squeeze-and-excitation, for small computers.

A. Howard and others, "Searching for MobileNetV3", ICCV 2019, table 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the paper's table."""

    kernel: int
    inner: int
    outputs: int
    squeezes: bool
    is_hard_swish: bool
    stride: int


ROWS: tuple[Row, ...] = (
    Row(3, 16, 16, True, False, 2),
    Row(3, 72, 24, False, False, 2),
    Row(3, 88, 24, False, False, 1),
    Row(5, 96, 40, True, True, 2),
    Row(5, 240, 40, True, True, 1),
    Row(5, 240, 40, True, True, 1),
    Row(5, 120, 48, True, True, 1),
    Row(5, 144, 48, True, True, 1),
    Row(5, 288, 96, True, True, 2),
    Row(5, 576, 96, True, True, 1),
    Row(5, 576, 96, True, True, 1),
)
STEM, LAST, WIDE = 16, 576, 1024


def _activation(row: Row) -> nn.Module:
    return nn.Hardswish() if row.is_hard_swish else nn.ReLU()


class Squeeze(nn.Module):
    """Scale each channel by what the whole image says of it (J. Hu and others, CVPR 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(8, channels // 4)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, narrow, 1),
            nn.ReLU(),
            nn.Conv2d(narrow, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, rows, columns) to the same shape."""
        scaled: Tensor = x * self.gate(x)
        return scaled


class Block(nn.Module):
    """Expand, depthwise, squeeze, project; an identity beside it where the shapes agree."""

    def __init__(self, inputs: int, row: Row) -> None:
        super().__init__()
        padding = row.kernel // 2
        deep = nn.Conv2d(
            row.inner, row.inner, row.kernel, row.stride, padding, groups=row.inner, bias=False
        )
        layers: list[nn.Module] = []
        if row.inner != inputs:
            expand = nn.Conv2d(inputs, row.inner, 1, bias=False)
            layers += [expand, nn.BatchNorm2d(row.inner), _activation(row)]
        layers += [deep, nn.BatchNorm2d(row.inner), _activation(row)]
        if row.squeezes:
            layers.append(Squeeze(row.inner))
        layers += [nn.Conv2d(row.inner, row.outputs, 1, bias=False), nn.BatchNorm2d(row.outputs)]
        self.layers = nn.Sequential(*layers)
        self.has_identity = row.stride == 1 and inputs == row.outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, rows, columns) to (n, outputs, rows / stride, columns / stride)."""
        out: Tensor = self.layers(x)
        return out + x if self.has_identity else out


class MobileNetV3Small(nn.Module):
    """Stem, eleven blocks, a 1 x 1 convolution, mean over the image, two linear layers."""

    def __init__(self, in_channels: int = 1, num_classes: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        stem = nn.Conv2d(in_channels, STEM, 3, 2, 1, bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm2d(STEM), nn.Hardswish())
        widths = (STEM, *(row.outputs for row in ROWS))
        pairs = zip(widths[:-1], ROWS, strict=True)
        self.blocks = nn.Sequential(*(Block(inputs, row) for inputs, row in pairs))
        last = nn.Conv2d(widths[-1], LAST, 1, bias=False)
        self.last = nn.Sequential(last, nn.BatchNorm2d(LAST), nn.Hardswish())
        self.classifier = nn.Sequential(
            nn.Linear(LAST, WIDE), nn.Hardswish(), nn.Dropout(dropout), nn.Linear(WIDE, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns)."""
        features = self.last(self.blocks(self.stem(x)))
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)))
        return logits
