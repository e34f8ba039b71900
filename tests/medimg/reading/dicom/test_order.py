"""Series and order: stacks are grouped, ordered and spaced by what the pictures say of place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset
from pydicom.uid import SecondaryCaptureImageStorage

from medimg.reading import read, scan
from medimg.values.geometry import Plane
from medimg.values.problems import Stops
from tests.medimg.reading.truth import kinds, share_wrong
from tests.phantoms import (
    AXIAL,
    CORONAL,
    PIXEL_MM,
    SAGITTAL,
    SIZE,
    axial,
    fill,
    hounsfield,
    instance,
    radiograph,
    save,
    section,
    slice_points,
    write_stack,
)

CORNER = -PIXEL_MM * SIZE / 2


def test_good_stack_has_no_problem_and_lies_right(tmp_path: Path) -> None:
    write_stack(tmp_path)
    (series,) = scan(tmp_path).series
    assert series.problems == ()
    assert series.geometry.shape == (40, 64, 64)
    assert series.geometry.spacing_mm == pytest.approx((2.5, 0.8, 0.8))
    assert series.geometry.plane is Plane.AXIAL
    volume = read(series)
    assert volume.array.dtype == np.int16
    assert share_wrong(volume) < 0.002


def test_file_names_place_nothing(tmp_path: Path) -> None:
    paths = write_stack(tmp_path, count=12)
    for k, path in enumerate(paths):
        path.rename(tmp_path / f"x{(k * 7) % 12:02d}")
    (series,) = scan(tmp_path).series
    assert series.problems == ()
    assert share_wrong(read(series)) < 0.002


def test_shuffled_instance_numbers_are_a_note(tmp_path: Path) -> None:
    def shuffle(dataset: FileDataset, k: int) -> None:
        dataset.InstanceNumber = (k * 5) % 12 + 1

    write_stack(tmp_path, shuffle, count=12)
    found = scan(tmp_path)
    assert kinds(found) == {"instance-order-differs"}
    assert share_wrong(read(found.series[0])) < 0.002


def test_repeated_instance_numbers_are_a_note(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda dataset, k: setattr(dataset, "InstanceNumber", 1), count=12)
    found = scan(tmp_path)
    assert kinds(found) == {"instance-numbers-repeat"}
    assert share_wrong(read(found.series[0])) < 0.002


def test_missing_slice_names_gap_and_neighbours_and_withholds_the_grid(tmp_path: Path) -> None:
    write_stack(tmp_path)[17].unlink()
    (series,) = scan(tmp_path).series
    (problem,) = series.problems
    assert problem.kind == "missing-slice"
    assert problem.stops is Stops.VOLUME
    assert "gap 5.0 mm, spacing 2.5 mm" in problem.sentence
    assert problem.files == (str(tmp_path / "016.dcm"), str(tmp_path / "018.dcm"))
    assert series.geometry.affine is None
    assert series.geometry.plane is Plane.AXIAL  # the gate must still know it
    assert series.frames[17].position == pytest.approx((CORNER, CORNER, -5.0))
    assert read(series).array.shape == (39, 64, 64)


def test_every_second_slice_missing_is_uneven_spacing(tmp_path: Path) -> None:
    paths = write_stack(tmp_path)
    for k in range(21, 40, 2):
        paths[k].unlink()
    (series,) = scan(tmp_path).series
    (problem,) = series.problems
    assert problem.kind == "uneven-spacing"
    assert "2.50 to 5.00 mm" in problem.sentence and "9 gaps" in problem.sentence


def test_two_slices_left_of_three_are_not_a_regular_stack(tmp_path: Path) -> None:
    """What is left around a damaged slice looks even, and still has a hole."""
    paths = write_stack(tmp_path, count=3)
    paths[1].write_bytes(paths[1].read_bytes()[:-5000])
    (series,) = scan(tmp_path).series
    assert {p.kind for p in series.problems} == {"truncated", "missing-slice"}
    assert series.geometry.affine is None


def test_file_twice_counts_once(tmp_path: Path) -> None:
    paths = write_stack(tmp_path, count=12)
    (tmp_path / "copy.dcm").write_bytes(paths[5].read_bytes())
    (series,) = scan(tmp_path).series
    assert len(series.frames) == 12
    assert [p.kind for p in series.problems] == ["duplicate-file"]
    assert set(series.problems[0].files) == {str(paths[5]), str(tmp_path / "copy.dcm")}
    assert series.geometry.affine is not None


def test_one_name_for_two_images_is_a_problem(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda d, k: setattr(d, "SOPInstanceUID", f"1.2.{k + 1}"), count=12)
    other = axial(5)
    other.SOPInstanceUID = "1.2.6"
    fill(other, np.full((SIZE, SIZE), 1500))
    save(other, tmp_path / "z.dcm")
    (series,) = scan(tmp_path).series
    assert {"same-sop-instance-differs", "duplicate-position"} <= {p.kind for p in series.problems}
    assert series.geometry.affine is None


def test_one_name_for_all_slices_is_read_by_position(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda d, k: setattr(d, "SOPInstanceUID", "1.2.99"), count=12)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["same-sop-instance"]
    assert "12 slices" in series.problems[0].sentence
    assert share_wrong(read(series)) < 0.002


def test_rounded_positions_are_even(tmp_path: Path) -> None:
    jitter = np.random.default_rng(0).uniform(-0.02, 0.02, 40)

    def move(dataset: FileDataset, k: int) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, round(float(z) + jitter[k], 3)]

    write_stack(tmp_path, move)
    (series,) = scan(tmp_path).series
    assert series.problems == ()
    geometry = series.geometry
    # The far end is placed right, not only the first two slices.
    assert geometry.to_mm(np.array([[39.0, 0, 0]]))[0, 2] == pytest.approx(47.5, abs=0.1)


def test_two_patients_are_never_one_volume(tmp_path: Path) -> None:
    def other(dataset: FileDataset, k: int) -> None:
        if k >= 6:
            dataset.PatientID, dataset.PatientName = "P2", "Other^Person"

    write_stack(tmp_path, other, count=12)
    found = scan(tmp_path)
    assert [len(series.frames) for series in found.series] == [6, 6]
    for series in found.series:
        (problem,) = series.problems
        assert problem.kind == "two-patients"
        assert {Path(file).name for file in problem.files} == {"000.dcm", "006.dcm"}
        assert "Person" not in problem.sentence and "Synthetic" not in problem.sentence


def test_localiser_stands_apart(tmp_path: Path) -> None:
    write_stack(tmp_path)
    save(section((CORNER, 0.0, 50.0), CORONAL), tmp_path / "loc.dcm")
    found = scan(tmp_path)
    assert {(s.label, len(s.frames)) for s in found.series} == {
        ("CT, axial", 40),
        ("localiser, coronal", 1),
    }
    assert kinds(found) == {"mixed-orientation"}


def test_two_orientations_are_two_volumes(tmp_path: Path) -> None:
    write_stack(tmp_path, count=10)
    for k in range(10):
        save(section((-12 + 2.5 * k, CORNER, 25.0), SAGITTAL, number=20 + k), tmp_path / f"s{k}")
    found = scan(tmp_path)
    assert [s.geometry.plane for s in found.series] == [Plane.AXIAL, Plane.SAGITTAL]
    assert all(share_wrong(read(s)) < 0.002 for s in found.series)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("mixed-matrix", {"shape": (32, 32)}),
        ("mixed-pixel-spacing", {"spacing": (0.4, 0.4)}),
    ],
)
def test_unlike_grids_are_two_volumes(tmp_path: Path, kind: str, how: dict[str, object]) -> None:
    write_stack(tmp_path, count=6)
    for k in range(6, 12):
        place = (CORNER, CORNER, (k - 20) * 2.5)
        save(section(place, number=k + 1, **how), tmp_path / f"b{k}")  # type: ignore[arg-type]
    found = scan(tmp_path)
    assert sorted(len(s.frames) for s in found.series) == [6, 6]
    assert kinds(found) == {kind}
    assert all(share_wrong(read(s)) < 0.002 for s in found.series)


@pytest.mark.parametrize(
    ("keyword", "values", "labels"),
    [
        ("EchoTime", [10, 20, 30], ["TE 10 ms", "TE 20 ms", "TE 30 ms"]),
        ("DiffusionBValue", [0.0, 500.0, 1000.0], ["b 0", "b 500", "b 1000"]),
        ("TemporalPositionIdentifier", [1, 2], ["time 1", "time 2"]),
        ("NominalPercentageOfCardiacPhase", [0.0, 20.0], ["phase 0", "phase 20"]),
    ],
)
def test_what_changes_contrast_or_time_splits(
    tmp_path: Path, keyword: str, values: list[float], labels: list[str]
) -> None:
    for value in values:
        write_stack(
            tmp_path / str(value),
            lambda d, k, value=value: setattr(d, keyword, value),  # type: ignore[misc]
            count=6,
            modality="MR",
        )
    found = scan(tmp_path)
    assert [s.label.split(", ")[-1] for s in found.series] == labels
    assert [s.geometry.shape for s in found.series] == [(6, 64, 64)] * len(values)
    assert all(s.geometry.affine is not None for s in found.series)


def test_magnitude_and_phase_are_two_volumes(tmp_path: Path) -> None:
    for part in "MP":
        kind = ["ORIGINAL", "PRIMARY", part]
        write_stack(
            tmp_path / part,
            lambda d, k, kind=kind: setattr(d, "ImageType", kind),  # type: ignore[misc]
            count=6,
            modality="MR",
        )
    assert [s.label for s in scan(tmp_path).series] == ["MR, magnitude", "MR, phase"]


def test_acquisitions_half_a_step_apart_are_two_volumes(tmp_path: Path) -> None:
    def second(dataset: FileDataset, k: int) -> None:
        dataset.AcquisitionNumber = 2
        x, y, z = (float(v) for v in dataset.ImagePositionPatient)
        dataset.ImagePositionPatient = [x, y, z + 1.25]
        values = hounsfield(slice_points((x, y, z + 1.25), AXIAL)).reshape(SIZE, SIZE)
        fill(dataset, values + 1024)

    write_stack(tmp_path / "a", lambda d, k: setattr(d, "AcquisitionNumber", 1), count=12)
    write_stack(tmp_path / "b", second, count=12)
    found = scan(tmp_path)
    assert [s.geometry.spacing_mm for s in found.series] == [pytest.approx((2.5, 0.8, 0.8))] * 2
    assert all(share_wrong(read(s)) < 0.002 for s in found.series)


def test_step_and_shoot_acquisitions_are_one_volume(tmp_path: Path) -> None:
    """Acquisitions that follow on one another are pieces of one volume."""
    write_stack(tmp_path, lambda d, k: setattr(d, "AcquisitionNumber", k // 4), count=12)
    assert [len(s.frames) for s in scan(tmp_path).series] == [12]


def test_screen_save_is_a_picture_of_its_own(tmp_path: Path) -> None:
    write_stack(tmp_path, count=12)
    screen = instance("CT")
    screen.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    screen.SamplesPerPixel, screen.PhotometricInterpretation = 3, "RGB"
    screen.PlanarConfiguration, screen.Rows, screen.Columns = 0, 64, 64
    screen.BitsAllocated = screen.BitsStored = 8
    screen.HighBit, screen.PixelData = 7, bytes([250, 10, 20]) * 4096
    save(screen, tmp_path / "screen.dcm")
    found = scan(tmp_path)
    assert [len(s.frames) for s in found.series] == [12, 1]
    assert read(found.series[1]).array[0, 3, 4].tolist() == [250, 10, 20]


def test_half_in_a_subfolder_is_one_volume(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for path in write_stack(tmp_path, count=12)[::2]:
        path.rename(tmp_path / "sub" / path.name)
    (series,) = scan(tmp_path).series
    assert len(series.frames) == 12 and series.problems == ()


def test_single_slice_gives_no_volume_in_ml(tmp_path: Path) -> None:
    write_stack(tmp_path, count=1)
    (series,) = scan(tmp_path).series
    assert series.slice_thickness_mm == 2.5
    assert series.geometry.voxel_ml is None


def test_files_without_a_series_uid_are_not_one_series(tmp_path: Path) -> None:
    def unnamed(dataset: FileDataset, k: int) -> None:
        dataset.SeriesInstanceUID = dataset.StudyInstanceUID = ""

    def another(dataset: FileDataset, k: int) -> None:
        unnamed(dataset, k)
        dataset.PatientID = dataset.PatientName = "another"

    write_stack(tmp_path / "a", unnamed, count=5)
    write_stack(tmp_path / "b", another, count=5)
    cut = radiograph()
    cut.SeriesInstanceUID, cut.PixelData = "", b"1234"
    save(cut, tmp_path / "cut.dcm")
    for k in range(2):
        film = radiograph()
        film.SeriesInstanceUID, film.SOPClassUID = "", SecondaryCaptureImageStorage
        film.Modality = "OT"
        save(film, tmp_path / f"{k}.dcm")
    found = scan(tmp_path)
    assert sorted(len(series.frames) for series in found.series) == [1, 1, 5, 5]
    kinds_told = {problem.kind for series in found.series for problem in series.problems}
    assert not kinds_told & {"two-patients", "truncated"}
    assert [(p.kind, p.files) for p in found.problems] == [
        ("truncated", (str(tmp_path / "cut.dcm"),))
    ]
