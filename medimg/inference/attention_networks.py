"""Vision transformers: MONAI's, and one with a convolutional stem."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from monai.networks.blocks.transformerblock import TransformerBlock
from monai.networks.nets.vit import ViT
from torch import Tensor, nn

# Widths of the stem as shares of the transformer's; each layer halves rows and columns.
STEM_SHARES = (8, 4, 2, 1)


class VisionTransformer(ViT):
    """MONAI's ViT with the class logits alone as its answer.

    Source: A. Dosovitskiy and others, "An Image is Worth 16x16 Words", ICLR 2021.
    """

    def __init__(self, in_channels: int, num_classes: int, img_size: Any, **sizes: Any) -> None:
        super().__init__(
            in_channels=in_channels,
            img_size=img_size,
            num_classes=num_classes,
            classification=True,
            spatial_dims=2,
            # MONAI's default squashes the class token's answer by a tanh.
            post_activation="",
            **sizes,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, *img_size)."""
        logits: Tensor = super().forward(x)[0]  # type: ignore[no-untyped-call]
        return logits


class ConvolutionalTransformer(nn.Module):
    """A convolutional stem, transformer blocks on its cells, mean over the cells, a linear layer.

    The stem takes the place of the patch embedding: four convolutions of stride 2. Learned places
    are interpolated to the image's size.

    Source: T. Xiao and others, "Early Convolutions Help Transformers See Better", NeurIPS 2021.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 2,
        hidden_size: int = 192,
        num_layers: int = 8,
        num_heads: int = 3,
        dropout_rate: float = 0.0,
        grid: int = 14,
    ) -> None:
        super().__init__()
        widths = [in_channels, *(hidden_size // share for share in STEM_SHARES)]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            convolution = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)
            layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
        self.stem = nn.Sequential(*layers, nn.Conv2d(hidden_size, hidden_size, 1))
        self.places = nn.Parameter(0.02 * torch.randn(1, hidden_size, grid, grid))
        self.blocks = nn.Sequential(
            *(
                TransformerBlock(hidden_size, 4 * hidden_size, num_heads, dropout_rate)
                for _ in range(num_layers)
            )
        )
        self.norm = nn.LayerNorm(hidden_size)
        self.classifier = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns), multiples of 16."""
        cells = self.stem(x)
        places = nn.functional.interpolate(
            self.places, size=cells.shape[2:], mode="bilinear", align_corners=False
        )
        tokens = (cells + places).flatten(2).transpose(1, 2)
        mixed = self.norm(self.blocks(tokens)).mean(dim=1)
        logits: Tensor = self.classifier(mixed)
        return logits
