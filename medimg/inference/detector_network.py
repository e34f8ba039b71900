"""A light one-stage detector: one box, one objectness and the classes for each cell of a grid.

J. Redmon and A. Farhadi, "YOLO9000: Better, Faster, Stronger", CVPR 2017 (Tiny YOLO's layers), with
one box a cell and distances to its four sides in place of anchors (Z. Tian and others, "FCOS",
ICCV 2019).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

WIDTHS = (16, 32, 64, 128, 256)
STRIDE = 16
# Channels before the classes: objectness, and log distances to left, top, right, bottom in cells.
BOX_CHANNELS = 5


class LightDetector(nn.Module):
    """Five convolutions, four of them halved by a maximum, and a head of two.

    Args:
        in_channels: Channels of the image.
        num_classes: Classes of boxes.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 1) -> None:
        super().__init__()
        widths = (in_channels, *WIDTHS)
        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(pairwise(widths)):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1)]
            if index < len(WIDTHS) - 1:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        deep = nn.Conv2d(WIDTHS[-1], WIDTHS[-1], 3, padding=1, bias=False)
        self.head = nn.Sequential(
            deep,
            nn.BatchNorm2d(WIDTHS[-1]),
            nn.LeakyReLU(0.1),
            nn.Conv2d(WIDTHS[-1], BOX_CHANNELS + num_classes, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, 5 + num_classes, rows / 16, columns / 16) for (n, in_channels, rows, columns)."""
        cells: Tensor = self.head(self.features(x))
        return cells
