"""Real vendors' series: every one that may have DICOM results gets them, in its place."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medimg.reading import headers, scan
from medimg.results import export_each
from tests.medimg.results.planted import ball, ct, errors_of, region
from tests.medimg.results.test_seg import points_of

pytestmark = pytest.mark.shared_data

#: Folder of ../shared/data/dicom: whether a segmentation is due.
FOLDERS = {
    "mr-pgbm-003/FLAIRreg": True,
    "ct-abdomen": True,
    "dx-chest": False,
    "cr-chest": False,
    "ct-gantry-tilt-variable-spacing": True,
    "mr-enhanced-multiecho-philips": True,
}


def planted_on(series):
    """A result planted on a real series."""
    shape = series.geometry.shape
    centre = ((shape[0] - 1) * 0.6, shape[1] * 0.4, shape[2] * 0.3)
    mask = ball(shape, centre, max(2, min(shape[1:]) / 8))
    return replace(
        ct(),
        id=series.id,
        series=series,
        headers=headers(series),
        regions=(region(mask),),
        explanations=(),
        key_images=(),
    )


@pytest.mark.parametrize(("folder", "has_seg"), FOLDERS.items())
def test_a_real_series_gets_its_dicom_results(
    folder: str, has_seg: bool, shared_data: Path, tmp_path: Path
) -> None:
    series = scan(shared_data / "dicom" / folder).series[0]
    analysis = planted_on(series)
    outcome = {e.kind: e for e in export_each(analysis, tmp_path, ["seg", "sr"])}
    report, segmentation = outcome["sr"].path, outcome["seg"].path
    assert report is not None, outcome["sr"].sentence
    assert (segmentation is not None) == has_seg, outcome["seg"].sentence
    if segmentation is not None and series.geometry.affine is not None:
        truth = series.geometry.to_mm(np.argwhere(analysis.regions[0].mask.whole()))
        # Vendors round positions to a hundredth of a millimetre.
        assert np.allclose(points_of(segmentation).mean(0), truth.mean(0), atol=0.05)


@pytest.mark.skipif(
    not (shutil.which("dciodvfy") and shutil.which("dsrdump")),
    reason="needs dciodvfy (Debian dicom3tools) and dsrdump (dcmtk)",
)
@pytest.mark.parametrize("folder", ["ct-gantry-tilt-variable-spacing", "cr-chest"])
def test_other_toolkits_find_no_error_that_the_source_lacks(
    folder: str, shared_data: Path, tmp_path: Path
) -> None:
    series = scan(shared_data / "dicom" / folder).series[0]
    source = errors_of(Path(series.frames[0].file))
    for outcome in export_each(planted_on(series), tmp_path, ["seg", "sr"]):
        if outcome.path is not None:
            assert errors_of(outcome.path) <= source
            if pydicom.dcmread(outcome.path).Modality == "SR":
                subprocess.run(["dsrdump", outcome.path], capture_output=True, check=True)
