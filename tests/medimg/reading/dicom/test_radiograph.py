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


@pytest.mark.parametrize(
    ("photometric", "shape", "kinds"),
    [
        ("MONOCHROME2", "IDENTITY", []),
        ("MONOCHROME1", "INVERSE", ["monochrome1"]),
        ("MONOCHROME2", "INVERSE", ["polarity-contradicts"]),
        ("MONOCHROME1", "IDENTITY", ["polarity-contradicts"]),
    ],
)
def test_a_polarity_that_contradicts_itself_is_said(
    tmp_path: Path, photometric: str, shape: str, kinds: list[str]
) -> None:
    """Readers disagree which of the two decides; a package must not run on a guess."""
    series = _series(tmp_path, PhotometricInterpretation=photometric, PresentationLUTShape=shape)
    assert [problem.kind for problem in series.problems] == kinds


def _region(
    first: int, last: int, size_cm: float, units: int = 3, data: int = 1, form: int = 1
) -> Dataset:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = form, data, 0
    region.RegionLocationMinX0, region.RegionLocationMaxX1 = 0, 48
    region.RegionLocationMinY0, region.RegionLocationMaxY1 = first, last
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = units
    region.PhysicalDeltaX = region.PhysicalDeltaY = size_cm
    return region


@pytest.mark.parametrize(
    ("regions", "spacing", "mm", "kinds"),
    [
        ([_region(0, 64, 0.02)], None, 0.2, []),
        ([_region(0, 32, 0.02), _region(32, 64, 0.02, data=2)], None, 0.2, []),
        ([_region(0, 32, 0.02), _region(50, 64, 0.01, 4, 0xA, 4)], None, 0.2, []),
        ([_region(0, 32, 0.02), _region(32, 64, 0.01, 4, 3, 3)], None, None, ["spacing-unknown"]),
        ([_region(0, 32, 0.02), _region(32, 64, 0.02, 4, 1, 2)], None, None, ["spacing-unknown"]),
        ([_region(0, 32, 0.02), _region(32, 64, 0.03)], None, None, ["spacing-unknown"]),
        ([_region(0, 64, 0.02)], [0.2, 0.2], 0.2, []),
        ([_region(0, 64, 0.02)], [0.6, 0.6], None, ["spacing-contradicts"]),
    ],
)
def test_one_spacing_holds_for_an_ultrasound_only_where_all_of_it_is_2d(
    tmp_path: Path,
    regions: list[Dataset],
    spacing: list[float] | None,
    mm: float | None,
    kinds: list[str],
) -> None:
    """A Doppler trace was measured in mm; a PixelSpacing that the region denies was believed."""
    more = {"PixelSpacing": spacing} if spacing else {}
    series = _series(
        tmp_path, Modality="US", SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1",
        SequenceOfUltrasoundRegions=regions, **more,
    )  # fmt: skip
    assert series.geometry.plane_spacing.row_mm == (None if mm is None else pytest.approx(mm))
    assert [problem.kind for problem in series.problems] == kinds
