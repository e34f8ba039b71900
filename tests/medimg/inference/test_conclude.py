"""Calibration, intervals, decisions and scores on numbers that can be checked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.inference.conclude import SCORES, calibrated, decide, logit
from medimg.inference.predict import Prediction
from medimg.inference.tasks import conclude
from medimg.inference.tasks.task import Answer
from medimg.packages.manifest import Calibration
from medimg.values.findings import Decision
from medimg.values.masks import Mask
from tests.tiny_packages import bright, film


def test_interval_is_that_of_the_refits() -> None:
    """Refits with intercepts −1 to 1 in 201 steps have 2.5 and 97.5 % at ∓0.95."""
    pairs = tuple((1.0, intercept) for intercept in np.linspace(-1, 1, 201))
    calibration = Calibration(
        method="platt", slope=1.0, intercept=0.0, prevalence=0.3, bootstrap=pairs
    )
    probability, low, high = calibrated(0.0, calibration)
    assert probability == 0.5
    assert low == pytest.approx(1 / (1 + np.exp(0.95)))
    assert high == pytest.approx(1 / (1 + np.exp(-0.95)))


@pytest.mark.parametrize(
    ("low", "probability", "high", "decision"),
    [
        (0.35, 0.4, 0.5, Decision.FLAGGED),
        (0.25, 0.4, 0.5, Decision.BORDERLINE),
        (0.1, 0.25, 0.3, Decision.BORDERLINE),
        (0.1, 0.2, 0.29, Decision.NOT_FLAGGED),
    ],
)
def test_interval_across_the_threshold_is_borderline(
    low: float, probability: float, high: float, decision: Decision
) -> None:
    """Threshold 0.3: what lies on both sides of it is not decided."""
    assert decide(probability, low, high, 0.3) is decision


def test_scores_of_a_planted_map() -> None:
    """Two parts of 0.8 and 0.9: the larger one counts; the share is over all voxels."""
    grid = np.zeros((2, 10, 10), np.float32)
    grid[0, :5, :6] = 0.8
    grid[1, 8:, 8:] = 0.9
    assert SCORES["largest-part"](grid) == pytest.approx(logit(0.8), abs=1e-5)
    assert SCORES["expected-share"](grid) == pytest.approx(logit((24 + 3.6) / 200), abs=1e-5)
    assert SCORES["largest-slice"](grid) == pytest.approx(logit(0.24), abs=1e-5)


def test_map_without_a_part_scores_by_its_peak() -> None:
    """Nothing above one half: the score is negative and finite, even for zeros."""
    assert SCORES["largest-part"](np.full((4, 4), 0.2, np.float32)) == pytest.approx(logit(0.2))
    assert np.isfinite(SCORES["largest-part"](np.zeros((4, 4), np.float32)))


def test_nothing_marked_is_said(tmp_path: Path) -> None:
    """An empty mask is no region of zero size but a sentence."""
    package = bright(tmp_path)
    output = np.full((1, 32, 32), -20.0, np.float32)
    prediction = Prediction(output, np.zeros_like(output), 1, 0.1)
    masks = {"FLAIR change": Mask.of(np.zeros((1, 40, 50), bool))}
    answer = Answer(package, masks, prediction=prediction)
    conclusion = conclude(film(np.zeros((40, 50))), answer)
    assert conclusion.regions == ()
    assert conclusion.notes == ("FLAIR change: nothing was marked.",)
    assert conclusion.findings[0].decision is Decision.NOT_FLAGGED
