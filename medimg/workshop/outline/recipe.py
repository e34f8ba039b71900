"""The settings of a training that outlines from a click, read from `recipe.toml`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from medimg.values.errors import InputRefused
from medimg.workshop.outline.batches import Change
from medimg.workshop.outline.drawing import Draw


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Data set below the data root, and the number of folds by patient."""

    folder: str
    folds: int


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """AdamW with warm-up, cosine to zero, and an average of the weights (EMA)."""

    epochs: int
    steps: int
    batch_size: int
    rate: float
    weight_decay: float
    warmup: float
    ema: float


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training."""

    package: str
    task: str
    seed: int
    data: Data
    schedule: Schedule
    draw: Draw
    change: Change


def load(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        InputRefused: The file is missing, is not TOML, or has an unknown or missing setting.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Recipe)
    except (OSError, msgspec.DecodeError) as error:
        raise InputRefused(f"{path.name} is not a training recipe: {error}.") from error
