"""Real studies: kinds, places and problems as they are known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from medimg.reading import read, scan
from medimg.values.errors import InputRefused
from medimg.values.geometry import Plane
from medimg.values.series import MRKind, Series, View

pytestmark = pytest.mark.shared_data


def _by_label(folder: Path) -> dict[str, Series]:
    return {series.label: series for series in scan(folder).series}


def test_glioblastoma_follow_up(shared_data: Path) -> None:
    found = _by_label(shared_data / "dicom" / "mr-pgbm-003")
    flair, after = found["FLAIR"], found["T1 after contrast"]
    assert flair.mr_kind is MRKind.FLAIR and "TI 2600 ms" in flair.mr_kind_reason
    assert after.mr_kind is MRKind.T1_CONTRAST
    assert flair.geometry.shape == after.geometry.shape == (22, 320, 280)
    assert flair.geometry.plane is Plane.AXIAL
    assert flair.geometry.spacing_mm == pytest.approx((6.5, 0.6875, 0.6875), abs=1e-4)
    assert flair.problems == ()
    # A literal pixel of the file, by SimpleITK's series reader.
    assert read(flair).array.max() == 1436


def test_known_gaps_are_found(shared_data: Path) -> None:
    (series,) = scan(shared_data / "dicom" / "ct-gaps").series
    sentences = [p.sentence for p in series.problems if p.kind == "missing-slice"]
    assert ["3 slices are missing" in s for s in sentences] == [True, False, False]


def test_diffusion_in_one_series(shared_data: Path) -> None:
    found = scan(shared_data / "dicom" / "mr-dwi-philips").series
    assert [(s.label, s.geometry.shape[0]) for s in found] == [
        ("DWI, b 0", 32),
        ("DWI, b 1000", 32),
    ]


def test_scout_and_summary_stand_apart(shared_data: Path) -> None:
    found = _by_label(shared_data / "dicom" / "ct-localiser-and-exam-summary")
    assert {"localiser", "Exam Summary", "STEREOTAXIS"} == set(found)


def test_film_without_preamble_is_the_film_with_it(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "cr-chest"
    films = [
        read(scan(folder / f"fuji-mono1-10bit{tail}.dcm").series[0])
        for tail in ("", "-no-preamble")
    ]
    assert films[0].series.view is View.PA and films[0].is_inverted
    assert (films[0].array == films[1].array).all()


def test_nothing_in_the_collection_breaks_the_reader(shared_data: Path) -> None:
    """Every folder scans; every series is read or refused in a sentence."""
    refused = []
    for folder in ("broken-odd", "enhanced-mr", "transfer-syntax-misc", "us", "rt", "luts"):
        for series in scan(shared_data / "dicom" / folder).series:
            try:
                volume = read(series)
            except InputRefused as error:
                refused.append(str(error))
            else:
                assert volume.array.shape[:3] == volume.series.geometry.shape
    assert all(sentence.endswith(".") and ".dcm" in sentence for sentence in refused)
    assert len(refused) <= 3
