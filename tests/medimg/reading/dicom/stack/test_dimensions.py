"""What runs through a series: apart where contrast changes, one item where time runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset

from medimg.cli.scan import as_plain
from medimg.cli.scan_text import table
from medimg.reading import read, scan
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import (
    AXIAL,
    STEP_MM,
    fill,
    hounsfield,
    save,
    section,
    slice_points,
    write_stack,
)

SLICES = 5


def _stacks(
    folder: Path, changes: list[Callable[[FileDataset], object]], modality: str = "MR"
) -> None:
    """One volume a change, all under one Series UID and at one place."""
    for number, change in enumerate(changes):
        write_stack(
            folder / f"{9 - number}",
            lambda d, k, change=change: change(d),  # type: ignore[misc]
            count=SLICES,
            modality=modality,
        )


def _each(keyword: str, values: list[object]) -> list[Callable[[FileDataset], object]]:
    return [lambda d, value=value: setattr(d, keyword, value) for value in values]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("keyword", "values", "labels", "modality"),
    [
        ("InversionTime", [700, 2500], ["TI 700 ms", "TI 2500 ms"], "MR"),
        ("FlipAngle", [2, 15], ["flip angle 2°", "flip angle 15°"], "MR"),
        ("SequenceName", ["*ep_b0", "*ep_b1000t"], ["b 0", "b 1000"], "MR"),
        ("ImageType", [["DERIVED", "PRIMARY", "DIXON", word] for word in ("W", "F")],
         ["fat", "water"], "MR"),
        ("ImageType", [["ORIGINAL", "PRIMARY", "M", "OUT_PHASE"],
                       ["ORIGINAL", "PRIMARY", "M", "IN_PHASE"]],
         ["magnitude, in phase", "magnitude, out of phase"], "MR"),
        ("KVP", [80, 140], ["80 kV", "140 kV"], "CT"),
        ("ConvolutionKernel", ["B30f", "B70f"], ["B30f", "B70f"], "CT"),
        ("SliceThickness", [2.5, 5.0], ["2.5 mm", "5 mm"], "CT"),
        ("ImageType", [["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "SECONDARY", "MIP"]],
         ["", "MIP"], "CT"),
        ("MonoenergeticEnergyEquivalent", [40, 70], ["40 keV", "70 keV"], "CT"),
    ],
)  # fmt: skip
def test_contrast_that_differs_is_a_series_of_its_own(
    tmp_path: Path, keyword: str, values: list[object], labels: list[str], modality: str
) -> None:
    _stacks(tmp_path, _each(keyword, values), modality)
    found = scan(tmp_path).series
    assert [s.label.partition(", ")[2] for s in found] == labels
    assert all(s.part is None and s.geometry.shape[0] == SLICES for s in found)
    assert all(any(p.kind == "split" for p in s.problems) for s in found)


@pytest.mark.parametrize(
    ("keyword", "values", "axis", "labels"),
    [
        ("TemporalPositionIdentifier", [1, 2, 3], "time", ["time 1", "time 2", "time 3"]),
        ("ContentTime", ["100000", "100130", "100300"], "time",
         ["time 1 of 3", "time 2 of 3", "time 3 of 3"]),
        ("NominalPercentageOfCardiacPhase", [0, 40, 80], "phase",
         ["phase 0", "phase 40", "phase 80"]),
        ("DiffusionGradientOrientation", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "direction",
         ["direction 1 of 3", "direction 2 of 3", "direction 3 of 3"]),
    ],
)  # fmt: skip
def test_volumes_that_run_are_one_item(
    tmp_path: Path, keyword: str, values: list[object], axis: str, labels: list[str]
) -> None:
    _stacks(tmp_path, _each(keyword, values))
    found = scan(tmp_path)
    assert [s.label.partition(", ")[2] for s in found.series] == labels
    parts = [s.part for s in found.series]
    assert [(p.axis, p.place, p.count) for p in parts if p] == [(axis, i, 3) for i in range(3)]
    assert len({p.item for p in parts if p}) == 1
    assert all(share_wrong(read(s), offset=2000) < 0.002 for s in found.series)
    (line,) = [line for line in table(found, [tmp_path]) if "axial" in line]
    assert f"3 {axis}s of {SLICES} axial slices" in line
    plain = as_plain(found, [tmp_path])["series"]
    assert [one["part"]["place"] for one in plain] == [0, 1, 2]


def test_directions_fold_within_their_b_value(tmp_path: Path) -> None:
    """A tensor is a b 0 and one item of directions, not thirty series."""

    def weighted(number: int) -> Callable[[FileDataset], object]:
        def change(dataset: FileDataset) -> None:
            dataset.DiffusionBValue = 1000 if number else 0
            if number:
                dataset.DiffusionGradientOrientation = list(np.eye(3)[number % 3] * (-1) ** number)

        return change

    _stacks(tmp_path, [weighted(number) for number in range(7)])
    found = scan(tmp_path).series
    assert [(s.label, s.part and s.part.count) for s in found[:2]] == [
        ("DWI, b 0", None),
        ("DWI, b 1000, direction 1 of 6", 6),
    ]


@pytest.mark.parametrize(("runs", "folded"), [(3, False), (8, True)])
def test_contrast_phases_stand_apart_and_a_perfusion_is_one(
    tmp_path: Path, runs: int, folded: bool
) -> None:
    """Unenhanced, arterial and venous are read as three series; eight runs are a perfusion."""
    _stacks(tmp_path, _each("AcquisitionNumber", list(range(1, runs + 1))), "CT")
    found = scan(tmp_path).series
    assert len(found) == runs
    assert {s.part is not None for s in found} == {folded}


def test_how_a_picture_was_made_does_not_split(tmp_path: Path) -> None:
    """A head CT whose lower slices were added up (ADD) is one series of the head."""

    def added(dataset: FileDataset, k: int) -> None:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", *(["ADD"] if k < 4 else [])]

    write_stack(tmp_path, added, count=9)
    (series,) = scan(tmp_path).series
    assert series.geometry.shape[0] == 9 and series.problems == ()


def test_thin_and_thick_slices_that_never_meet(tmp_path: Path) -> None:
    """1 mm and 5 mm slices of one place, no two at one position, are two volumes."""
    corner = (-25.6, -25.6)
    for name, step, count in (("thin", 1.0, 20), ("thick", 5.0, 4)):
        for k in range(count):
            height = k * step + (0.0 if name == "thin" else 2.5)
            dataset = section((*corner, height), number=k + 1)
            dataset.SliceThickness = step
            (tmp_path / name).mkdir(exist_ok=True)
            save(dataset, tmp_path / name / f"{k}")
    found = scan(tmp_path).series
    assert [(s.geometry.shape[0], s.slice_thickness_mm) for s in found] == [(20, 1.0), (4, 5.0)]


def test_a_cine_of_one_place_is_no_fault(tmp_path: Path) -> None:
    """A heart's 20 phases at one slice are a cine, not slices that lie on one another."""
    corner = (-25.6, -25.6, STEP_MM)

    for k in range(20):
        dataset = section(corner, modality="MR", number=k + 1)
        dataset.TriggerTime = 40.0 * k
        fill(dataset, np.full((8, 8), k))
        save(dataset, tmp_path / f"{k}")
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["cine"]
    assert series.geometry.affine is None
    assert read(series).array[:, 0, 0].tolist() == list(range(20))


