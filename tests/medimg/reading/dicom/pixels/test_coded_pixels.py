"""Pictures that a bare codec opens into the volume are those that the long way gives."""

from __future__ import annotations

import os
import signal
import struct
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    JPEG2000,
    UID,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from medimg.phantoms.compressed import recode
from medimg.reading import read, scan
from medimg.reading.decoding.process import close, process_ids
from medimg.reading.dicom.pixels import plain_pixels
from medimg.reading.dicom.pixels.coded_pixels import RULES
from medimg.values.errors import Cancelled
from medimg.values.volume import Volume
from tests.medimg.reading.dicom.pixels.test_plain_pixels import compare, outcome, words
from tests.mutants import dicom_mutants
from tests.phantoms import axial, save, write_deadly_stack, write_stack

LOSSLESS = (RLELossless, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless)


def compressed(dataset: FileDataset, uid: UID, **how: int) -> FileDataset:
    """The same data set, its pixels encoded."""
    if uid not in (JPEGLossless, JPEGLosslessSV1):
        with warnings.catch_warnings(action="ignore"):
            dataset.compress(uid, generate_instance_uid=False, **how)
        return dataset
    with tempfile.TemporaryDirectory() as folder:
        native, coded = Path(folder, "native"), Path(folder, "coded")
        save(dataset, native)
        recode(native, coded, gdcm.TransferSyntax.GetTSType(str(uid)))
        return pydicom.dcmread(coded)


