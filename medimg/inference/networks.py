"""The networks that MONAI lacks: one light family built on EfficientNet-Lite0.

EfficientNet-Lite0 (M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional
Neural Networks", ICML 2019; the Lite variant drops squeeze-and-excitation and swish for ReLU6) runs
fast on plain CPUs. Every activation is its own module, used once and never in place, so that hooks
and Captum see each of them.

The batch norms of the published network are folded into its convolutions (exact, see
`published_state`): the statistics stay those of ImageNet, which suits trainings on a few hundred
images, and a folded network trains about a third faster here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of inverted-residual blocks; only the first changes size and stride."""

    blocks: int
    kernel: int
    stride: int
    expand: int
    channels: int


STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
STAGES: tuple[Stage, ...] = (
    Stage(blocks=1, kernel=3, stride=1, expand=1, channels=16),
    Stage(blocks=2, kernel=3, stride=2, expand=6, channels=24),
    Stage(blocks=2, kernel=5, stride=2, expand=6, channels=40),
    Stage(blocks=3, kernel=3, stride=2, expand=6, channels=80),
    Stage(blocks=3, kernel=5, stride=1, expand=6, channels=112),
    Stage(blocks=4, kernel=5, stride=2, expand=6, channels=192),
    Stage(blocks=1, kernel=3, stride=1, expand=6, channels=320),
)
# Stages whose last output is a skip connection, at strides 2, 4, 8 and 16.
SKIP_STAGES = (0, 1, 2, 4)
# The published weights were trained on (grey - 127) / 128 with grey in 0..255.
GREY_SCALE, GREY_SHIFT = 255.0 / 128.0, -127.0 / 128.0
# TensorFlow's batch-norm constant, with which the published weights were trained.
NORM_EPS = 1e-3


def _same_padding(kernel: int, stride: int) -> nn.Module:
    """TensorFlow's SAME padding for even sizes: the odd pixel goes right and below."""
    total = kernel - stride
    return nn.ZeroPad2d((total // 2, total - total // 2, total // 2, total - total // 2))


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; an identity beside it where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        inner = inputs * expand
        layers: list[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(inputs, inner, 1), nn.ReLU6()]
        padding: int = kernel // 2 if stride == 1 else 0
        if stride != 1:
            layers.append(_same_padding(kernel, stride))
        layers += [
            nn.Conv2d(inner, inner, kernel, stride, padding, groups=inner),
            nn.ReLU6(),
            nn.Conv2d(inner, outputs, 1),
        ]
        self.layers = nn.Sequential(*layers)
        self.has_identity = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, rows, columns) to (n, outputs, rows / stride, columns / stride)."""
        out: Tensor = self.layers(x)
        return out + x if self.has_identity else out


class LiteEncoder(nn.Module):
    """Stem and seven stages of EfficientNet-Lite0 without its classifier.

    Args:
        in_channels: 3 for the published network, 1 for grey images (see `grey_stem`).
    """

    def __init__(self, in_channels: int = 1) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _same_padding(3, 2), nn.Conv2d(in_channels, STEM_CHANNELS, 3, 2), nn.ReLU6()
        )
        self.stages = nn.ModuleList()
        inputs = STEM_CHANNELS
        for stage in STAGES:
            blocks: list[nn.Module] = []
            for index in range(stage.blocks):
                stride = stage.stride if index == 0 else 1
                blocks.append(
                    InvertedResidual(inputs, stage.channels, stage.kernel, stride, stage.expand)
                )
                inputs = stage.channels
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the outputs of all seven stages for images with grey or colours in 0..1.

        Args:
            x: (n, in_channels, rows, columns), rows and columns divisible by 32.
        """
        out: Tensor = self.stem(x * GREY_SCALE + GREY_SHIFT)
        outputs: list[Tensor] = []
        for stage in self.stages:
            out = stage(out)
            outputs.append(out)
        return outputs


def _head(inputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, HEAD_CHANNELS, 1), nn.ReLU6())


