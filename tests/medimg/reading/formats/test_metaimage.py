"""MetaImage: held against SimpleITK; what is not told is not guessed."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as itk

from medimg.reading import read, scan
from medimg.values.volume import Unit
from tests.medimg.reading.truth import kinds

#: [slice, row, column], each value once.
VOXELS = np.arange(5 * 6 * 7, dtype="<i2").reshape(5, 6, 7)
KEYS = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "-10 20 30",
    "ElementSpacing": "0.8 0.9 2.5",
    "DimSize": "7 6 5",
    "ElementType": "MET_SHORT",
}


def _write(path: Path, body: bytes = VOXELS.tobytes(), data: str = "LOCAL", **changed: str) -> Path:
    keys = KEYS | changed
    text = "".join(f"{key} = {value}\n" for key, value in keys.items() if value)
    path.write_bytes(f"{text}ElementDataFile = {data}\n".encode() + body)
    return path


@pytest.mark.parametrize(
    "matrix",
    [
        "1 0 0 0 1 0 0 0 1",
        "-1 0 0 0 -1 0 0 0 1",
        "0 1 0 0 0 -1 -1 0 0",
        "0.8 0.6 0 -0.6 0.8 0 0 0 1",
    ],
)
def test_every_voxel_keeps_its_place(tmp_path: Path, matrix: str) -> None:
    path = _write(tmp_path / "x.mha", TransformMatrix=matrix)
    volume = read(scan(path).series[0])
    assert not volume.problems
    truth = itk.ReadImage(str(path))
    places = volume.series.geometry.to_mm(np.indices(volume.array.shape).reshape(3, -1).T)
    for place, value in zip(places, volume.array.reshape(-1), strict=True):
        assert truth[truth.TransformPhysicalPointToIndex(place)] == value


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
def test_written_by_itk(tmp_path: Path, suffix: str, is_packed: bool) -> None:
    """The other program's own files, its data file beside the header; no second image of it."""
    image = itk.GetImageFromArray(VOXELS)
    image.SetSpacing((0.8, 0.9, 2.5))
    itk.WriteImage(image, str(tmp_path / f"x{suffix}"), is_packed)
    found = scan(tmp_path)
    assert not found.problems and len(found.series) == 1
    assert (read(found.series[0]).array == VOXELS).all()


def test_big_endian(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.mha", VOXELS.astype(">i2").tobytes(), BinaryDataByteOrderMSB="True")
    assert (read(scan(path).series[0]).array == VOXELS).all()


def test_text(tmp_path: Path) -> None:
    body = " ".join(map(str, VOXELS.reshape(-1))).encode()
    path = _write(tmp_path / "x.mha", body, BinaryData="False")
    assert (read(scan(path).series[0]).array == VOXELS).all()


@pytest.mark.parametrize("packed", ["", "size"])
def test_compressed_and_cut(tmp_path: Path, packed: str) -> None:
    body = zlib.compress(VOXELS.tobytes())
    size = str(len(body)) if packed else ""
    path = tmp_path / "x.mha"
    _write(path, body, CompressedData="True", CompressedDataSize=size)
    assert (read(scan(path).series[0]).array == VOXELS).all()
    _write(path, body[: len(body) // 2], CompressedData="True", CompressedDataSize=size)
    found = scan(path)
    assert (
        kinds(found) == {"truncated"} and f"of {VOXELS.nbytes} bytes" in found.problems[0].sentence
    )


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"ElementSpacing": "", "ElementSize": "0.8 0.9 2.5"}, "spacing-from-ElementSize"),
        ({"ElementSpacing": ""}, "spacing-unknown"),
        ({"ElementSpacing": "0.8 0.9 0"}, "bad-number"),
        ({"ElementSpacing": "0.8 0.9 -2.5"}, "bad-number"),
        ({"TransformMatrix": ""}, "no-orientation"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "bad-orientation"),
        ({"TransformMatrix": "1 0 0 0.3 1 0 0 0 1"}, "sheared"),
        ({"Offset": ""}, "origin-missing"),
        ({"BinaryDataByteOrderMSB": ""}, "byte-order-missing"),
    ],
)
def test_what_is_not_told_is_said(tmp_path: Path, changed: dict[str, str], kind: str) -> None:
    (series,) = scan(_write(tmp_path / "x.mha", **changed)).series
    assert kind in {problem.kind for problem in series.problems}
    if kind == "spacing-from-ElementSize":
        assert series.geometry.spacing_mm == pytest.approx((2.5, 0.9, 0.8))
        assert not series.grave
    if kind in ("spacing-unknown", "bad-number", "no-orientation", "bad-orientation"):
        assert series.geometry.affine is None


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"ObjectType": "Tube"}, "unsupported"),
        ({"ElementType": "MET_STRING"}, "unsupported"),
        ({"NDims": "2"}, "decode-failed"),
        ({"DimSize": "7 6 many"}, "decode-failed"),
        ({"DimSize": "40000 40000 40000"}, "too-large"),
        ({"DimSize": "7 6 9"}, "truncated"),
        ({"data": "../secret.raw"}, "data-file-outside"),
        ({"data": "gone.raw"}, "no-pixels"),
    ],
)
def test_refused(tmp_path: Path, changed: dict[str, str], kind: str) -> None:
    (tmp_path / "secret.raw").write_bytes(VOXELS.tobytes())
    (tmp_path / "opened").mkdir()
    found = scan(_write(tmp_path / "opened" / "x.mhd", **changed))
    assert kinds(found) == {kind} and not found.series


