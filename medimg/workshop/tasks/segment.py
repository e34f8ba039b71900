"""Segment: which pixels or voxels belong to the finding or the organ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from medimg.packages.manifest import Figure, Package
from medimg.workshop import baselines, figures, metrics
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples
from medimg.workshop.scoring import Scored
from medimg.workshop.validation import logits

if TYPE_CHECKING:
    from medimg.workshop.runs import Job

HEADLINE, HEADLINE_NAME = "dice_mean", "Dice"
SIMPLER_NAME = "Dice, mean over cases"


def usable(case: Case, images: Images) -> bool:
    """Whether anything of the case is outlined."""
    return any(mask is not None for mask in case.masks)


def figures_of(scored: list[Scored], package: Package) -> figures.Figures:
    """Overlap by patient, and what happens on slices without the finding."""
    return figures.segmentation(scored)


def calibration_rows(one: Scored) -> list[tuple[float, bool]]:
    """A finding's outline is calibrated by stack; anatomy needs no calibration."""
    return list(one.stacks)


def validate(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
) -> dict[str, float]:
    """Mean Dice of patients, and the share of empty images with a mark."""
    images = samples.stacked(rows, recipe.data.neighbours)
    inside = logits(model, images, recipe.flip_average)[:, 0] > 0
    truth = samples.masks[rows, 0].numpy() > 127
    patients = np.asarray([samples.cases[samples.case[row]].patient for row in rows])
    dice = [
        metrics.dice(inside[patients == name], truth[patients == name])
        for name in np.unique(patients)
    ]
    empty = ~truth.any(axis=(1, 2))
    wrong = float(inside[empty].any(axis=(1, 2)).mean()) if empty.any() else 0.0
    return {"dice": float(np.mean(dice)), "false_positive_slices": wrong}


def simpler(work: Job) -> dict[str, Figure]:
    """The recipe's rule without training."""
    if not work.recipe.rule:
        return {}
    return baselines.segmentation(work.samples, work.fold_numbers, work.recipe.rule)
