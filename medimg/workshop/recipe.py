"""A training recipe: every setting of one training, read from `recipe.toml`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from medimg.values.errors import InputRefused
from medimg.workshop.layouts.case import Images


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is trained on.

    Attributes:
        folder: Data set below the data root.
        where: Column values that a case must have.
        images: What the files do not say.
        folds: Number of folds by patient.
        group: Column that stands for the patient where folds are dealt, such as a cluster of
            near-duplicates; empty for the patient itself.
        labelled_share: Share of each epoch's samples that show the finding; 0 takes them as they
            come.
        neighbours: Slices on each side that enter as channels beside the slice itself.
        balance: Column whose values are made independent of the label by weighted sampling.
    """

    folder: str
    folds: int
    images: Images = Images()
    where: dict[str, str] = {}
    group: str = ""
    labelled_share: float = 0.0
    balance: str = ""
    neighbours: int = 0


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
        encoder_rate, decoder_rate: Full rates of the network's body (`networks.NETWORKS`) and of
            the rest.
        frozen: This many parts of the network's body, from the input, keep their first weights.
    """

    epochs: int
    batch_size: int
    encoder_rate: float
    decoder_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.05
    ema: float = 0.99
    samples: int = 0
    frozen: int = 0
    validate_every: int = 1


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training.

    Attributes:
        package: Id of the package folder beside the recipe.
        task: Key of `tasks.TASKS`.
        loss: Key of `losses.LOSSES`.
        rule: Key of `baselines.RULES`: a rule without training that is measured beside.
        flip_average: Scores are the mean of the image and its mirror image.
    """

    package: str
    task: str
    seed: int
    loss: str
    data: Data
    schedule: Schedule
    augment: Augment
    rule: str = ""
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


def beside(package: Path) -> Images:
    """What a package's own recipe says of its images; nothing for a package without a recipe."""
    path = package / "recipe.toml"
    return load(path).data.images if path.is_file() else Images()
