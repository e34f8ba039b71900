"""A name beside the picture in the pixel data was carried over; pixels stay as they were."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from medimg.privacy.bare import strip
from medimg.privacy.instance import Request, State, deidentify
from medimg.privacy.secret import Secret
from medimg.reading.dicom.header.source import read_whole
from tests.medimg.privacy.planted import NAME, NUMBER, SENTENCE, found_in

_WORDS = SENTENCE.encode() + b" " * (len(SENTENCE) % 2)
_GREY = np.add.outer(np.arange(128), np.arange(128)).astype(np.uint8)


def _native() -> FileDataset:
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.remove_private_tags()
    dataset.PatientName, dataset.PatientID = NAME, NUMBER
    return dataset


def _of_bytes(stream: bytes, syntax: UID, *more: bytes) -> FileDataset:
    dataset = _native()
    del dataset.PixelPaddingValue
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream, *more], has_bot=False)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    return dataset


def _jpeg(inserted: bytes = b"", after: bytes = b"", *more: bytes) -> FileDataset:
    sink = BytesIO()
    Image.fromarray(_GREY).save(sink, "JPEG")
    whole = sink.getvalue()
    return _of_bytes(whole[:2] + inserted + whole[2:] + after, JPEGBaseline8Bit, *more)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def _jpeg_2000() -> FileDataset:
    sink = BytesIO()
    Image.fromarray(_GREY).save(sink, "JPEG2000", no_jp2=True)
    whole = sink.getvalue()
    place = whole.index(b"\xff\x52")
    comment = _segment(0xFF64, b"\0\1" + _WORDS)
    return _of_bytes(whole[:place] + comment + whole[place:] + _WORDS, JPEG2000Lossless)


def _boxed() -> FileDataset:
    sink = BytesIO()
    Image.fromarray(_GREY).save(sink, "JPEG2000")
    whole = sink.getvalue()
    place = whole.index(b"jp2c") - 4
    box = struct.pack(">L4s", len(_WORDS) + 8, b"xml ") + _WORDS
    return _of_bytes(whole[:place] + box + whole[place:], JPEG2000Lossless)


def _compressed(syntax: UID) -> FileDataset:
    dataset = _native()
    dataset.compress(syntax, generate_instance_uid=False)
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = encapsulate([frame + _WORDS], has_bot=False)
    dataset["PixelData"].is_undefined_length = True
    return dataset


def _longer() -> FileDataset:
    dataset = _native()
    dataset.PixelData += _WORDS
    return dataset


PLANTED: dict[str, Callable[[], FileDataset]] = {
    "behind native pixels": _longer,
    "JPEG comment": lambda: _jpeg(_segment(0xFFFE, _WORDS)),
    "JPEG Exif": lambda: _jpeg(_segment(0xFFE1, b"Exif\0\0" + _WORDS)),
    "behind a JPEG": lambda: _jpeg(b"", _WORDS),
    "a fragment of no frame": lambda: _jpeg(b"", b"", _WORDS),
    "JPEG 2000 comment and end": _jpeg_2000,
    "box around JPEG 2000": _boxed,
    "behind JPEG-LS": lambda: _compressed(JPEGLSLossless),
    "behind RLE": lambda: _compressed(RLELossless),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_name_in_the_pixel_data_goes(name: str, tmp_path: Path) -> None:
    dataset = PLANTED[name]()
    path = tmp_path / "x.dcm"
    dataset.save_as(path)
    assert found_in(path.read_bytes())
    outcome = deidentify(path, Request(Secret(bytes(32)), keeps_flagged=True))
    assert outcome.state is State.WRITTEN
    assert not found_in(outcome.data)


#: Several frames, fragments, scans, depths; shipped with pydicom.
SAMPLES = ("JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_jpeg_dcmtk.dcm",
           "SC_rgb_jpeg_gdcm.dcm", "JPEGLSNearLossless_16.dcm", "CT_small.dcm",
           "examples_ybr_color.dcm", "liver_1frame.dcm", "SC_rgb_small_odd_jpeg.dcm")  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_pixels_stay_as_they_were(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    source, bare = read_whole(path), read_whole(path)
    strip(bare)
    assert np.array_equal(source.pixel_array, bare.pixel_array)
