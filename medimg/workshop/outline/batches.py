"""Samples into batches: rotated, scaled and mirrored patches, with greys changed at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from medimg.inference.outlining.inputs import PIXEL_MM, click_map, greys, spacing_value, stride_of
from medimg.workshop.outline.drawing import Point, Sample
from medimg.workshop.outline.nodules import CROP


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ranges of the random changes.

    Attributes:
        patch: Rows and columns that are trained on; fewer than an answer uses are enough, and
            cheaper.
        scale: Smallest and largest magnification.
        stretch: Largest relative difference of the two axes.
        gamma: Largest absolute logarithm of gamma.
        contrast: Largest relative change of contrast.
        brightness: Largest shift of all greys (0..1 spans the input's HU).
        noise: Largest standard deviation of the noise.
        blur: Share of samples that are smoothed by a 3 x 3 kernel.
    """

    patch: int = 48
    scale: tuple[float, float] = (0.8, 1.25)
    stretch: float = 0.1
    gamma: float = 0.0
    contrast: float = 0.1
    brightness: float = 0.04
    noise: float = 0.03
    blur: float = 0.15


@dataclass(frozen=True, slots=True)
class Batch:
    """inputs (n, channels, patch, patch); target and known (n, 1, patch, patch)."""

    inputs: Tensor
    target: Tensor
    known: Tensor


def _turn(change: Change, generator: Generator) -> NDArray[np.float64]:
    """(2, 2) map from patch millimetres to source millimetres."""
    angle = generator.uniform(0, 2 * np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    size = np.exp(generator.uniform(*np.log(change.scale)))
    ratio = 1 + generator.uniform(-change.stretch, change.stretch)
    flip = -1.0 if generator.random() < 0.5 else 1.0
    return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ np.diag([ratio, flip]) / size)


def _theta(sample: Sample, turn: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """`affine_grid`'s map for the sample; x is the column there."""
    half = size * PIXEL_MM / sample.nodule.pixel_mm / CROP
    row, column = ((2 * value + 1) / CROP - 1 for value in sample.centre)
    swapped = turn[::-1, ::-1]
    return np.column_stack([swapped * half, [column, row]])


def _moved(point: Point, sample: Sample, turn: NDArray[np.float64], size: int) -> Point:
    """A point of the source in the patch's pixels."""
    mm = (np.asarray(point) - sample.centre) * sample.nodule.pixel_mm
    row, column = np.linalg.solve(turn, mm) / PIXEL_MM + (size - 1) / 2
    return float(row), float(column)


def _regrey(images: Tensor, change: Change, generator: Generator) -> Tensor:
    count = len(images)

    def uniform(low: float, high: float) -> Tensor:
        return torch.from_numpy(generator.uniform(low, high, (count, 1, 1, 1)).astype(np.float32))

    images = images.clamp(0, 1) ** torch.exp(uniform(-change.gamma, change.gamma))
    middle = 0.45
    images = (images - middle) * (1 + uniform(-change.contrast, change.contrast)) + middle
    images = images + uniform(-change.brightness, change.brightness)
    smooth = torch.from_numpy(generator.random(count) < change.blur)
    if smooth.any():
        padded = functional.pad(images[smooth], (1, 1, 1, 1), mode="replicate")
        images[smooth] = functional.avg_pool2d(padded, 3, 1)
    noise = generator.standard_normal(images.shape, dtype=np.float32)
    return images + torch.from_numpy(noise) * uniform(0, change.noise)


def patches(
    samples: Sequence[Sample], turns: Sequence[NDArray[np.float64]], size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Cut patches of `size` x `size` pixels of 0.75 mm.

    Args:
        turns: A (2, 2) map for each sample, from patch millimetres to source millimetres.

    Returns:
        Slice and neighbours (n, 5, size, size); earlier outline, target and what is known
        (n, 3, …); plus clicks, minus clicks and the distance of the slices (n, 3, …).
    """
    pairs = list(zip(samples, turns, strict=True))
    theta = np.stack([_theta(s, t, size) for s, t in pairs]).astype(np.float32)
    shape = [len(samples), 1, size, size]
    grid = functional.affine_grid(torch.from_numpy(theta), shape, align_corners=False)
    images = torch.from_numpy(np.stack([greys(s.images) for s in samples]))
    masks = torch.from_numpy(
        np.stack([[s.earlier, s.target, s.known.astype(np.float32)] for s in samples])
    )
    return (
        functional.grid_sample(images, grid, padding_mode="border", align_corners=False),
        functional.grid_sample(masks, grid, align_corners=False),
        torch.from_numpy(np.stack([_hints(s, t, size) for s, t in pairs])),
    )


def _hints(sample: Sample, turn: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    step_mm = sample.nodule.step_mm
    distance = spacing_value(step_mm * stride_of(step_mm))
    return np.stack(
        [
            click_map([_moved(p, sample, turn, size) for p in sample.plus], size),
            click_map([_moved(p, sample, turn, size) for p in sample.minus], size),
            np.full((size, size), distance, np.float32),
        ]
    )


def assemble(samples: Sequence[Sample], change: Change, generator: Generator) -> Batch:
    """Turn samples into one batch; the same generator state gives the same batch."""
    turns = [_turn(change, generator) for _ in samples]
    images, masks, hints = patches(samples, turns, change.patch)
    images = _regrey(images, change, generator)
    inputs = torch.cat([images, masks[:, :1], hints], dim=1)
    return Batch(inputs, masks[:, 1:2], (masks[:, 2:] > 0.99).float())
