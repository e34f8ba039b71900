"""Planted samples: bright squares on noise, small enough to train on in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from medimg.workshop.layouts.case import Case
from medimg.workshop.recipe import Augment, Data, Recipe, Schedule
from medimg.workshop.samples import Samples

SIDE = 64


def samples(count: int = 12) -> Samples:
    """Every other image has a square; odd ones none."""
    generator = torch.Generator().manual_seed(0)
    images = (40 * torch.rand(count, 1, SIDE, SIDE, generator=generator)).to(torch.uint8)
    masks = torch.zeros(count, 1, SIDE, SIDE, dtype=torch.uint8)
    for index in range(0, count, 2):
        row = 8 + 2 * index
        images[index, :, row : row + 20, 20:40] += 180
        masks[index, :, row : row + 20, 20:40] = 255
    classes = torch.tensor([index % 2 for index in range(count)])
    cases = tuple(
        Case(f"p{i}", (Path(f"{i}.png"),), (None,), {"view": "AP" if i % 3 else "PA"})
        for i in range(count)
    )
    return Samples(images, masks, classes, torch.zeros(count, 0), np.arange(count), cases)


def recipe(epochs: int = 3, **schedule: float) -> Recipe:
    """A recipe of seconds."""
    return Recipe(
        package="planted",
        task="segment",
        seed=7,
        loss="overlap",
        data=Data(folder="planted", folds=3),
        schedule=Schedule(
            epochs=epochs,
            batch_size=4,
            encoder_rate=1e-3,
            decoder_rate=3e-3,
            ema=0.9,
            frozen=3,
            **schedule,  # type: ignore[arg-type]
        ),
        augment=Augment(scale=(0.9, 1.1), rotate_deg=5, flip=True, noise=0.02),
    )