class EfficientNetLite0(nn.Module):
    """The published classifier: encoder, 1280 head channels, mean over the image, linear layer."""

    def __init__(self, in_channels: int = 3, num_classes: int = 1000, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = LiteEncoder(in_channels)
        self.head = _head(STAGES[-1].channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(HEAD_CHANNELS, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """(n, 1280) mean head features: what a frozen-feature baseline works on."""
        out: Tensor = self.head(self.encoder(x)[-1])
        return out.mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(n, num_classes) logits for (n, in_channels, rows, columns) in 0..1."""
        out: Tensor = self.classifier(self.dropout(self.features(x)))
        return out


class LiteOpacityNet(nn.Module):
    """Says whether there is an opacity and where, and scores with both.

    Three class logits (finding, nothing, something else) and a map of one logit a cell (stride 32)
    come from the same head features. The score is one logit: `class_weight` times the class
    log-odds plus `map_weight` times the mean of the highest map cells plus `bias`. The three
    numbers are buffers, fixed after training, so that attribution explains the very number that is
    shown.
    """

    class_weight: Tensor
    map_weight: Tensor
    bias: Tensor

    def __init__(self, in_channels: int = 1, top_cells: int = 3, dropout: float = 0.2) -> None:
        super().__init__()
        self.encoder = LiteEncoder(in_channels)
        self.head = _head(STAGES[-1].channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(HEAD_CHANNELS, 3)
        self.map_head = nn.Conv2d(HEAD_CHANNELS, 1, 1)
        self.top_cells = top_cells
        self.register_buffer("class_weight", torch.tensor(1.0))
        self.register_buffer("map_weight", torch.tensor(1.0))
        self.register_buffer("bias", torch.tensor(0.0))

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits (n, 3) and map logits (n, 1, rows / 32, columns / 32)."""
        features: Tensor = self.head(self.encoder(x)[-1])
        logits: Tensor = self.classifier(self.dropout(features.mean(dim=(2, 3))))
        return logits, self.map_head(features)

    def components(self, logits: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Class log-odds (n,) and mean of the highest map cells (n,)."""
        odds = logits[:, 0] - torch.logsumexp(logits[:, 1:], dim=1)
        peak = cells.flatten(1).topk(self.top_cells, dim=1).values.mean(dim=1)
        return odds, peak

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1) logits for (n, in_channels, rows, columns) in 0..1."""
        odds, peak = self.components(*self.parts(x))
        return (self.class_weight * odds + self.map_weight * peak + self.bias).unsqueeze(1)


class Merge(nn.Module):
    """Doubles a feature map, joins it with a skip connection, mixes both by a convolution."""

    def __init__(self, deep: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(deep, outputs, 1, bias=False)
        self.mix = nn.Sequential(
            nn.Conv2d(outputs + skip, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    def forward(self, deep: Tensor, skip: Tensor) -> Tensor:
        """Map (n, deep, r, c) and (n, skip, 2r, 2c) to (n, outputs, 2r, 2c)."""
        # Reducing before doubling gives the same result as after it and costs a quarter.
        raised = functional.interpolate(
            self.reduce(deep), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        out: Tensor = self.mix(torch.cat([raised, skip], dim=1))
        return out


class LiteUNet(nn.Module):
    """U-Net (Ronneberger 2015) with an EfficientNet-Lite0 encoder and a narrow decoder.

    The decoder ends at stride 2; four channels a class are then unshuffled to full resolution (Shi
    2016), which is far cheaper than a convolution there.

    Args:
        in_channels: Input channels, grey in 0..1.
        out_channels: Logit maps.
        decoder: Widths at strides 16, 8, 4 and 2.
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        decoder: tuple[int, int, int, int] = (96, 64, 48, 32),
    ) -> None:
        super().__init__()
        self.encoder = LiteEncoder(in_channels)
        deep = STAGES[-1].channels
        self.decoder = nn.ModuleList()
        for width, stage in zip(decoder, reversed(SKIP_STAGES), strict=True):
            self.decoder.append(Merge(deep, STAGES[stage].channels, width))
            deep = width
        self.to_logits = nn.Conv2d(deep, 4 * out_channels, 3, padding=1)
        self.unshuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in_channels, r, c) to logits (n, out_channels, r, c); r and c divisible by 32."""
        outputs = self.encoder(x)
        out = outputs[-1]
        for merge, stage in zip(self.decoder, reversed(SKIP_STAGES), strict=True):
            out = merge(out, outputs[stage])
        logits: Tensor = self.unshuffle(self.to_logits(out))
        return logits


def _published_names() -> dict[str, tuple[str, str]]:
    """Our convolution -> the published convolution and the batch norm behind it."""
    names = {"encoder.stem.1": ("_conv_stem", "_bn0"), "head.0": ("_conv_head", "_bn1")}
    block = 0
    for number, stage in enumerate(STAGES):
        for index in range(stage.blocks):
            layers = f"encoder.stages.{number}.{index}.layers"
            theirs = f"_blocks.{block}"
            place = 0
            if stage.expand != 1:
                names[f"{layers}.0"] = (f"{theirs}._expand_conv", f"{theirs}._bn0")
                place = 2
            if index == 0 and stage.stride != 1:
                place += 1
            names[f"{layers}.{place}"] = (f"{theirs}._depthwise_conv", f"{theirs}._bn1")
            names[f"{layers}.{place + 2}"] = (f"{theirs}._project_conv", f"{theirs}._bn2")
            block += 1
    return names


def published_state(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the published EfficientNet-Lite0 state to `EfficientNetLite0`'s names and fold its
    batch norms.

    Raises:
        KeyError: A parameter is missing from, or unknown in, the published state.
    """
    left = {
        key: value for key, value in published.items() if not key.endswith("num_batches_tracked")
    }
    state = {f"classifier.{part}": left.pop(f"_fc.{part}") for part in ("weight", "bias")}
    for ours, (convolution, norm) in _published_names().items():
        scale = left.pop(f"{norm}.weight") / torch.sqrt(left.pop(f"{norm}.running_var") + NORM_EPS)
        state[f"{ours}.weight"] = left.pop(f"{convolution}.weight") * scale[:, None, None, None]
        state[f"{ours}.bias"] = left.pop(f"{norm}.bias") - left.pop(f"{norm}.running_mean") * scale
    if left:
        raise KeyError(f"unknown parameters: {sorted(left)[:3]}")
    return state


def grey_stem(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Fold the colour stem into one grey channel; exact, since all colours share one scale."""
    key = "encoder.stem.1.weight"
    return {**state, key: state[key].sum(dim=1, keepdim=True)}
