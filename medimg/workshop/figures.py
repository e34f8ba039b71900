"""Figures of merit of scored cases, each with its interval by patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medimg.inference.conclude import calibrated
from medimg.packages.manifest import Figure, Package
from medimg.workshop import metrics
from medimg.workshop.bootstrap import Rows, figure
from medimg.workshop.scoring import Scored

# Fewer cases than this make no subgroup: the interval would say nothing.
SMALLEST_GROUP = 20
Figures = dict[str, Figure]


def patient_dice(scored: Sequence[Scored]) -> tuple[NDArray[np.float64], list[str]]:
    """Dice of each patient, pooled over films and slices, and the patients' names."""
    shared: dict[str, int] = {}
    total: dict[str, int] = {}
    for one in scored:
        if one.shared is None or one.total is None:
            continue
        shared[one.patient] = shared.get(one.patient, 0) + one.shared
        total[one.patient] = total.get(one.patient, 0) + one.total
    names = sorted(total)
    dice = [2 * shared[name] / total[name] if total[name] else 1.0 for name in names]
    return np.asarray(dice), names


def _of(values: NDArray[np.float64], patients: Sequence[str]) -> Figure:
    return figure(lambda rows: float(values[rows].mean()), patients)


def segmentation(scored: Sequence[Scored]) -> Figures:
    """Dice pooled per patient (mean, median), and what happens on slices without the finding."""
    dice, names = patient_dice(scored)
    if not names:
        return {}
    found: Figures = {
        "dice_mean": _of(dice, names),
        "dice_median": figure(lambda rows: float(np.median(dice[rows])), names),
    }
    slices = [(one.patient, *each) for one in scored for each in one.slices]
    if slices:
        found |= _slices(slices)
    return found


def _slices(slices: list[tuple[str, bool, bool, float]]) -> Figures:
    patients = [one[0] for one in slices]
    marked = np.asarray([one[1] for one in slices], bool)
    truth = np.asarray([one[2] for one in slices], bool)
    score = np.asarray([one[3] for one in slices])
    empty, full = np.flatnonzero(~truth), np.flatnonzero(truth)
    right = (marked == truth).astype(float)
    found = {
        "auc": figure(lambda rows: metrics.auc(score[rows], truth[rows]), patients),
        "accuracy": _of(right, patients),
    }
    for name, chosen in (("false_positive_slices", empty), ("found_slices", full)):
        if chosen.size:
            found[name] = _of(marked[chosen].astype(float), [patients[i] for i in chosen.tolist()])
    return found


def _judged_slices(scored: Sequence[Scored]) -> Figures:
    """Discrimination slice by slice, where slices are judged."""
    slices = [(one.patient, each[1], each[2]) for one in scored for each in one.slices]
    if not slices:
        return {}
    truth = np.asarray([one[1] for one in slices], bool)
    score = np.asarray([one[2] for one in slices])
    patients = [one[0] for one in slices]
    return {"auc_slice": figure(lambda rows: metrics.auc(score[rows], truth[rows]), patients)}


def classification(scored: Sequence[Scored], package: Package) -> Figures:
    """Discrimination, accuracy at the default operating point, and calibration."""
    cases = [one for one in scored if one.score is not None and one.truth is not None]
    if not cases:
        return {}
    patients = [one.patient for one in cases]
    score = np.asarray([one.score for one in cases], float)
    truth = np.asarray([one.truth for one in cases], bool)
    found = {"auc": figure(lambda rows: metrics.auc(score[rows], truth[rows]), patients)}
    found |= _judged_slices(cases)
    point, calibration = package.default_point, package.calibration
    if point is None or calibration is None:
        return found
    chance = np.asarray([calibrated(one, calibration)[0] for one in score])
    threshold = point.threshold

    def at(metric: Callable[..., float]) -> Callable[[Rows], float]:
        return lambda rows: metric(chance[rows], truth[rows], threshold)

    return found | {
        "accuracy": figure(at(metrics.accuracy), patients),
        "sensitivity": figure(at(metrics.sensitivity), patients),
        "specificity": figure(at(metrics.specificity), patients),
        "ece": figure(lambda rows: metrics.calibration_error(chance[rows], truth[rows]), patients),
    }


def _age_band(row: str) -> str:
    try:
        age = float(row)
    except ValueError:
        return ""
    return "under 40" if age < 40 else "40 to 59" if age < 60 else "60 and over"


def group_of(one: Scored, column: str) -> str:
    value = one.row.get(column, "")
    return _age_band(value) if column.startswith("age") else value


# Columns of the data sets by which figures are split, and what a reader calls them.
SUBGROUPS: dict[str, str] = {
    "view": "view",
    "sex": "sex",
    "gender": "sex (code of the source)",
    "age": "age",
    "age_at_initial_pathologic": "age",
    "site": "site",
    "institution": "institution",
}
