"""One labelled case through the product's own line: prepare, predict, postprocess, score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.inference import tasks
from medimg.inference.conclude import SCORES
from medimg.inference.predict import Prediction
from medimg.inference.runner import Runner
from medimg.inference.tasks.task import Question
from medimg.packages.manifest import Package
from medimg.workshop import equal_stacks
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.volumes import truth_of, volume_of


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What a package says of one case, beside the truth.

    Attributes:
        row: The case's row of the csv, for subgroups.
        score: A classifier's logit, or the case score of a segmentation; None without one.
        truth: Whether the case has the finding; None where it is not labelled.
        shared, total: Pixels in both masks, and in one plus the other, over all slices: what
            the Dice of a patient with several films is pooled from. None without masks.
        slices: Per slice: found, labelled, score. Empty where slices are not judged.
        stacks: Per stack of `equal_stacks`: score, whether the finding is in it.
    """

    patient: str
    row: Mapping[str, str]
    score: float | None = None
    truth: bool | None = None
    shared: int | None = None
    total: int | None = None
    slices: tuple[tuple[bool, bool, float], ...] = ()
    stacks: tuple[tuple[float, bool], ...] = ()


def _segmented(
    case: Case,
    package: Package,
    prediction: Prediction,
    marked: NDArray[np.bool_],
    truth: NDArray[np.bool_] | None,
) -> Scored:
    probability = prediction.probability[0]
    name = package.finding.score if package.finding else ""
    score = tasks.task_of(package).score(package, package.labels[0], prediction) if name else None
    if truth is None:
        return Scored(case.patient, case.row, score)
    shared, total = int((marked & truth).sum()), int(marked.sum() + truth.sum())
    present, found = _any_in_slice(truth), _any_in_slice(marked)
    scored = Scored(case.patient, case.row, score, bool(present.any()), shared, total)
    if not name or probability.ndim == 2:
        return scored
    each = [SCORES[name](one) for one in probability]
    slices = tuple(zip(found.tolist(), present.tolist(), each, strict=True))
    stacks = equal_stacks.scored(present, probability, SCORES[name])
    return replace(scored, slices=slices, stacks=stacks)


def _judged(
    case: Case, images: Images, logits: NDArray[np.float32]
) -> tuple[tuple[bool, bool, float], ...]:
    """Each slice's answer beside its label, where the table labels slices.

    The network's slices run as the table's do: pictures without a place are taken as they lie.
    """
    if logits.ndim == 0 or len(case.rows) != len(logits):
        return ()
    return tuple(
        (bool(logit > 0), bool(images.targets_of(row)[0]), float(logit))
        for row, logit in zip(case.rows, logits, strict=True)
    )


def _any_in_slice(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(mask.any(axis=(1, 2)))


def score_case(case: Case, images: Images, package: Package, runner: Runner) -> Scored:
    """Run a package on a case, as the product would.

    Args:
        case: One film, or all slices of a patient.
        images: What the case's files do not say.
        package: Preprocessing, inferer, postprocessing and labels.
        runner: The package's network, with its own weights or those of a fold.

    Raises:
        InputRefused: A file of the case cannot be used.
    """
    volume = volume_of(case, images)
    task, label = tasks.task_of(package), package.labels[0]
    answer = task.answer(Question(volume, package), runner)
    prediction = answer.prediction
    assert prediction is not None, "a network was run"
    if not task.marks:
        score = task.score(package, label, prediction)
        slices = _judged(case, images, prediction.output[label.channel])
        truth = images.has_finding(case)
        return Scored(case.patient, case.row, score, truth, slices=slices)
    marked = answer.masks[label.name].whole()
    return _segmented(case, package, prediction, marked, truth_of(case, marked.shape))
