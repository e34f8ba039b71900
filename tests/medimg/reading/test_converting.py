"""Written volumes keep values and places; SimpleITK is the independent reader."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from medimg.reading import read, scan
from medimg.reading.converting import WRITERS, convert
from medimg.values.errors import InputRefused, OutputFailed, UsageError
from medimg.values.volume import Volume
from tests.phantoms import PIXEL_MM, SIZE, radiograph, save, section, write_stack

CORNER = -PIXEL_MM * SIZE / 2


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    write_stack(tmp_path / "in", count=6)
    return read(scan(tmp_path / "in").series[0])


@pytest.mark.parametrize("suffix", WRITERS)
def test_another_reader_finds_the_same(tmp_path: Path, volume: Volume, suffix: str) -> None:
    out = tmp_path / f"x{suffix}"
    assert convert(volume, out) == ()
    image = SimpleITK.ReadImage(str(out))
    assert (SimpleITK.GetArrayFromImage(image) == volume.array).all()
    for index in ((0, 0, 0), (5, 63, 0), (2, 10, 50)):
        ours = volume.series.geometry.to_mm(np.array([index], dtype=float))[0]
        theirs = image.TransformIndexToPhysicalPoint(index[::-1])
        assert theirs == pytest.approx(ours, abs=1e-4)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [out.name]


def test_sheared_stack_goes_to_nifti_and_nowhere_else(tmp_path: Path) -> None:
    tilt = math.radians(15)
    turned = (1.0, 0.0, 0.0, 0.0, round(math.cos(tilt), 6), round(-math.sin(tilt), 6))
    (tmp_path / "in").mkdir()
    for k in range(4):
        save(section((CORNER, CORNER, 2.5 * k), turned, number=k), tmp_path / "in" / str(k))
    volume = read(scan(tmp_path / "in").series[0])
    convert(volume, tmp_path / "x.nii")
    again = read(scan(tmp_path / "x.nii").series[0])
    points = again.series.geometry.to_mm(np.array([[1.0, 20, 30]]))
    index = tuple(np.rint(volume.series.geometry.to_index(points)[0]).astype(int))
    assert volume.array[index] == again.array[1, 20, 30]
    with pytest.raises(InputRefused, match="sheared"):
        convert(volume, tmp_path / "x.nrrd")


def test_stack_with_a_gap_is_no_volume(tmp_path: Path) -> None:
    write_stack(tmp_path / "in", count=8)[3].unlink()
    volume = read(scan(tmp_path / "in").series[0])
    with pytest.raises(InputRefused, match="A slice is missing"):
        convert(volume, tmp_path / "x.nii.gz")
    assert not (tmp_path / "x.nii.gz").exists()


def test_film_keeps_its_pixels_and_says_that_sides_are_unknown(tmp_path: Path) -> None:
    save(radiograph(), tmp_path / "film.dcm")
    volume = read(scan(tmp_path / "film.dcm").series[0])
    (note,) = convert(volume, tmp_path / "x.nii")
    assert "which side" in note
    again = read(scan(tmp_path / "x.nii").series[0])
    assert (again.array == volume.array).all()
    assert [p.kind for p in again.problems] == ["no-orientation"]


def test_unknown_suffix_and_absent_folder(tmp_path: Path, volume: Volume) -> None:
    with pytest.raises(UsageError, match=r"\.nii\.gz"):
        convert(volume, tmp_path / "x.png")
    with pytest.raises(OutputFailed, match="could not be written"):
        convert(volume, tmp_path / "absent" / "x.nii")
