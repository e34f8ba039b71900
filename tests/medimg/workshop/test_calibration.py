"""A planted calibration comes back, and operating points keep their promise."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.workshop import calibration

SLOPE, INTERCEPT = 1.5, -0.7


def planted(count: int = 4000) -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(0)
    score = generator.normal(0, 1.5, count)
    truth = generator.random(count) < calibration.apply(score, SLOPE, INTERCEPT)
    return score, truth, [str(i // 2) for i in range(count)]


def test_platt_finds_the_planted_curve() -> None:
    score, truth, _ = planted()
    slope, intercept = calibration.platt(score, truth)
    assert slope == pytest.approx(SLOPE, abs=0.12)
    assert intercept == pytest.approx(INTERCEPT, abs=0.12)


def test_refits_surround_the_fit() -> None:
    score, truth, patients = planted(600)
    fitted = calibration.calibrate(score, truth, patients, np.arange(600) % 3)
    slopes, intercepts = np.array(fitted.bootstrap).T
    assert len(slopes) == calibration.REFITS
    assert slopes.min() < fitted.slope < slopes.max()
    assert intercepts.min() < fitted.intercept < intercepts.max()
    assert fitted.prevalence == pytest.approx(truth.mean())
    assert fitted.ece is not None and fitted.ece.value < 0.08


def test_separated_scores_stay_finite() -> None:
    score = np.r_[np.full(20, -3.0), np.full(20, 3.0)]
    slope, intercept = calibration.platt(score, score > 0)
    assert np.isfinite([slope, intercept]).all()
    assert calibration.apply(np.array([3.0]), slope, intercept)[0] > 0.95


def test_operating_points_keep_their_promise() -> None:
    score, truth, patients = planted(1000)
    probability = calibration.apply(score, SLOPE, INTERCEPT)
    flagged = calibration.held_out(score, truth, np.arange(1000) // 2 % 5)
    points = {
        p.name: p for p in calibration.operating_points(probability, truth, patients, flagged)
    }
    assert points["sensitive"].sensitivity.value == pytest.approx(calibration.PROMISE, abs=0.03)
    assert points["specific"].specificity.value == pytest.approx(calibration.PROMISE, abs=0.03)
    chosen_on_all = probability >= points["sensitive"].threshold
    assert chosen_on_all[truth].mean() >= calibration.PROMISE
    assert points["sensitive"].threshold < points["balanced"].threshold
    assert points["balanced"].threshold < points["specific"].threshold
    assert [p.name for p in points.values() if p.default] == ["balanced"]


def test_figures_of_a_threshold_were_those_of_the_scores_it_was_chosen_on() -> None:
    """Scores that know nothing: chosen and measured on them, balanced looked better than chance."""
    generator = np.random.default_rng(2)
    held, same = [], []
    for _ in range(40):
        score, truth = generator.normal(size=60), np.arange(60) % 2 == 0
        probability = calibration.apply(score, *calibration.platt(score, truth))
        flagged = calibration.held_out(score, truth, np.arange(60) // 2 % 5)
        patients = [str(i) for i in range(60)]
        point = calibration.operating_points(probability, truth, patients, flagged)[1]
        held.append(point.sensitivity.value + point.specificity.value - 1)
        above = probability >= point.threshold
        same.append(above[truth].mean() - above[~truth].mean())
    assert np.mean(same) > 0.1
    assert np.mean(held) == pytest.approx(0.0, abs=0.05)


def test_names_hold_where_a_threshold_could_keep_both_promises() -> None:
    generator = np.random.default_rng(3)
    truth = np.arange(200) < 100
    probability = calibration.apply(np.where(truth, 3.0, -3.0) + generator.normal(0, 1, 200), 1, 0)
    flagged = calibration.held_out(
        np.log(probability / (1 - probability)), truth, np.arange(200) % 4
    )
    points = calibration.operating_points(probability, truth, [str(i) for i in range(200)], flagged)
    sensitive, balanced, specific = (point.threshold for point in points)
    assert sensitive <= balanced <= specific


def test_groups_are_judged_by_the_others() -> None:
    score = np.r_[np.zeros(50), np.zeros(50)]
    truth = np.r_[np.ones(50, bool), np.zeros(50, bool)]
    group = np.repeat([0, 1], 50)
    honest = calibration.cross_fitted(score, truth, group)
    assert honest[:50].max() < 0.01
    assert honest[50:].min() > 0.99
