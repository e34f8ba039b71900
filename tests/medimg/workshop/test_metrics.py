"""Figures of merit against numbers worked out by hand or by another library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medimg.workshop import metrics


def test_dice_of_planted_masks() -> None:
    found, truth = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    found[:2], truth[1:3] = True, True
    assert metrics.dice(found, truth) == 0.5
    assert metrics.dice(np.zeros(3, bool), np.zeros(3, bool)) == 1.0
    assert metrics.dice(np.ones(3, bool), np.zeros(3, bool)) == 0.0


def test_auc_agrees_with_another_library_with_ties() -> None:
    generator = np.random.default_rng(0)
    truth = generator.random(300) < 0.3
    score = np.round(generator.normal(truth, 1.0), 1)
    assert metrics.auc(score, truth) == pytest.approx(roc_auc_score(truth, score))


def test_auc_of_one_class_is_not_a_number() -> None:
    assert math.isnan(metrics.auc(np.arange(3.0), np.ones(3, bool)))


def test_thresholds_count_the_border_as_positive() -> None:
    probability = np.array([0.2, 0.5, 0.5, 0.9])
    truth = np.array([False, False, True, True])
    assert metrics.accuracy(probability, truth) == 0.75
    assert metrics.sensitivity(probability, truth) == 1.0
    assert metrics.specificity(probability, truth) == 0.5


def test_calibration_error_is_zero_when_right_and_the_gap_when_wrong() -> None:
    probability = np.repeat([0.2, 0.8], 50)
    truth = np.r_[np.arange(50) < 10, np.arange(50) < 40]
    assert metrics.calibration_error(probability, truth, bins=2) == pytest.approx(0.0)
    assert metrics.calibration_error(probability + 0.1, truth, bins=2) == pytest.approx(0.1)