def _tomogram(kind: str, slots: int, step: float) -> FileDataset:
    """A nuclear tomogram of five slices, stored slot after slot."""
    corner = (-25.6, -25.6, 0.0)
    dataset = section(corner, modality="MR")
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.20", "NM"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", kind, "EMISSION"]
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = list(corner), list(AXIAL)
    dataset.DetectorInformationSequence = [detector]
    del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
    dataset.SpacingBetweenSlices, dataset.NumberOfFrames = step, SLICES * slots
    dataset.SliceVector = list(range(1, SLICES + 1)) * slots
    dataset.TimeSlotVector = [slot + 1 for slot in range(slots) for _ in range(SLICES)]
    frames = [
        hounsfield(slice_points((*corner[:2], step * k))).reshape(64, 64) + 2000
        for k in range(SLICES)
    ] * slots
    fill(dataset, np.stack(frames))
    return dataset


@pytest.mark.parametrize("step", [2.5, -2.5])
@pytest.mark.parametrize("slots", [1, 4])
def test_a_nuclear_tomogram_lies_where_its_detector_says(
    tmp_path: Path, step: float, slots: int
) -> None:
    """The sign of the spacing says to which side slices follow; gated slots are phases."""
    save(_tomogram("RECON GATED TOMO" if slots > 1 else "RECON TOMO", slots, step), tmp_path / "x")
    found = scan(tmp_path).series
    assert [s.part and s.part.axis for s in found] == (["phase"] * slots if slots > 1 else [None])
    assert all(s.geometry.affine is not None for s in found)
    assert all(share_wrong(read(s), offset=2000) < 0.002 for s in found)


def test_projections_of_a_nuclear_camera_have_no_place(tmp_path: Path) -> None:
    save(_tomogram("TOMO", 1, 2.5), tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert "no-position" in [p.kind for p in series.problems]


@pytest.mark.shared_data
def test_real_series_that_run(shared_data: Path) -> None:
    folder = shared_data / "dicom"
    dynamic = scan(folder / "mr-dce-phases").series
    assert [s.part.place for s in dynamic if s.part] == [0, 1, 2]
    functional = scan(folder / "mr-enhanced-siemens-xa10").series
    assert [s.part.count for s in functional if s.part] == [4] * 4
    field, magnitude = scan(folder / "mr-enhanced-multiecho-philips").series
    assert field.label.startswith("B0 map") and magnitude.label.startswith("T1")
    # Hz by the slope of the frame itself: 0.2442 a step from -500.
    assert -500 <= read(field).array.min() < read(field).array.max() <= 500
    (head,) = scan(folder / "ct-gantry-tilt-variable-spacing").series
    assert "uneven-spacing" in [p.kind for p in head.problems]
    assert scan(folder / "mg").series[0].label == "R MLO"
    (perfusion,) = scan(folder / "enhanced-ct").series
    assert "colours-not-drawn" in [p.kind for p in perfusion.problems]
    (slide,) = scan(folder / "sm-ann" / "sm_image.dcm").series
    assert "tiles" in [p.kind for p in slide.problems]
