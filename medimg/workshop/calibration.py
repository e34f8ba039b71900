"""From scores to probabilities, and the thresholds at which a reader is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medimg.packages.manifest import Calibration, Figure, Point
from medimg.workshop import metrics
from medimg.workshop.bootstrap import draws, figure

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]
REFITS = 200
# A weak pull of the slope towards zero keeps perfectly separated scores from running to infinity.
RIDGE = 1e-2
NEWTON_STEPS = 50
# What "sensitive" and "specific" promise on the validation cases.
PROMISE = 0.95
DEFAULT_POINT = "balanced"


def platt(score: Floats, truth: Bools) -> tuple[float, float]:
    """Fit p = 1 / (1 + exp(-(slope score + intercept))) by Newton's method.

    Source: J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with a ridge on the
    slope in place of his smoothed targets.
    """
    design = np.stack([np.asarray(score, float), np.ones(len(score))], axis=1)
    penalty = np.diag([RIDGE, 0.0])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (p - truth) + penalty @ weights
        hessian = (design * (p * (1 - p))[:, None]).T @ design + penalty + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        # Far steps of a nearly separated resample overshoot; two units are always enough.
        weights -= np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def apply(score: Floats, slope: float, intercept: float) -> NDArray[np.float64]:
    """Calibrated probabilities."""
    return np.asarray(1 / (1 + np.exp(-(slope * np.asarray(score, float) + intercept))))


def cross_fitted(score: Floats, truth: Bools, group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probabilities of each group by a calibration fitted on the others, for an honest error."""
    probability = np.zeros(len(score))
    for number in np.unique(group):
        out = group == number
        probability[out] = apply(score[out], *platt(score[~out], truth[~out]))
    return probability


def calibrate(
    score: Floats, truth: Bools, patients: Sequence[str], group: NDArray[np.int64]
) -> Calibration:
    """Fit a calibration with its uncertainty.

    Args:
        score: Out-of-fold scores.
        truth: Whether the finding is there.
        patients: Patient of each score; refits draw patients.
        group: Fold of each score, for the calibration error.
    """
    slope, intercept = platt(score, truth)
    refits = [platt(score[rows], truth[rows]) for rows in draws(patients, REFITS)]
    honest = cross_fitted(score, truth, group)
    return Calibration(
        method="platt",
        slope=slope,
        intercept=intercept,
        prevalence=float(truth.mean()),
        ece=figure(lambda rows: metrics.calibration_error(honest[rows], truth[rows]), patients),
        bootstrap=tuple((round(a, 5), round(b, 5)) for a, b in refits),
    )


def _thresholds(probability: Floats, truth: Bools) -> dict[str, float]:
    """The highest threshold that stays sensitive, Youden's, and the lowest that is specific."""
    candidates = np.unique(probability)
    found = np.sort(probability[truth])
    clear = np.sort(probability[~truth])
    sensitivity = 1 - np.searchsorted(found, candidates, side="left") / found.size
    specificity = np.searchsorted(clear, candidates, side="left") / clear.size
    balanced = float(candidates[(sensitivity + specificity).argmax()])
    sensitive = float(candidates[sensitivity >= PROMISE].max())
    specific = float(candidates[specificity >= PROMISE].min(initial=float(candidates.max())))
    # Where one threshold would keep both promises, the two may cross: the names must not lie.
    return {
        "sensitive": min(sensitive, balanced),
        "balanced": balanced,
        "specific": max(specific, balanced),
    }


def held_out(score: Floats, truth: Bools, group: NDArray[np.int64]) -> dict[str, Bools]:
    """Which scores are flagged at each operating point, by thresholds that never saw them.

    Calibration and thresholds for the scores of one group are chosen on those of the others.
    """
    flagged: dict[str, Bools] = {}
    for number in np.unique(group):
        out = group == number
        fitted = platt(score[~out], truth[~out])
        thresholds = _thresholds(apply(score[~out], *fitted), truth[~out])
        probability = apply(score[out], *fitted)
        for name, threshold in thresholds.items():
            flagged.setdefault(name, np.zeros(len(score), bool))[out] = probability >= threshold
    return flagged


def operating_points(
    probability: Floats, truth: Bools, patients: Sequence[str], flagged: Mapping[str, Bools]
) -> tuple[Point, ...]:
    """The three thresholds on calibrated probabilities, each with what it reaches.

    Balanced is the one with the largest sum of sensitivity and specificity (W. J. Youden, Cancer
    1950).

    Args:
        probability: Of all scores; the thresholds are chosen on them.
        flagged: From `held_out`; sensitivity and specificity are measured on it, since a threshold
            looks better than it is on the scores that it was chosen on.
    """

    def reached(name: str, of: NDArray[np.bool_], above: bool) -> Figure:
        chosen = np.flatnonzero(of)
        hits = flagged[name][chosen] == above
        return figure(
            lambda rows: float(hits[rows].mean()), [patients[row] for row in chosen.tolist()]
        )

    return tuple(
        Point(
            name=name,
            threshold=threshold,
            sensitivity=reached(name, truth, True),
            specificity=reached(name, ~truth, False),
            default=name == DEFAULT_POINT,
        )
        for name, threshold in _thresholds(probability, truth).items()
    )
