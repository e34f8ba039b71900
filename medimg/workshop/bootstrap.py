"""Intervals by drawing patients with replacement."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medimg.packages.manifest import Figure

DRAWS = 1000
SEED = 0
LEVELS = (2.5, 97.5)
Rows = NDArray[np.int64]


def draws(patients: Sequence[str], count: int = DRAWS, seed: int = SEED) -> list[Rows]:
    """Row indices of resampled data sets: whole patients are drawn, with all their rows.

    Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 1979;
    resampled by patient because films of one person are not independent.
    """
    _, number = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    order = np.argsort(number, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(number))[:-1])
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(count):
        chosen = generator.integers(0, len(rows), len(rows))
        drawn.append(np.concatenate([rows[patient] for patient in chosen]))
    return drawn


def figure(
    statistic: Callable[[Rows], float],
    patients: Sequence[str],
    count: int = DRAWS,
    seed: int = SEED,
) -> Figure:
    """A figure of merit with its 95 % interval.

    Args:
        statistic: The figure of some rows; NaN where they do not allow one (left out of the
            interval).
        patients: Patient of each row.
        count: Resampled data sets.
        seed: Of the drawing.

    Returns:
        Value on all rows, percentiles 2.5 and 97.5 of the resampled ones, and the number of rows.
    """
    value = statistic(np.arange(len(patients)))
    found = np.asarray([statistic(rows) for rows in draws(patients, count, seed)])
    found = found[np.isfinite(found)]
    low, high = np.percentile(found, LEVELS) if found.size else (value, value)
    return Figure(value=float(value), low=float(low), high=float(high), n=len(patients))
