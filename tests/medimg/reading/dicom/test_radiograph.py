"""Radiographs: view, side and millimetres as stated, never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from medimg.reading import scan
from medimg.values.geometry import MeasuredAt
from medimg.values.series import Series, View
from tests.phantoms import radiograph, save


def _series(folder: Path, **values: Any) -> Series:
    folder.mkdir(exist_ok=True)
    dataset = radiograph()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    save(dataset, folder / "x.dcm")
    (series,) = scan(folder).series
    return series


@pytest.mark.parametrize(
    ("values", "at", "mm", "kinds"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.2]}, MeasuredAt.DETECTOR, 0.2, ["not-calibrated"]),
        ({"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1.25},
         MeasuredAt.CORRECTED, 0.16, ["corrected-for-magnification"]),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]},
         MeasuredAt.CALIBRATED, 0.15, ["calibrated"]),
        ({"PixelSpacing": [0.2, 0.2]}, MeasuredAt.DETECTOR, 0.2, ["calibration-type-unknown"]),
        ({}, MeasuredAt.UNKNOWN, None, []),
    ],
)  # fmt: skip
def test_what_a_millimetre_means(
    tmp_path: Path, values: dict[str, Any], at: MeasuredAt, mm: float | None, kinds: list[str]
) -> None:
    series = _series(tmp_path, **values)
    spacing = series.geometry.plane_spacing
    assert spacing.measured_at is at
    assert spacing.row_mm == (None if mm is None else pytest.approx(mm))
    assert [p.kind for p in series.problems] == kinds
    assert series.geometry.affine is None


def test_a_calibration_is_told_with_its_description(tmp_path: Path) -> None:
    """Also where the spacing did not change by it, or the detector's own is not told."""
    for place, imager in enumerate(([0.2, 0.2], None)):
        series = _series(
            tmp_path / f"{place}",
            PixelSpacing=[0.2, 0.2],
            PixelSpacingCalibrationType="FIDUCIAL",
            PixelSpacingCalibrationDescription="25 mm ball",
            **({"ImagerPixelSpacing": imager} if imager else {}),
        )
        assert series.geometry.plane_spacing.measured_at is MeasuredAt.CALIBRATED
        (problem,) = series.problems
        assert "an object of known size" in problem.sentence
        assert '"25 mm ball"' in problem.sentence


@pytest.mark.parametrize(
    ("orientation", "view"),
    [(["P", "F"], View.LATERAL), (["A", "F"], View.LATERAL), (["L", "F"], View.UNKNOWN)],
)
def test_a_film_from_the_side_by_its_orientation(
    tmp_path: Path, orientation: list[str], view: View
) -> None:
    """From the front and from behind a film is hung alike: AP and PA stay unknown."""
    series = _series(tmp_path, ViewPosition="", PatientOrientation=orientation)
    assert series.view is view


@pytest.mark.parametrize(
    ("side", "stated", "code", "label"),
    [("R", "MLO", "", "R MLO"), ("L", "", "399162004", "L CC"), ("", "CC", "", "MG")],
)
def test_a_mammogram_is_called_by_side_and_view(
    tmp_path: Path, side: str, stated: str, code: str, label: str
) -> None:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code, "SCT"
    series = _series(
        tmp_path, Modality="MG", ImageLaterality=side, ViewPosition=stated,
        ViewCodeSequence=[item] if code else [], BodyPartExamined="", SeriesDescription="",
    )  # fmt: skip
    assert series.label == label


def test_aspect_is_known_where_mm_are_not(tmp_path: Path) -> None:
    spacing = _series(tmp_path, PixelAspectRatio=[2, 1]).geometry.plane_spacing
    assert spacing.aspect == 2.0 and not spacing.is_known


@pytest.mark.parametrize(
    ("stated", "view"),
    [("PA", View.PA), ("AP", View.AP), ("LL", View.LATERAL), ("LATERAL", View.LATERAL),
     ("", View.UNKNOWN), ("LLD", View.UNKNOWN)],
)  # fmt: skip
def test_view_as_stated(tmp_path: Path, stated: str, view: View) -> None:
    assert _series(tmp_path, ViewPosition=stated).view is view


def test_view_by_code(tmp_path: Path) -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "272479007", "SCT"
    assert _series(tmp_path, ViewPosition="", ViewCodeSequence=[code]).view is View.PA


def test_view_in_the_wrong_attribute_is_taken_and_told(tmp_path: Path) -> None:
    series = _series(tmp_path, ViewPosition="", PatientPosition="AP")
    assert series.view is View.AP
    assert [p.kind for p in series.problems] == ["bad-value"]


def test_other_facts(tmp_path: Path) -> None:
    series = _series(tmp_path, BodyPartExamined="CHEST ")
    assert series.body_part == "CHEST"
    assert series.patient_orientation == ("L", "F")
    assert series.patient.age_years == 45


@pytest.mark.parametrize(
    ("age", "birth", "years"),
    [("045Y", "", 45.0), ("006M", "", 0.5), ("", "19510701", 74.5), ("", "", None),
     ("", "20270101", None), ("", "18000101", None)],
)  # fmt: skip
def test_age(tmp_path: Path, age: str, birth: str, years: float | None) -> None:
    found = _series(tmp_path, PatientAge=age, PatientBirthDate=birth).patient.age_years
    assert found == (None if years is None else pytest.approx(years, abs=0.02))


def test_two_films_of_one_series_do_not_scroll_together(tmp_path: Path) -> None:
    save(radiograph(), tmp_path / "a")
    save(radiograph(), tmp_path / "b")
    assert len(scan(tmp_path).series) == 2
