"""The reader child: scans, reads and draws thumbnails of real files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from medimg.engine.calls import wait_for
from medimg.engine.client import Child, Progress
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.jobs.thumbnail import ThumbnailJob, fitted
from medimg.engine.protocol import Role
from medimg.values.failure import FailureKind
from medimg.values.series import Scan, Series
from medimg.values.volume import Volume
from tests.phantoms import write_deadly_stack, write_stack


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[Child]:
    """One reader child for the module."""
    with Child(Role.READER) as child:
        yield child


def scanned(reader: Child, path: str) -> Series:
    outcome = wait_for(reader, ScanJob((path,)))
    assert isinstance(outcome.value, Scan)
    return outcome.value.series[0]


def test_scan_read_and_thumbnail_of_a_real_ct(reader: Child) -> None:
    """pydicom's CT_small.dcm: 128 x 128 in HU; a literal pixel; a square thumbnail."""
    path = str(get_testdata_file("CT_small.dcm"))
    series = scanned(reader, path)
    outcome = wait_for(reader, ReadJob(series))
    assert isinstance(outcome.value, Volume)
    assert outcome.value.array.shape == (1, 128, 128)
    assert outcome.value.array[0, 0, 0] == 175 - 1024
    picture = wait_for(reader, ThumbnailJob(series, 66)).value
    assert isinstance(picture, np.ndarray)
    assert picture.shape == (66, 66) and picture.dtype == np.uint8
    assert picture.std() > 20


def test_a_slice_that_kills_its_codec_leaves_the_reader_alive(
    reader: Child, tmp_path: Path
) -> None:
    """The window reads the other four slices, by the same child, and is told of the third."""
    write_deadly_stack(tmp_path)
    series = scanned(reader, str(tmp_path))
    process_id = reader.process_id
    volume = wait_for(reader, ReadJob(series)).value
    assert isinstance(volume, Volume)
    assert volume.array.shape[0] == 4 and reader.process_id == process_id
    (problem,) = (p for p in volume.problems if p.kind == "decoder-crashed")
    assert [Path(f).name for f in problem.files] == ["002.dcm"]


def test_progress_of_a_scan(reader: Child, tmp_path: Path) -> None:
    """Files are counted as they are looked at."""
    for index in range(30):
        Image.fromarray(np.full((4, 4), index, np.uint8)).save(tmp_path / f"{index}.png")
    seen: list[Progress] = []
    outcome = wait_for(reader, ScanJob((str(tmp_path),)), seen.append)
    assert isinstance(outcome.value, Scan)
    assert len(outcome.value.series) == 30
    assert any("30" in progress.stage for progress in seen)


def test_vanished_file_is_a_failure_in_words(reader: Child, tmp_path: Path) -> None:
    """What is gone between scan and read is named, and the child goes on."""
    path = tmp_path / "film.png"
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(path)
    series = scanned(reader, str(tmp_path))
    path.unlink()
    failure = wait_for(reader, ReadJob(series)).failure
    assert failure is not None and failure.kind is FailureKind.INPUT
    assert "film.png" in failure.sentence


def test_thumbnail_keeps_the_shape_of_the_patient() -> None:
    """Pixels twice as high as wide make a square image of 40 x 80 pixels."""
    assert fitted(np.zeros((40, 80), np.uint8), 66, 2.0).shape == (66, 66)
    assert fitted(np.zeros((40, 80), np.uint8), 66, 1.0).shape == (33, 66)


def test_cancelled_reading_ends_within_a_second(reader: Child, tmp_path: Path) -> None:
    """Pixels are counted as they are read; the order to stop is obeyed between two frames."""
    write_stack(tmp_path, count=300)
    series = scanned(reader, str(tmp_path))
    seen: list[Progress] = []
    ordered: list[float] = []

    def at_first_frames(progress: Progress) -> None:
        if progress.fraction:
            seen.append(progress)

    def cancelled() -> bool:
        if seen and not ordered:
            ordered.append(time.monotonic())
        return bool(seen)

    child = reader.process_id
    failure = wait_for(reader, ReadJob(series), at_first_frames, cancelled).failure
    if failure is None:  # this machine read it in less than a tenth of a second
        assert "300 of 300" in seen[-1].stage
        return
    assert failure.kind is FailureKind.CANCELLED
    assert time.monotonic() - ordered[0] < 1.0
    assert "of 300" in seen[0].stage
    assert reader.process_id == child, "it stopped by itself and was not killed"
