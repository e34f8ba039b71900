"""Figures of merit: one table by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]


def dice(found: Bools, truth: Bools) -> float:
    """Overlap of two masks of any shape, pooled over all their pixels; two empty masks agree (1).

    Source: L. R. Dice, "Measures of the Amount of Ecologic Association Between Species", Ecology
    1945.
    """
    total = int(found.sum()) + int(truth.sum())
    return 2 * int((found & truth).sum()) / total if total else 1.0


def auc(score: Floats, truth: Bools) -> float:
    """Area under the ROC curve as the rank-sum statistic; ties count half, NaN with one class only.

    Source: J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a ROC curve",
    Radiology 1982.
    """
    positives = int(truth.sum())
    negatives = truth.size - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)[truth].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def accuracy(probability: Floats, truth: Bools, threshold: float = 0.5) -> float:
    """Share of cases on the right side of a threshold."""
    return float(((probability >= threshold) == truth).mean())


def sensitivity(probability: Floats, truth: Bools, threshold: float = 0.5) -> float:
    """Share of the positives at or above a threshold; NaN without positives."""
    return float((probability[truth] >= threshold).mean()) if truth.any() else float("nan")


def specificity(probability: Floats, truth: Bools, threshold: float = 0.5) -> float:
    """Share of the negatives below a threshold; NaN without negatives."""
    return float((probability[~truth] < threshold).mean()) if (~truth).any() else float("nan")


def calibration_error(probability: Floats, truth: Bools, bins: int = 10) -> float:
    """Expected calibration error over bins of equal count.

    Source: M. P. Naeini and others, AAAI 2015; equal counts instead of equal widths, since a bin of
    three cases says nothing.
    """
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    gaps = [part.size * abs(probability[part].mean() - truth[part].mean()) for part in parts]
    return float(sum(gaps) / truth.size)


METRICS: dict[str, Callable[[Floats, Bools], float]] = {
    "auc": auc,
    "accuracy": accuracy,
    "ece": calibration_error,
    "sensitivity": sensitivity,
    "specificity": specificity,
}
