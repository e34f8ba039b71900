"""Intervals come from patients, not from images."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.workshop.bootstrap import draws, figure


def test_patients_are_drawn_whole() -> None:
    patients = ["a", "b", "a", "c", "b", "a"]
    for rows in draws(patients, 50):
        counts = np.bincount(rows, minlength=6)
        assert counts[0] == counts[2] == counts[5]
        assert counts[1] == counts[4]


def test_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(0, 1, 400)
    found = figure(lambda rows: float(values[rows].mean()), [str(i) for i in range(400)])
    assert found.value == pytest.approx(values.mean())
    assert found.n == 400
    # 2 x 1.96 / sqrt(400) = 0.196; the bootstrap's own error is a few percent.
    assert found.high - found.low == pytest.approx(0.196, rel=0.15)


def test_films_of_one_patient_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(2).normal(0, 1, 100)
    once = figure(lambda rows: float(values[rows].mean()), [str(i) for i in range(100)])
    copied = np.tile(values, 9)
    names = [str(i) for i in range(100)] * 9
    many = figure(lambda rows: float(copied[rows].mean()), names)
    assert many.high - many.low == pytest.approx(once.high - once.low, rel=0.1)


def test_draws_that_allow_no_figure_are_left_out() -> None:
    values = np.array([np.nan, 1.0])
    found = figure(lambda rows: float(values[rows].max()), ["a", "b"], count=200)
    assert (found.low, found.high) == (1.0, 1.0)