def test_colour_and_channels(tmp_path: Path) -> None:
    rgb = np.arange(5 * 6 * 7 * 3).astype(np.uint8).reshape(5, 6, 7, 3)
    changed = {"ElementNumberOfChannels": "3", "ElementType": "MET_UCHAR"}
    volume = read(scan(_write(tmp_path / "x.mha", rgb.tobytes(), **changed)).series[0])
    assert volume.unit is Unit.COLOUR and (volume.array == rgb).all()
    vectors = rgb.astype("<f4")
    changed["ElementType"] = "MET_FLOAT"
    found = scan(_write(tmp_path / "y.mha", vectors.tobytes(), **changed))
    assert kinds(found) == {"several-volumes"}
    assert all((read(s).array == vectors[..., k]).all() for k, s in enumerate(found.series))


def test_times(tmp_path: Path) -> None:
    stack = np.stack([VOXELS + 1000 * time for time in range(3)]).astype("<i2")
    matrix = " ".join(str(int(x)) for x in np.eye(4).reshape(-1))
    path = _write(tmp_path / "x.mha", stack.tobytes(), NDims="4", DimSize="7 6 5 3",
                  TransformMatrix=matrix, Offset="-10 20 30 0",
                  ElementSpacing="0.8 0.9 2.5 1")  # fmt: skip
    found = scan(path)
    assert [int(read(series).array[0, 0, 0]) for series in found.series] == [0, 1000, 2000]
    assert found.series[2].geometry.spacing_mm == pytest.approx((2.5, 0.9, 0.8))


@pytest.mark.parametrize(
    ("unit", "factor"), [("mm", 1.0), ("um", 1e-3), ("cm", 10.0), ("?", 1.0), ("inch", None)]
)
def test_units_other_than_mm_are_converted(unit: str, factor: float | None, tmp_path: Path) -> None:
    """Voxels of 800 µm were 800 mm."""
    (series,) = scan(_write(tmp_path / "x.mha", DistanceUnits=unit)).series
    geometry = series.geometry
    if factor is None:
        assert geometry.affine is None and "spacing-unknown" in {p.kind for p in series.problems}
        return
    assert geometry.affine is not None
    assert geometry.plane_spacing.row_mm == pytest.approx(0.9 * factor)
    assert geometry.affine[:3, 3] == pytest.approx(np.array([-10, 20, 30]) * factor)
