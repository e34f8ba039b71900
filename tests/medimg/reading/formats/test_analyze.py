"""Analyze 7.5: values as stored, and no side is ever named."""

from __future__ import annotations

import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medimg.reading import read, scan
from medimg.values.volume import Unit
from tests.medimg.reading.truth import kinds

#: [i, j, k], each value once.
VOXELS = np.arange(7 * 6 * 5, dtype=np.int16).reshape(7, 6, 5)


def _save(folder: Path, array: np.ndarray = VOXELS) -> Path:
    image = nibabel.AnalyzeImage(array, np.diag([0.8, 0.9, 2.5, 1.0]))
    nibabel.save(image, folder / "x.img")
    return folder / "x.hdr"


def _patch(path: Path, place: int, raw: bytes) -> Path:
    body = bytearray(path.read_bytes())
    body[place : place + len(raw)] = raw
    path.write_bytes(bytes(body))
    return path


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_values_are_those_stored(tmp_path: Path, kind: type) -> None:
    path = _save(tmp_path, VOXELS.astype(kind))
    found = scan(tmp_path)
    (series,) = found.series
    assert not found.problems  # the image file is no file of its own
    truth = np.asarray(nibabel.load(path).dataobj).transpose(2, 1, 0)
    assert (read(series).array == truth).all()


def test_sides_are_unknown_and_steps_are_told(tmp_path: Path) -> None:
    (series,) = scan(_save(tmp_path)).series
    assert series.geometry.affine is None
    assert series.geometry.plane_spacing.row_mm == pytest.approx(0.9)
    (problem,) = series.problems
    assert problem.kind == "no-orientation" and "0.8 x 0.9 x 2.5 mm" in problem.sentence


def test_big_endian(tmp_path: Path) -> None:
    image = nibabel.AnalyzeImage(VOXELS, None, header=nibabel.AnalyzeHeader(endianness=">"))
    image.header.set_data_dtype(">i2")
    nibabel.save(image, tmp_path / "x.img")
    (series,) = scan(tmp_path).series
    assert (read(series).array == VOXELS.transpose(2, 1, 0)).all()


def test_times(tmp_path: Path) -> None:
    stack = np.stack([VOXELS, VOXELS + 1000], axis=-1)
    found = scan(_save(tmp_path, stack))
    assert [int(read(series).array.min()) for series in found.series] == [0, 1000]
    assert "several-volumes" in kinds(found)


def test_colour(tmp_path: Path) -> None:
    rgb = np.zeros(VOXELS.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    rgb["G"] = VOXELS % 251
    path = _save(tmp_path, rgb["G"])
    _patch(path, 70, struct.pack("<2h", 128, 24))
    path.with_suffix(".img").write_bytes(rgb.tobytes(order="F"))
    volume = read(scan(path).series[0])
    assert volume.unit is Unit.COLOUR
    assert (volume.array[..., 1] == rgb["G"].transpose(2, 1, 0)).all()


@pytest.mark.parametrize(
    ("place", "raw", "kind"),
    [
        (70, struct.pack("<2h", 32, 64), "unsupported"),  # complex
        (70, struct.pack("<2h", 4, 8), "decode-failed"),
        (80, struct.pack("<f", float("nan")), "bad-number"),
        (56, b"kg\0", "bad-number"),
        (112, struct.pack("<f", 0.5), "scale-ignored"),  # SPM's scale
        (46, struct.pack("<h", 50), "truncated"),
        (42, struct.pack("<3h", 30000, 30000, 30000), "too-large"),
    ],
)
def test_headers_that_lie(tmp_path: Path, place: int, raw: bytes, kind: str) -> None:
    assert kind in kinds(scan(_patch(_save(tmp_path), place, raw)))


def test_image_file_that_is_absent(tmp_path: Path) -> None:
    path = _save(tmp_path)
    path.with_suffix(".img").unlink()
    found = scan(tmp_path)
    assert kinds(found) == {"no-pixels"} and "x.img" in found.problems[0].sentence
