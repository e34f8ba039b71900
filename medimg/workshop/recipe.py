"""A training recipe: every setting of one training, read from `recipe.toml`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from medimg.values.errors import InputRefused


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is trained on.

    Attributes:
        folder: Data set below the data root.
        where: Column values that a case must have.
        folds: Number of folds by patient.
        assumed_field_of_view_mm: Width of an image whose pixel spacing is unknown; 0 for none.
        labelled_share: Share of each epoch's samples that show the finding; 0 takes them as they
            come.
        balance: Columns whose values are made independent of the label by weighted sampling.
    """

    folder: str
    folds: int
    where: dict[str, str] = {}
    assumed_field_of_view_mm: float = 0.0
    labelled_share: float = 0.0
    balance: str = ""


class Augment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ranges of the random changes; 0 or (1, 1) leaves one out.

    Attributes:
        scale: Smallest and largest magnification, drawn for each axis.
        rotate_deg: Largest rotation.
        shift: Largest shift as a share of the image.
        flip: Left-right flips in half of the samples.
        gamma: Largest absolute logarithm of gamma.
        contrast: Largest relative change of contrast.
        brightness: Largest shift of all greys.
        blur_px: Largest standard deviation of the blur.
        noise: Largest standard deviation of the noise.
        bias_field: Largest logarithm of a smooth field of gain.
        window: Rows and columns of the part that is trained on; empty for the whole image.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    rotate_deg: float = 0.0
    shift: float = 0.0
    flip: bool = False
    gamma: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    blur_px: float = 0.0
    noise: float = 0.0
    bias_field: float = 0.0
    window: tuple[int, ...] = ()


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long and how fast: AdamW with warm-up, cosine to zero, and an average of the weights
    (EMA).

    Attributes:
        samples: Samples an epoch; 0 for as many as there are.
        frozen_stages: Stem and this many stages of the encoder keep their ImageNet weights.
    """

    epochs: int
    batch_size: int
    encoder_rate: float
    decoder_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.05
    ema: float = 0.99
    samples: int = 0
    frozen_stages: int = 2
    validate_every: int = 1


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training; `loss` is a key of `losses.LOSSES`.

    Attributes:
        package: Id of the package folder beside the recipe.
        flip_average: Scores are the mean of the image and its mirror image.
    """

    package: str
    task: str
    seed: int
    loss: str
    data: Data
    schedule: Schedule
    augment: Augment
    flip_average: bool = False


def load(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        InputRefused: The file is missing, is not TOML, or has an unknown or missing setting.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Recipe)
    except (OSError, msgspec.DecodeError) as error:
        raise InputRefused(f"{path.name} is not a training recipe: {error}.") from error


def fingerprint(recipe: Recipe) -> str:
    """One line that changes with any setting: a checkpoint goes on with its own recipe only."""
    return json.dumps(msgspec.to_builtins(recipe), sort_keys=True)
