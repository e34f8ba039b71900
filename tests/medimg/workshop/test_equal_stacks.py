"""Stacks with and without the finding are cut equally long from one patient."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.workshop.equal_stacks import equal_stacks, scored
from medimg.workshop.metrics import auc


def present(count: int, *full: int) -> np.ndarray:
    """A stack with the finding on some slices."""
    found = np.zeros(count, bool)
    found[list(full)] = True
    return found


def test_a_model_that_knows_nothing_looked_specific() -> None:
    """Whole stacks against runs of four slices under a maximum: an AUC of 0.9 for pure noise."""
    generator = np.random.default_rng(0)
    drawn = present(40, *range(10, 22))
    positive, negative, short = [], [], []
    for _ in range(400):
        noise = generator.random((40, 1, 1)).astype(np.float32)
        (whole, _), (clear, _) = scored(drawn, noise, lambda part: float(part.max()))
        positive.append(whole)
        negative.append(clear)
        short.append(float(noise[:4].max()))
    truth = np.arange(800) < 400
    assert auc(np.array([*positive, *short]), truth) > 0.8
    assert auc(np.array([*positive, *negative]), truth) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "full", [range(10, 22), range(3), (5, 6, 30), range(38, 40)], ids=lambda x: str(list(x))
)
def test_both_stacks_have_as_many_slices(full: range) -> None:
    """One holds the finding, the other no slice of it nor one beside it."""
    drawn = present(40, *full)
    (with_it, is_with), (without, is_without) = equal_stacks(drawn)
    assert (is_with, is_without) == (True, False)
    assert with_it.size == without.size
    assert drawn[with_it].any() and (np.diff(with_it) == 1).all()
    assert with_it.min() >= 0 and with_it.max() < 40
    assert all(abs(slice_ - other) > 1 for slice_ in without for other in full)


def test_a_stack_with_hardly_a_clear_slice_is_left_out() -> None:
    assert equal_stacks(present(20, *range(2, 18))) == ()


def test_a_stack_without_the_finding_counts_whole() -> None:
    ((rows, truth),) = equal_stacks(present(12))
    assert rows.size == 12 and not truth