@pytest.mark.parametrize("uid", LOSSLESS, ids=lambda uid: uid.name)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [9, 12, 16])
def test_every_value_of_every_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: UID, signed: bool, bits: int
) -> None:
    """By both ways, and as they were before they were encoded."""
    low = -(1 << bits - 1) if signed else 0
    side = max(1 << bits // 2, 64)
    values = np.resize(np.arange(low, low + (1 << bits)), (side, side))
    facts = {"BitsStored": bits, "HighBit": bits - 1, "RescaleSlope": 1, "RescaleIntercept": -24}
    path = save(compressed(words(values, signed, **facts), uid), tmp_path / "x.dcm")
    assert compare(path, monkeypatch) == 1
    assert (read(scan(path).series[0]).array[0] == values - 24).all()


def test_a_series_is_one_block_and_right(tmp_path: Path) -> None:
    """Each slice by another codec, one of them uncompressed, all in their places."""
    plain = write_stack(tmp_path / "plain", count=9)
    (tmp_path / "coded").mkdir()
    syntaxes = [*LOSSLESS, None]
    for k, path in enumerate(plain):
        uid = syntaxes[k % len(syntaxes)]
        dataset = axial(k) if uid is None else compressed(axial(k), uid)
        save(dataset, tmp_path / "coded" / path.name)
    expected, got = (read(scan(tmp_path / name).series[0]) for name in ("plain", "coded"))
    assert got.array.dtype == np.int16 and got.array.base is None
    assert (got.array == expected.array).all()


def reach(dataset: FileDataset) -> bytes:
    """The coded bytes of its one frame."""
    return get_frame(dataset.PixelData, 0, number_of_frames=1)


def _two_fragments(dataset: FileDataset) -> None:
    dataset.PixelData = encapsulate([reach(dataset)], fragments_per_frame=2)


def _smaller_than_declared(dataset: FileDataset) -> None:
    dataset.Rows = dataset.Rows // 2


def _sign_of_the_header_alone(dataset: FileDataset) -> None:
    dataset.PixelRepresentation = 1


def _offsets_elsewhere(dataset: FileDataset) -> None:
    dataset.ExtendedOffsetTable = struct.pack("<Q", 0)
    dataset.ExtendedOffsetTableLengths = struct.pack("<Q", len(reach(dataset)))


@pytest.mark.parametrize(
    ("uid", "change"),
    [
        (JPEGLSLossless, _two_fragments),
        (JPEGLSLossless, _smaller_than_declared),
        (JPEG2000Lossless, _sign_of_the_header_alone),
        (JPEG2000Lossless, _smaller_than_declared),
        (RLELossless, _offsets_elsewhere),
    ],
)
def test_what_differs_takes_the_long_way(
    tmp_path: Path, uid: UID, change: Callable[[FileDataset], None]
) -> None:
    dataset = compressed(axial(0), uid)
    assert plain_pixels.plan(save(dataset, tmp_path / "as-it-is.dcm")) is not None
    change(dataset)
    assert plain_pixels.plan(save(dataset, tmp_path / "changed.dcm")) is None


@pytest.mark.parametrize(
    ("uid", "how"), [(JPEGLSNearLossless, {"jls_error": 2}), (JPEG2000, {"j2k_cr": [8]})]
)
def test_loss_that_is_not_told_is_noted(tmp_path: Path, uid: UID, how: dict[str, int]) -> None:
    """The bare codec takes lossy pictures only where there is nothing to be said of them."""
    dataset = compressed(axial(0), uid, **how)
    dataset.LossyImageCompression = "01"
    told = save(dataset, tmp_path / "told.dcm")
    assert plain_pixels.plan(told) is not None
    del dataset.LossyImageCompression
    untold = save(dataset, tmp_path / "untold.dcm")
    assert "lossy" in {problem.kind for problem in read(scan(untold).series[0]).problems}


def test_a_damaged_slice_costs_itself_and_no_process(tmp_path: Path) -> None:
    """A codec that says no is asked for the next one."""

    def spoil(dataset: FileDataset, k: int) -> None:
        compressed(dataset, JPEGLSLossless)
        if k == 3:
            coded = bytearray(reach(dataset))
            coded[len(coded) // 2 :] = b"\xff\xd9" * (-(-len(coded) // 4))
            dataset.PixelData = encapsulate([bytes(coded)])

    write_stack(tmp_path, spoil, count=8)
    close()
    volume = read(scan(tmp_path).series[0])
    assert volume.array.shape[0] == 7
    (problem,) = (p for p in volume.problems if p.kind == "decode-failed")
    assert problem.files == (str(tmp_path / "003.dcm"),)
    before = process_ids()
    read(scan(tmp_path).series[0])
    assert before and process_ids() == before


def test_processes_are_no_more_than_cores(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda dataset, k: _compress(dataset, True), count=20)
    close()
    read(scan(tmp_path).series[0])
    assert 1 <= len(process_ids()) <= plain_pixels.THREADS - 1


def test_a_crash_costs_its_slice_alone(tmp_path: Path) -> None:
    """Also where other slices are decoded beside it; it is planned like any other."""
    write_deadly_stack(tmp_path)
    assert plain_pixels.plan(tmp_path / "002.dcm") is not None
    volume = read(scan(tmp_path).series[0])
    kinds = {problem.kind: problem.files for problem in volume.problems}
    assert volume.array.shape[0] == 4 and kinds["decoder-crashed"] == (str(tmp_path / "002.dcm"),)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="halts processes")
def test_who_cancels_waits_for_no_codec(tmp_path: Path) -> None:
    """A codec that never answers: the decoders are halted, and the first slice needs none."""

    def stop(done: int, total: int) -> None:
        began.append(time.monotonic())
        raise Cancelled("enough")

    write_stack(tmp_path, lambda dataset, k: _compress(dataset, k > 0), count=12)
    (series,) = scan(tmp_path).series
    read(series)
    before = process_ids()
    for process in before:
        os.kill(process, signal.SIGSTOP)
    began: list[float] = []
    with pytest.raises(Cancelled):
        read(series, progress=stop)
    assert time.monotonic() - began[0] < 1.0
    assert read(series).array.shape[0] == 12
    assert before and not set(before) & set(process_ids())


def _compress(dataset: FileDataset, is_wanted: bool) -> None:
    if is_wanted:
        dataset.compress(RLELossless, generate_instance_uid=False)


def test_spoiled_codestreams_end_alike(tmp_path: Path) -> None:
    assert compare_spoiled(tmp_path, 1_000).total() >= 12


@pytest.mark.slow
def test_thousands_of_spoiled_codestreams_end_alike(tmp_path: Path) -> None:
    counts = compare_spoiled(tmp_path, 10_000)
    assert counts.total() >= 100 and len(counts) >= 5


def compare_spoiled(folder: Path, count: int) -> Counter[str]:
    """Assert that both ways agree; how many of each syntax a bare codec was asked for."""
    planned, path = Counter[str](), folder / "mutant.dcm"
    for mutant in dicom_mutants(count):
        if mutant.family not in RULES:
            continue
        path.write_bytes(mutant.data)
        if plain_pixels.plan(path) is None:
            continue
        for series in scan(path).series:
            planned[mutant.family] += 1
            ours = outcome(series)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(plain_pixels, "plan", lambda *_: None)
                theirs = outcome(series)
            who = f"{mutant.name} of {mutant.seed} by {mutant.how}"
            if not isinstance(ours, Volume) or not isinstance(theirs, Volume):
                assert ours == theirs, who
                continue
            assert np.array_equal(ours.array, theirs.array), who
            assert ours.array.dtype == theirs.array.dtype, who
            assert ours.problems == theirs.problems, who
    return planned
