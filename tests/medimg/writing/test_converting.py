"""Written volumes keep values and places; what a format cannot hold is refused or said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.data import get_testdata_file

from medimg.reading import headers, read, scan
from medimg.values.errors import InputRefused, OutputFailed, UsageError
from medimg.values.volume import Unit, Volume
from medimg.writing import WRITERS
from medimg.writing.converting import convert
from medimg.writing.stack import Stack
from tests.phantoms import PIXEL_MM, SIZE, radiograph, save, section, write_stack

CORNER = -PIXEL_MM * SIZE / 2
FILES = [suffix for suffix in WRITERS if suffix not in ("", ".h5")]
OURS = [suffix for suffix in WRITERS if suffix in ("", ".h5", ".nii.gz")]


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    write_stack(tmp_path / "in", count=6)
    return read(scan(tmp_path / "in").series[0])


def stack_of(path: Path) -> Stack:
    """All volumes under a path, as one stack."""
    found = scan(path).series
    return Stack(tuple(read(series) for series in found), headers(found[0]))


def sheared(folder: Path) -> Volume:
    """A stack of a gantry tilted by 15 degrees."""
    tilt = math.radians(15)
    turned = (1.0, 0.0, 0.0, 0.0, round(math.cos(tilt), 6), round(-math.sin(tilt), 6))
    folder.mkdir()
    for k in range(4):
        save(section((CORNER, CORNER, 2.5 * k), turned, number=k), folder / str(k))
    return read(scan(folder).series[0])


@pytest.mark.parametrize("suffix", FILES)
def test_another_reader_finds_the_same(tmp_path: Path, volume: Volume, suffix: str) -> None:
    out = tmp_path / f"x{suffix}"
    assert convert(Stack((volume,)), out) == ()
    image = SimpleITK.ReadImage(str(out))
    assert (SimpleITK.GetArrayFromImage(image) == volume.array).all()
    for index in ((0, 0, 0), (5, 63, 0), (2, 10, 50)):
        ours = volume.series.geometry.to_mm(np.array([index], dtype=float))[0]
        theirs = image.TransformIndexToPhysicalPoint(index[::-1])
        assert theirs == pytest.approx(ours, abs=1e-4)
    left = {path.name for path in tmp_path.iterdir()} - {"in"}
    assert left == ({out.name, "x.raw"} if suffix == ".mhd" else {out.name})


def test_dicom_is_read_by_another_reader_and_is_new(tmp_path: Path, volume: Volume) -> None:
    out = tmp_path / "new"
    assert convert(Stack((volume,), headers(volume.series)), out) == ()
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(out)))
    image = reader.Execute()
    assert (SimpleITK.GetArrayFromImage(image) == volume.array).all()
    assert image.GetSpacing() == pytest.approx((0.8, 0.8, 2.5))
    assert image.GetOrigin() == pytest.approx(volume.series.geometry.to_mm(np.zeros((1, 3)))[0])
    new = pydicom.dcmread(out / "0001.dcm")
    old = pydicom.dcmread(tmp_path / "in" / "000.dcm")
    assert new.ImageType[:2] == ["DERIVED", "SECONDARY"] and "esearch" in new.SeriesDescription
    assert (new.PatientID, new.StudyInstanceUID) == (old.PatientID, old.StudyInstanceUID)
    assert new.SeriesInstanceUID != old.SeriesInstanceUID
    assert new.SOPInstanceUID != old.SOPInstanceUID
    assert new.SourceImageSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID


@pytest.mark.parametrize("suffix", OURS)
def test_we_read_back_what_we_wrote(tmp_path: Path, volume: Volume, suffix: str) -> None:
    out = tmp_path / f"x{suffix}"
    convert(Stack((volume,), headers(volume.series)), out)
    (series,) = scan(out).series
    again = read(series)
    assert (again.array == volume.array).all()
    assert again.unit is (Unit.ARBITRARY if suffix == ".nii.gz" else Unit.HU)
    ours, theirs = volume.series.geometry.affine, series.geometry.affine
    assert ours is not None and theirs == pytest.approx(ours, abs=1e-4)


def test_hdf5_holds_no_identity_unless_asked(tmp_path: Path, volume: Volume) -> None:
    told = headers(volume.series)
    convert(Stack((volume,), told), tmp_path / "plain.h5")
    convert(Stack((volume,), told, has_identity=True), tmp_path / "whole.h5")
    plain, whole = (tmp_path / f"{name}.h5" for name in ("plain", "whole"))
    for word in (b"Phantom", b"P1", b"1.2.3.2", b"20260101"):
        assert word not in plain.read_bytes()
    assert headers(scan(plain).series[0]) == ()
    (series,) = scan(whole).series
    assert (series.patient, series.study) == (volume.series.patient, volume.series.study)
    assert headers(series) == told


def test_sheared_stack_is_kept_or_refused(tmp_path: Path) -> None:
    volume = sheared(tmp_path / "in")
    inside = volume.series.geometry.to_mm(np.array([[1.0, 20, 30]]))
    for suffix in (".nii", ".h5", ""):
        out = tmp_path / f"x{suffix}"
        convert(Stack((volume,)), out)
        again = read(scan(out).series[0])
        index = again.series.geometry.to_index(inside)[0]
        assert index == pytest.approx(np.rint(index), abs=1e-3)
        assert again.array[tuple(np.rint(index).astype(int))] == volume.array[1, 20, 30]
    convert(Stack((volume,)), tmp_path / "x.nrrd")
    header = (tmp_path / "x.nrrd").read_bytes().split(b"\n\n")[0].decode()
    (line,) = [line for line in header.splitlines() if line.startswith("space directions")]
    steps = [[float(x) for x in word.strip("()").split(",")] for word in line.split()[2:]]
    assert np.array(steps).T[:, ::-1] == pytest.approx(volume.series.geometry.affine[:3, :3])  # type: ignore[index]
    with pytest.raises(InputRefused, match=r"sheared.*Write \.nii\.gz, \.nrrd, \.h5"):
        convert(Stack((volume,)), tmp_path / "x.mha")


def test_stack_with_a_gap_is_no_volume(tmp_path: Path) -> None:
    write_stack(tmp_path / "in", count=8)[3].unlink()
    volume = read(scan(tmp_path / "in").series[0])
    for suffix in WRITERS:
        with pytest.raises(InputRefused, match="A slice is missing"):
            convert(Stack((volume,)), tmp_path / f"x{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
def test_no_millimetre_and_no_side_is_invented(tmp_path: Path, suffix: str) -> None:
    save(radiograph(), tmp_path / "film.dcm")
    volume = read(scan(tmp_path / "film.dcm").series[0])
    notes = convert(Stack((volume,)), tmp_path / f"x{suffix}")
    assert any("which side" in note for note in notes) and any("size" in note for note in notes)
    image = SimpleITK.ReadImage(str(tmp_path / f"x{suffix}"))
    assert (SimpleITK.GetArrayFromImage(image) == volume.array).all()
    with pytest.raises(InputRefused, match="place in the patient is unknown"):
        convert(Stack((volume,)), tmp_path / "x.mha")


@pytest.mark.parametrize("suffix", OURS)
def test_film_without_spacing_comes_back_without(tmp_path: Path, suffix: str) -> None:
    save(radiograph(), tmp_path / "film.dcm")
    volume = read(scan(tmp_path / "film.dcm").series[0])
    convert(Stack((volume,)), tmp_path / f"x{suffix}")
    again = read(scan(tmp_path / f"x{suffix}").series[0])
    assert (again.array == volume.array).all()
    assert not again.series.geometry.plane_spacing.is_known
    assert again.series.geometry.affine is None


def test_low_values_white_stay_so_and_are_said(tmp_path: Path) -> None:
    film = radiograph()
    film.PhotometricInterpretation = "MONOCHROME1"
    save(film, tmp_path / "film.dcm")
    volume = read(scan(tmp_path / "film.dcm").series[0])
    for suffix in ("", ".h5"):
        assert not any("white" in n for n in convert(Stack((volume,)), tmp_path / f"x{suffix}"))
        again = read(scan(tmp_path / f"x{suffix}").series[0])
        assert again.is_inverted and (again.array == volume.array).all()
    assert any("low is white" in note for note in convert(Stack((volume,)), tmp_path / "x.nii"))


def test_padding_is_kept_or_said(tmp_path: Path) -> None:
    def pad(dataset: pydicom.Dataset, k: int) -> None:
        dataset.PixelRepresentation, dataset.RescaleIntercept = 1, 0
        stored = np.frombuffer(dataset.PixelData, "<i2").reshape(SIZE, SIZE) - 1024
        stored[:8] = -2000
        dataset.PixelData = stored.astype("<i2").tobytes()
        dataset.add_new("PixelPaddingValue", "SS", -2000)

    write_stack(tmp_path / "in", pad, count=3)
    volume = read(scan(tmp_path / "in").series[0])
    assert volume.padding is not None
    for suffix in ("", ".h5"):
        convert(Stack((volume,)), tmp_path / f"x{suffix}")
        again = read(scan(tmp_path / f"x{suffix}").series[0])
        assert again.padding is not None and (again.padding == volume.padding).all()
    (note,) = convert(Stack((volume,)), tmp_path / "x.nrrd")
    assert note.startswith("12.5 % of the voxels are padding")


@pytest.mark.parametrize("suffix", FILES)
def test_colour_is_kept(tmp_path: Path, suffix: str) -> None:
    path = get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)
    volume = read(scan(path).series[0])
    if suffix in (".mha", ".mhd"):
        with pytest.raises(InputRefused, match="place"):
            convert(Stack((volume,)), tmp_path / f"x{suffix}")
        return
    convert(Stack((volume,)), tmp_path / f"x{suffix}")
    image = SimpleITK.ReadImage(str(tmp_path / f"x{suffix}"))
    assert (SimpleITK.GetArrayFromImage(image).reshape(volume.array.shape) == volume.array).all()


@pytest.mark.parametrize("suffix", ["", ".h5"])
def test_we_read_colour_back(tmp_path: Path, suffix: str) -> None:
    volume = read(scan(get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)).series[0])
    convert(Stack((volume,)), tmp_path / f"x{suffix}")
    again = read(scan(tmp_path / f"x{suffix}").series[0])
    assert again.unit is Unit.COLOUR and (again.array == volume.array).all()


def test_several_volumes_go_into_one_file_in_their_order(tmp_path: Path) -> None:
    def echoes(dataset: pydicom.Dataset, k: int) -> None:
        dataset.EchoTime, dataset.EchoNumbers = 10 * (k % 3 + 1), k % 3 + 1
        place = list(dataset.ImagePositionPatient)
        dataset.ImagePositionPatient = [*place[:2], 2.5 * (k // 3)]
        stored = np.frombuffer(dataset.PixelData, "<u2") + 1000 * (k % 3)
        dataset.PixelData = stored.astype("<u2").tobytes()

    write_stack(tmp_path / "in", echoes, count=12, modality="MR")
    stack = stack_of(tmp_path / "in")
    assert stack.names == ("TE 10 ms", "TE 20 ms", "TE 30 ms")
    for suffix in (".nii.gz", ".nrrd", ".mha"):
        convert(stack, tmp_path / f"x{suffix}")
        image = SimpleITK.ReadImage(str(tmp_path / f"x{suffix}"))
        found = SimpleITK.GetArrayFromImage(image)
        if suffix == ".nrrd":  # SimpleITK takes the axis of a list for components
            found = np.moveaxis(found, -1, 0)
        assert (found == stack.array).all()
    convert(stack, tmp_path / "x.h5")
    again = stack_of(tmp_path / "x.h5")
    assert again.names == stack.names and (again.array == stack.array).all()
    with pytest.raises(InputRefused, match="several volumes, which DICOM cannot hold"):
        convert(stack, tmp_path / "x")


def test_volumes_of_two_grids_do_not_mix(tmp_path: Path, volume: Volume) -> None:
    write_stack(tmp_path / "more", count=5)
    other = read(scan(tmp_path / "more").series[0])
    with pytest.raises(InputRefused, match="6 x 64 x 64 and 5 x 64 x 64"):
        Stack((volume, other))


def test_unknown_suffix_and_absent_folder(tmp_path: Path, volume: Volume) -> None:
    with pytest.raises(UsageError, match=r"\.nii\.gz"):
        convert(Stack((volume,)), tmp_path / "x.png")
    with pytest.raises(OutputFailed, match="could not be written"):
        convert(Stack((volume,)), tmp_path / "absent" / "x.nii")
