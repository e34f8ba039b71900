"""The shipped package for head CT runs by the verb, says its slices, and refuses what it must."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medimg.cli.main import main
from medimg.packages.catalogue import packages
from medimg.phantoms import dicom
from medimg.workshop.vectors import head_ct

PACKAGE = "ct-head-haemorrhage"
INTERCEPT = -1024
pytestmark = pytest.mark.skipif(PACKAGE not in packages(), reason=f"needs {PACKAGE}")


def write_head(folder: Path, slice_mm: float = 5.0, contrast: str = "") -> Path:
    """A calculated head CT of twelve slices."""
    folder.mkdir()
    stored = np.clip(np.concatenate([head_ct()] * 4) - INTERCEPT, 0, 4095).astype(np.uint16)
    scan = dicom.Scan(name="head-ct", part="HEAD", contrast=contrast, windows=((40.0, 120.0),))
    spacing = (slice_mm, 1.5, 1.5)
    for dataset in dicom.chest_ct(stored, INTERCEPT, (-120.0, -120.0, 0.0), spacing, scan):
        del dataset.AnatomicRegionSequence
        dicom.save(dataset, folder / f"{dataset.InstanceNumber:03d}.dcm")
    return folder


def analyse(folder: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    main(["analyse", str(folder), "--package", PACKAGE, "--out", str(out), "--json"])
    answer = capsys.readouterr().out
    assert json.loads(answer)
    return answer


@pytest.mark.slow
def test_a_head_ct_gets_its_probability_and_slices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = analyse(write_head(tmp_path / "head"), tmp_path / "out", capsys)
    assert '"Intracranial haemorrhage"' in answer
    assert "highest in the slices" in answer
    assert "Outputs for kinds, not calibrated" in answer


@pytest.mark.slow
def test_contrast_and_thick_slices_are_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thick = analyse(write_head(tmp_path / "thick", slice_mm=10.0), tmp_path / "a", capsys)
    assert "Slices are 10 mm apart" in thick
    enhanced = analyse(write_head(tmp_path / "c", contrast="IOMEPROL"), tmp_path / "b", capsys)
    assert "with a contrast agent" in enhanced
