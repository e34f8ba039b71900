"""Figures of a map that need the network or the method again: they run on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from medimg.explain.baselines import blur
from medimg.explain.blocks import Blocks, likeness
from medimg.explain.methods.hiding import scores_without
from medimg.explain.question import Effort, Question

#: Random hidings of the infidelity, and the share of the image that each hides.
HIDINGS = 48
HIDDEN = 0.2
#: Noisy copies of the image.
COPIES = 3
#: Half width of the uniform noise of the largest sensitivity, as a share of the image's range.
RADIUS = 0.02

Floats = NDArray[np.float32]
#: Makes the same map of another image, or of another network.
Again = Callable[[Question], Floats]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the cascading randomisation.

    Attributes:
        name: "top layer", "half" or "all random".
        likeness: Rank correlation with the trained network's map.
    """

    name: str
    likeness: float


def infidelity(question: Question, effort: Effort, maps: list[Floats]) -> list[float]:
    """Share of the score's changes that each map does not predict; 0 is the best, 1 chance.

    Yeh et al., NeurIPS 2019, with random blocks replaced by a blur as the perturbation, the best
    scaling of the map, and the mean square of the changes as the unit.
    """
    blocks, rng = Blocks.of(question.spatial), np.random.default_rng(effort.seed)
    hidden = rng.random((HIDINGS, blocks.count)) < HIDDEN
    whole, without = scores_without(
        question, effort, blur(question.image), [one[blocks.numbers] for one in hidden]
    )
    changes = whole - without
    sums = np.bincount(blocks.numbers.ravel(), minlength=blocks.count)
    return [_missed(changes, hidden @ (blocks.means(one) * sums)) for one in maps]


def _missed(changes: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    square = float((changes**2).sum() * (predicted**2).sum())
    if square <= 0.0:
        return 1.0
    return 1.0 - float((changes * predicted).sum()) ** 2 / square


def max_sensitivity(question: Question, effort: Effort, own: Floats, again: Again) -> float:
    """Largest relative change of a map under uniform noise of `RADIUS`; Yeh et al. 2019."""
    spread = RADIUS * _range(question.image)
    changes = [
        float(np.linalg.norm(again(one) - own))
        for one in _noisy(question, effort, lambda rng, shape: rng.uniform(-spread, spread, shape))
    ]
    return max(changes) / max(float(np.linalg.norm(own)), float(np.finfo(np.float32).tiny))


def stability(question: Question, effort: Effort, own: Floats, again: Again) -> float:
    """Mean rank correlation with the maps of the image under as much noise again as it has."""
    spread = noise_of(question.image)
    noisy = _noisy(question, effort, lambda rng, shape: rng.normal(0.0, spread, shape))
    return float(np.mean([likeness(own, again(one)) for one in noisy]))


def noise_of(image: Tensor) -> float:
    """Standard deviation of the noise that an image has.

    Immerkaer, "Fast Noise Variance Estimation", CVIU 1996, with the median instead of the mean,
    so that edges do not count as noise.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=float)
    values = image[0, 0].double().numpy(force=True)
    planes = values if values.ndim == 3 else values[None]
    found = np.stack([ndimage.convolve(one, kernel) for one in planes])
    return float(np.median(np.abs(found))) / 0.6745 / 6.0


def _noisy(
    question: Question,
    effort: Effort,
    draw: Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]],
) -> Iterator[Question]:
    rng = np.random.default_rng(effort.seed)
    for _ in range(COPIES):
        noise = torch.from_numpy(draw(rng, tuple(question.image.shape))).to(question.image)
        yield asked_of(question, question.model, question.image + noise)


def _range(image: Tensor) -> float:
    return float(image.max() - image.min())


def asked_of(question: Question, model: nn.Module, image: Tensor) -> Question:
    """The same question to another network or of another image."""
    return Question(model, image, question.score, question.layer, question.channel, question.normal)


def randomisation(
    question: Question, effort: Effort, own: Floats, again: Again
) -> tuple[Stage, ...]:
    """Likeness of a map with those of networks whose weights were shuffled from the top down.

    Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, in three stages. Weights are
    shuffled within each tensor, so that their spread stays as it is.
    """
    return tuple(
        Stage(name, abs(likeness(own, again(asked_of(question, model, question.image)))))
        for name, model in shuffled(question.model, effort.seed)
    )


def shuffled(model: nn.Module, seed: int) -> Iterator[tuple[str, nn.Module]]:
    """Copies of a network whose top layer, upper half and all layers are shuffled."""
    names = [name for name, _ in model.named_parameters()]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in names))[::-1]
    for stage, count in (
        ("top layer", 1),
        ("half", -(-len(layers) // 2)),
        ("all random", len(layers)),
    ):
        rng = torch.Generator().manual_seed(seed)
        copied = deepcopy(model)
        for layer in layers[:count]:
            for _, weights in copied.get_submodule(layer).named_parameters(recurse=False):
                _shuffle(weights, rng)
        yield stage, copied


def _shuffle(weights: Tensor, rng: torch.Generator) -> None:
    flat = weights.detach().flatten()
    order = torch.randperm(flat.numel(), generator=rng).to(flat.device)
    with torch.no_grad():
        weights.copy_(flat[order].reshape(weights.shape))
