"""Which samples an epoch shows, and the seeds that make every step repeatable."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples


def seed_of(*parts: int) -> int:
    """One seed from recipe seed, fold, epoch and step, so that resuming needs no generator."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def _balanced(samples: Samples, rows: NDArray[np.int64], column: str) -> NDArray[np.float64]:
    """Weights under which the class says nothing about the column: p(c) p(v) / p(c, v)."""
    classes = [int(samples.classes[row]) for row in rows]
    values = [samples.cases[samples.case[row]].row[column] for row in rows]
    alone, other, joint = (
        Counter(classes),
        Counter(values),
        Counter(zip(classes, values, strict=True)),
    )
    weights = [alone[c] * other[v] / joint[c, v] for c, v in zip(classes, values, strict=True)]
    return np.asarray(weights) / sum(weights)


def epoch_rows(
    recipe: Recipe, samples: Samples, rows: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Draw one epoch's samples, in order.

    Args:
        recipe: Says how the draw is balanced and how many there are.
        samples: All samples.
        rows: Indices that may be trained on.
        seed: Of this epoch.
    """
    generator = np.random.default_rng(seed)
    count = recipe.schedule.samples or len(rows)
    if recipe.data.balance:
        weights = _balanced(samples, rows, recipe.data.balance)
        return generator.choice(rows, count, replace=True, p=weights)
    if not recipe.data.labelled_share:
        repeats = -(-count // len(rows))
        return np.concatenate([generator.permutation(rows) for _ in range(repeats)])[:count]
    shown = samples.classes[rows].numpy() == 0
    with_finding = round(count * recipe.data.labelled_share)
    drawn = [
        generator.permutation(np.resize(generator.permutation(part), number))
        for part, number in ((rows[shown], with_finding), (rows[~shown], count - with_finding))
    ]
    return generator.permutation(np.concatenate(drawn))
