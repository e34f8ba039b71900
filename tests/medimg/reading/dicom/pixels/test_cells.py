"""Cells that are no machine words: unpacked to what was packed, as GDCM does where it can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from medimg.reading import read, scan
from medimg.values.errors import InputRefused
from tests.faults.table import chosen, make
from tests.phantoms import instance, save

BIG_ENDIAN = "1.2.840.10008.1.2.2"


def _packed(values: np.ndarray, bits: int) -> bytes:
    """Values one after another, the lowest bit first: by the text of their digits."""
    digits = "".join(f"{int(value) & (1 << bits) - 1:0{bits}b}"[::-1] for value in values.ravel())
    digits += "0" * (-len(digits) % 16)
    return bytes(int(digits[k : k + 8][::-1], 2) for k in range(0, len(digits), 8))


def _write(path: Path, values: np.ndarray, bits: int, **facts: object) -> Path:
    dataset = instance("MR")
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = values.shape
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7.2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelData = _packed(values, bits)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    dataset.update(facts)
    return save(dataset, path)


@pytest.mark.parametrize("bits", [1, 2, 4, 7, 10, 12, 14, 20, 24, 40, 48])
@pytest.mark.parametrize("is_signed", [False, True])
def test_frames_that_begin_inside_a_byte(tmp_path: Path, bits: int, is_signed: bool) -> None:
    """Three frames of 5 x 7, in every width; the last is the highest that fits."""
    low = -(1 << bits - 1) if is_signed else 0
    values = np.random.default_rng(bits).integers(low, low + (1 << bits), (3, 5, 7))
    values[-1, -1, -1] = low + (1 << bits) - 1
    _write(tmp_path / "x", values, bits, PixelRepresentation=int(is_signed))
    assert np.array_equal(read(scan(tmp_path).series[0]).array, values)


@pytest.mark.parametrize("is_signed", [False, True])
def test_values_above_bits_that_are_not_theirs(tmp_path: Path, is_signed: bool) -> None:
    """Ten bits up to bit 10 of twelve."""
    low = -512 if is_signed else 0
    values = np.random.default_rng(1).integers(low, low + 1024, (1, 6, 8))
    cells = (values & 0x3FF) << 1 | 0x801
    _write(tmp_path / "x", cells, 12, BitsStored=10, HighBit=10, PixelRepresentation=int(is_signed))
    assert np.array_equal(read(scan(tmp_path).series[0]).array, values)


def test_big_endian_words_are_turned(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 4096, (1, 6, 8))
    path = _write(tmp_path / "x", values, 12)
    dataset = pydicom.dcmread(path)
    words = np.frombuffer(dataset.PixelData, "<u2")
    dataset.PixelData = words.astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = BIG_ENDIAN
    save(dataset, path)
    assert np.array_equal(read(scan(tmp_path).series[0]).array, values)


def test_gdcm_unpacks_twelve_bits_alike(tmp_path: Path) -> None:
    ((_, row),) = chosen(["packed-12"])
    make(row, tmp_path)
    (series,) = scan(tmp_path).series
    ours = read(series).array
    for frame, values in zip(series.frames, ours, strict=True):
        theirs = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(frame.file))
        assert np.array_equal(theirs[0], values)


@pytest.mark.parametrize(
    "facts", [{"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0},
              {"BitsStored": 12, "HighBit": 13}, {"BitsStored": 13, "HighBit": 12}]
)  # fmt: skip
def test_what_twelve_bits_cannot_be_is_said(tmp_path: Path, facts: dict[str, object]) -> None:
    values = np.zeros((1, 6, 24), dtype=int)
    _write(tmp_path / "x", values, 12, **facts)
    found = scan(tmp_path)
    if not found.series:
        assert found.problems
        return
    with pytest.raises(InputRefused, match="cannot be decoded"):
        read(found.series[0])
