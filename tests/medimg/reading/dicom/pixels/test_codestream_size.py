"""Frames that are compressed at another size than the file says: named at listing, left out."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from medimg.reading import read, scan
from tests.phantoms import instance, save


def _jpeg(rows: int, columns: int, grey: int) -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((rows, columns), grey, np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def _cine(path: Path, sizes: list[tuple[int, int]], *, offsets: bool) -> Path:
    """Frames of 16 x 24, each of one grey, some of another size."""
    dataset = instance("CR")
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.3.1", "US"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = len(sizes), 16, 24
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    del dataset.FrameOfReferenceUID
    frames = [_jpeg(*size, 40 * k) for k, size in enumerate(sizes)]
    dataset.PixelData = encapsulate(frames, has_bot=offsets)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return save(dataset, path)


@pytest.mark.parametrize("offsets", [True, False])
def test_frames_of_another_size_cost_no_other(tmp_path: Path, offsets: bool) -> None:
    """The tiles at the edge of a slide were stored cut; all after the first of them were lost."""
    whole, cut, narrow = (16, 24), (16, 9), (8, 24)
    _cine(tmp_path / "x", [whole, cut, whole, narrow, whole], offsets=offsets)
    (series,) = scan(tmp_path).series
    assert [frame.number for frame in series.frames] == [0, 2, 4]
    (problem,) = [p for p in series.problems if p.kind == "frames-missing"]
    assert "2 of 5 frames" in problem.sentence and "frame 2 with 16 x 9" in problem.sentence
    volume = read(series)
    assert np.abs(volume.array[:, 8, 8].astype(int) - [0, 80, 160]).max() <= 2
    assert volume.problems == series.problems


def test_frames_as_declared_say_nothing(tmp_path: Path) -> None:
    _cine(tmp_path / "x", [(16, 24)] * 3, offsets=True)
    (series,) = scan(tmp_path).series
    assert len(series.frames) == 3
    assert "frames-missing" not in [p.kind for p in series.problems]


@pytest.mark.shared_data
def test_slide_is_listed_as_it_is_read(shared_data: Path) -> None:
    (series,) = scan(shared_data / "dicom" / "sm-ann" / "multiframe.dcm").series
    volume = read(series)
    assert len(series.frames) == len(volume.array) == 117
    assert "23 of 140 frames" in series.problems[0].sentence
