"""LeNet-5, AlexNet and VGG: the convolutional networks of the textbooks, for any image size.

Their fixed input sizes are replaced by an adaptive mean before the linear layers; everything else
is as published. Activations are modules of their own, never in place, so that hooks see each.
"""

from __future__ import annotations

from torch import Tensor, nn

# Rows and columns of the last map that the linear layers see.
LENET_GRID, ALEXNET_GRID, VGG_GRID = 5, 6, 7
VGG_STAGES: dict[int, tuple[tuple[int, ...], ...]] = {
    11: ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    16: ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
}


class LeNet5(nn.Module):
    """Two convolutions, two poolings, three linear layers.

    Source: Y. LeCun and others, "Gradient-Based Learning Applied to Document Recognition", Proc.
    IEEE 1998; with rectifiers and plain means in place of its trained pooling and radial units.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=2),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(LENET_GRID),
            nn.Flatten(),
            nn.Linear(16 * LENET_GRID**2, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns)."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


def _linear(inputs: int, width: int, outputs: int, dropout: float) -> list[nn.Module]:
    hidden: list[nn.Module] = [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout)]
    return [*hidden, nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)]


class AlexNet(nn.Module):
    """Five convolutions, three linear layers.

    Source: A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet Classification with Deep
    Convolutional Neural Networks", NeurIPS 2012, on one device as in their 2014 note.
    """

    def __init__(
        self, in_channels: int = 1, num_classes: int = 2, width: int = 4096, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(ALEXNET_GRID),
            nn.Flatten(),
            nn.Dropout(dropout),
            *_linear(256 * ALEXNET_GRID**2, width, num_classes, dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns), at least 63 x 63."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


class VGG(nn.Module):
    """Stages of 3 x 3 convolutions, each halved by a maximum, and three linear layers.

    Source: K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition", ICLR 2015, with batch norms (S. Ioffe and C. Szegedy, ICML 2015), without which
    16 layers do not begin to learn from random weights.

    Args:
        depth: Layers with weights, 11 or 16.
        width: Channels of the linear layers.
    """

    def __init__(
        self,
        depth: int,
        in_channels: int = 1,
        num_classes: int = 2,
        width: int = 4096,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if depth not in VGG_STAGES:
            raise ValueError(f"VGG has {' or '.join(map(str, VGG_STAGES))} layers, not {depth}")
        self.stages = nn.ModuleList()
        channels = in_channels
        for widths in VGG_STAGES[depth]:
            layers: list[nn.Module] = []
            for outputs in widths:
                convolution = nn.Conv2d(channels, outputs, 3, padding=1)
                layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
                channels = outputs
            self.stages.append(nn.Sequential(*layers))
        self.pool = nn.MaxPool2d(2)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(VGG_GRID),
            nn.Flatten(),
            *_linear(channels * VGG_GRID**2, width, num_classes, dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns), at least 32 x 32."""
        for stage in self.stages:
            x = self.pool(stage(x))
        logits: Tensor = self.classifier(x)
        return logits
