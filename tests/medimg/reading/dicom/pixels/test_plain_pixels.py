"""Pixels that are read straight into the volume are those that the long way gives."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom.data.data_manager import DATA_ROOT
from pydicom.dataset import FileDataset

from medimg.reading import read, scan
from medimg.reading.dicom.pixels import plain_pixels
from medimg.values.errors import InputRefused
from medimg.values.series import Series
from medimg.values.volume import Volume
from tests.conftest import SHARED_DATA
from tests.medimg.reading.truth import share_wrong
from tests.mutants import dicom_mutants
from tests.phantoms import axial, save, write_stack

#: Larger files say nothing that smaller ones do not.
SMALL = 4 << 20


def outcome(series: Series) -> Volume | str:
    """The volume, or the sentence of its refusal."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return read(series)
        except InputRefused as refused:
            return str(refused)


def compare(path: Path, patch: pytest.MonkeyPatch) -> int:
    """Assert that both ways agree on all series of a path; returns how many were plain."""
    found = scan(path).series
    plain = 0
    for series in found:
        if series.format != "dicom":
            continue
        plain += all(plain_pixels.plan(Path(frame.file)) for frame in series.frames)
        ours = outcome(series)
        with patch.context() as patched:
            patched.setattr(plain_pixels, "plan", lambda *_: None)
            theirs = outcome(series)
        if not isinstance(ours, Volume) or not isinstance(theirs, Volume):
            assert ours == theirs, path.name
            continue
        assert ours.array.dtype == theirs.array.dtype, path.name
        assert np.array_equal(ours.array, theirs.array, equal_nan=True), path.name
        assert ours.unit is theirs.unit, path.name
        assert ours.problems == theirs.problems, path.name
        assert len(ours.voi_tables) == len(theirs.voi_tables), path.name
        assert (ours.padding is None) == (theirs.padding is None), path.name
        if ours.padding is not None:
            assert np.array_equal(ours.padding, theirs.padding), path.name
    return plain


def test_same_pixels_of_every_file_that_pydicom_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [p for p in Path(DATA_ROOT).rglob("*.dcm") if p.stat().st_size < SMALL]
    assert sum(compare(path, monkeypatch) for path in files) >= 4


@pytest.mark.slow
@pytest.mark.shared_data
def test_same_pixels_of_every_shared_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [p for p in (SHARED_DATA / "dicom").rglob("*.dcm") if p.stat().st_size < SMALL]
    assert sum(compare(path, monkeypatch) for path in files) >= 40


def test_same_pixels_of_spoiled_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare_spoiled(tmp_path, monkeypatch, 300)


@pytest.mark.slow
def test_same_pixels_of_thousands_of_spoiled_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_spoiled(tmp_path, monkeypatch, 5_000)


def compare_spoiled(folder: Path, patch: pytest.MonkeyPatch, count: int) -> None:
    path = folder / "mutant.dcm"
    for mutant in dicom_mutants(count):
        if mutant.family in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1"):
            path.write_bytes(mutant.data)
            try:
                compare(path, patch)
            except AssertionError as error:
                raise AssertionError(f"{mutant.name} of {mutant.seed} by {mutant.how}") from error


def words(stored: np.ndarray, signed: bool, **attributes: object) -> FileDataset:
    """A slice with given words."""
    dataset = axial(0)
    dataset.PixelRepresentation = int(signed)
    dataset.Rows, dataset.Columns = stored.shape
    dataset.PixelData = stored.astype("<u2").tobytes()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [1, 10, 12, 15, 16])
@pytest.mark.parametrize(
    ("slope", "intercept"), [(1, 0), (1, -1024), (2, -32768), (0.5, 0), (-1, 100), (40, 0)]
)
def test_every_word_of_every_depth(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    signed: bool,
    bits: int,
    slope: float,
    intercept: float,
) -> None:
    """All 65 536 words, those with bits above the stored ones too, and padding among them."""
    stored = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
    facts = {"BitsStored": bits, "HighBit": bits - 1, "RescaleSlope": slope}
    dataset = words(stored, signed, RescaleIntercept=intercept, **facts)
    dataset.add_new("PixelPaddingValue", "SS" if signed else "US", 3)
    assert compare(save(dataset, tmp_path / "words.dcm"), monkeypatch) == 1


def test_a_slice_of_another_kind_among_plain_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One slice with values beyond 16 bits, one with padding: order and values hold."""

    def change(dataset: FileDataset, k: int) -> None:
        if k == 3:
            dataset.RescaleSlope = 100
        if k == 5:
            dataset.PixelPaddingValue = 1024

    write_stack(tmp_path, change, count=9)
    assert compare(tmp_path, monkeypatch) == 1
    (series,) = scan(tmp_path).series
    assert read(series).array.dtype == np.int32


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    """What is gone at the time of reading is left out and told, never filled."""
    paths = write_stack(tmp_path, count=5)
    (series,) = scan(tmp_path).series
    planned = plain_pixels.plan(paths[2])
    assert planned is not None
    paths[2].write_bytes(paths[2].read_bytes()[:-100])
    with pytest.raises(EOFError):
        plain_pixels.load(planned, np.empty((64, 64), np.int16), set())
    volume = read(series)
    assert volume.array.shape[0] == 4
    assert {"missing-slice"} <= {problem.kind for problem in volume.problems}


def test_a_plain_stack_is_one_block_and_right(tmp_path: Path) -> None:
    """The phantom's every voxel, in the type that holds it."""
    write_stack(tmp_path)
    (series,) = scan(tmp_path).series
    volume = read(series)
    assert volume.array.dtype == np.int16 and share_wrong(volume) < 0.002
