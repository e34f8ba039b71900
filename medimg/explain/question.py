"""What is asked of a model, with how much effort, and what a method answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.explain.sound_copy import sound_copy
from medimg.values.errors import UsageError

#: Turns what the network gives for n images into the n numbers that are explained.
Score = Callable[[Tensor], Tensor]

#: Fixed, so that the same image gives the same map and the same figures.
SEED = 20


def never() -> None:
    """A stop that nobody presses."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One image and the number that is to be explained.

    Attributes:
        model: The network, on its device, in evaluation mode.
        image: (1, channels, rows, columns) or (1, channels, slices, rows, columns).
        score: What is made of the network's output.
        layer: Dotted name of the layer that methods with `Need.LAYER` look at.
        channel: Channel of the layer's output that is the finding's own map.
        normal: Mean of normal images, in the image's shape; None where the package has none.
        forward: Runs images faster than `model`, without gradients; None for the model itself.
    """

    model: nn.Module
    image: Tensor
    score: Score
    layer: str = ""
    channel: int = 0
    normal: Tensor | None = None
    forward: Callable[[Tensor], Tensor] | None = None

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sides of the image."""
        return tuple(self.image.shape[2:])


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a method may do.

    Attributes:
        seed: Of everything that is drawn at random.
        budget: Forward passes at most, a backward pass counts as two; None for what the
            parameters ask for.
        stop: Called between passes; raises `Cancelled`.
        batch: Images a pass: bounds the memory.
    """

    seed: int = SEED
    budget: int | None = None
    stop: Callable[[], None] = never
    batch: int = 8

    def within(self, wanted: int, cost: float, least: int = 1) -> int:
        """How many of `wanted` units the budget allows, each of `cost` passes.

        Raises:
            UsageError: Not even `least` of them.
        """
        allowed = wanted if self.budget is None else min(wanted, int(self.budget / cost))
        if allowed < least:
            raise UsageError(
                f"A budget of {self.budget} passes is too small; this method needs at least "
                f"{int(np.ceil(least * cost))}."
            )
        return allowed


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one method says of one image.

    Attributes:
        map: float32 in the image's spatial shape, positive where the image speaks for the
            finding.
        parameters: (name, value) pairs that say how it was made.
        passes: Forward passes that it took, a backward pass counted as two.
        gap: Share of the score's change that the map's sum misses; None where a method promises
            no sum.
    """

    map: NDArray[np.float32]
    parameters: tuple[tuple[str, str], ...]
    passes: float
    gap: float | None = None


class Scored(nn.Module):
    """A model and the number to be explained as one network, as Captum wants it.

    It counts the images that pass, and can be stopped before each pass.
    """

    def __init__(self, question: Question, effort: Effort, model: nn.Module | None = None) -> None:
        super().__init__()
        self.model = question.model if model is None else model
        self.score = question.score
        self.stop = effort.stop
        self.images = 0

    def forward(self, images: Tensor) -> Tensor:
        """(n,) scores of (n, channels, …) images."""
        self.stop()
        self.images += len(images)
        return self.score(self.model(images))


@contextmanager
def drawn(effort: Effort) -> Iterator[None]:
    """Everything drawn at random inside comes from the effort's seed, and leaves no trace.

    Captum draws from torch's and from numpy's global generators.
    """
    before = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            torch.manual_seed(effort.seed)
            np.random.seed(effort.seed)
            yield
        finally:
            np.random.set_state(before)


@contextmanager
def differentiable(question: Question) -> Iterator[Tensor]:
    """Yield a fresh copy of the image; gradients are on, and flow to the image alone.

    Parameters keep no gradients meanwhile: what a backward pass to them needs is not kept.
    """
    networks = (question.model, sound_copy(question.model, question.image))
    wanting = [one for each in networks for one in each.parameters() if one.requires_grad]
    with torch.inference_mode(False), torch.enable_grad():
        try:
            for one in wanting:
                one.requires_grad_(False)
            yield question.image.detach().clone()
        finally:
            for one in wanting:
                one.requires_grad_(True)


def array_of(attribution: Tensor) -> NDArray[np.float32]:
    """(1, channels, …) attributions as one map, channels added up."""
    array: NDArray[np.float32] = attribution.detach().sum(dim=1)[0].float().numpy(force=True)
    return array
