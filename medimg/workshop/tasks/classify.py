"""Classify: which classes or labels an image has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from medimg.packages.manifest import Figure, Package
from medimg.workshop import baselines, figures, metrics
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.networks import SaysWhere
from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples
from medimg.workshop.scoring import Scored
from medimg.workshop.validation import by_case, components, log_odds, logits

if TYPE_CHECKING:
    from medimg.workshop.runs import Job

HEADLINE, HEADLINE_NAME = "auc", "AUC"
SIMPLER_NAME = "AUC"


def usable(case: Case, images: Images) -> bool:
    """Whether the table says what the case is."""
    return images.has_finding(case) is not None


def figures_of(scored: list[Scored], package: Package) -> figures.Figures:
    """Discrimination, accuracy at the default operating point, and calibration."""
    return figures.classification(scored, package)


def calibration_rows(one: Scored) -> list[tuple[float, bool]]:
    """A classifier is calibrated by case."""
    if one.score is None or one.truth is None:
        return []
    return [(one.score, one.truth)]


def _scores(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
) -> dict[str, NDArray[np.float32]]:
    """Scores of the finding by name; the last one decides."""
    images = samples.stacked(rows, recipe.data.neighbours)
    if isinstance(model, SaysWhere):
        odds, peaks, _ = components(model.eval(), images)
        return {"class": odds, "map": peaks, "sum": odds / odds.std() + peaks / peaks.std()}
    found = logits(model, images, recipe.flip_average)
    return {"image": found[:, 0] if samples.targets.shape[1] else log_odds(found)}


def validate(
    model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
) -> dict[str, float]:
    """AUC of the finding by image, by case where cases are stacks, and within balanced groups."""
    scores = _scores(model, samples, rows, recipe)
    truth = samples.classes[rows].numpy() == 0
    row = {f"auc_{name}": metrics.auc(each, truth) for name, each in scores.items()}
    deciding = list(scores.values())[-1]
    cases = [samples.cases[samples.case[one]] for one in rows]
    if any(len(case.images) > 1 for case in cases):
        row["auc_case"] = metrics.auc(*by_case(deciding, truth, samples, rows))
    if recipe.data.balance:
        groups = np.asarray([case.row[recipe.data.balance] for case in cases])
        for group in np.unique(groups):
            row[f"auc_{group}"] = metrics.auc(deciding[groups == group], truth[groups == group])
    return row


def simpler(work: Job) -> dict[str, Figure]:
    """Frozen features, brightness, and columns of the table alone."""
    return baselines.classification(work.samples, work.fold_numbers)
