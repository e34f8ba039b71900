"""How a film was saved makes no difference to what a model says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg import reading
from medimg.engine.context import JobContext
from medimg.engine.jobs.analyse import AnalyseJob, run
from medimg.packages.catalogue import packages
from medimg.phantoms.writing import write_radiograph
from medimg.values.analysis import Analysis

OPACITY = "chest-xray-opacity"


def answer(path: Path, package: str) -> Analysis:
    volume = reading.read(reading.scan(path).series[0])
    return run(AnalyseJob(volume, package), JobContext(lambda *_: None))


@pytest.mark.skipif(OPACITY not in packages(), reason="the package is not installed")
def test_inverted_12_bit_dicom_and_its_8_bit_png(tmp_path: Path) -> None:
    """MONOCHROME1, MONOCHROME2 and the PNG of one film: the same score, the same lungs."""
    files = write_radiograph(tmp_path)
    paths = [files.monochrome1, files.monochrome2, files.png]
    scores = [answer(path, OPACITY).findings[0].score for path in paths]
    # Half a grey level of rounding moves a logit by hundredths; a wrong polarity by whole units.
    assert scores == pytest.approx([scores[0]] * 3, abs=0.1)
    lungs = [
        np.any([region.mask.whole() for region in answer(path, "chest-xray-lungs").regions], axis=0)
        for path in paths
    ]
    assert lungs[0].any()
    for other in lungs[1:]:
        dice = 2 * (lungs[0] & other).sum() / (lungs[0].sum() + other.sum())
        assert dice > 0.995
