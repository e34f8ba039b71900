"""Tiny networks whose reasons are known, so that a map of them is right or wrong."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from medimg.explain.methods import run
from medimg.explain.question import Effort, Evidence, Question, Score
from medimg.explain.table import Value

SIZE = 56


class Linear(nn.Module):
    """A weighted sum of the pixels: the evidence of a pixel is its weight times its value."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, images: Tensor) -> Tensor:
        return (images[:, 0] * self.weights).sum(dim=(1, 2))[:, None]


class BlobDetector(nn.Module):
    """Looks for one pattern: bright 4 x 4 blobs on a darker ground; its logit is their number."""

    def __init__(self, bias: float = -2.0, gain: float = 1.0) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 2, 12, stride=4, padding=4)
        self.activation = nn.ReLU()
        self.decide = nn.Linear(2, 1)
        with torch.no_grad():
            bright = torch.full((12, 12), -1.0 / (144 - 16))
            bright[4:8, 4:8] = 1.0 / 16
            self.look.weight.copy_(torch.stack([bright, -bright])[:, None])
            self.look.bias.fill_(-0.3)
            # Dark blobs speak against it.
            self.decide.weight.copy_(torch.tensor([[gain, -gain]]) * 14 * 14)
            self.decide.bias.fill_(bias)

    def forward(self, images: Tensor) -> Tensor:
        return self.decide(self.activation(self.look(images)).mean(dim=(2, 3)))


class BlobSegmenter(nn.Module):
    """One logit a pixel: high where its neighbourhood is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 1, 5, padding=2)
        self.activation = nn.ReLU()
        self.decide = nn.Conv2d(1, 1, 1)
        with torch.no_grad():
            self.look.weight.fill_(1.0 / 25)
            self.look.bias.fill_(-0.4)
            self.decide.weight.fill_(20.0)
            self.decide.bias.fill_(-4.0)

    def forward(self, images: Tensor) -> Tensor:
        return self.decide(self.activation(self.look(images)))


class ReusedActivation(nn.Module):
    """Runs one activation module twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 3)
        self.activation = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        middle = self.activation(self.first(images))
        return self.activation(self.second(middle)).mean(dim=(2, 3))


class ChangedInPlace(nn.Module):
    """Overwrites what its convolution gave, by a function that no list of modules shows."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 2, 3)

    def forward(self, images: Tensor) -> Tensor:
        out = self.look(images)
        out += 1.0
        return out.mean(dim=(1, 2, 3))[:, None]


def image_with_blob(row: int, column: int, *, size: int = SIZE, level: float = 1.0) -> Tensor:
    """(1, 1, size, size): grey 0.2 with one 4 x 4 blob of `level` from (row, column) on."""
    image = torch.full((1, 1, size, size), 0.2)
    image[0, 0, row : row + 4, column : column + 4] = level
    return image


def ask(
    method: str,
    model: nn.Module,
    image: Tensor,
    score: Score,
    layer: str = "",
    effort: Effort | None = None,
    **parameters: Value,
) -> Evidence:
    """One map, as the product makes it."""
    return run(method, Question(model, image, score, layer), effort or Effort(), parameters)
