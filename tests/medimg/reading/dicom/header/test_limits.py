"""Files that have too much of something: refused in a sentence, before they cost memory or time."""

from __future__ import annotations

import re
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless

from medimg.reading import read, scan
from medimg.reading.dicom.header.limits import LIMITS, TEXT_BYTES
from medimg.values.errors import InputRefused
from tests.phantoms import axial, save

Spoil = Callable[[FileDataset], None]


def _nest(dataset: FileDataset) -> None:
    inner: list[Dataset] = []
    for _ in range(LIMITS["nesting"].most + 8):
        item = Dataset()
        item.ModalityLUTSequence = Sequence(inner)
        item["ModalityLUTSequence"].is_undefined_length = True
        item.is_undefined_length_sequence_item = True
        inner = [item]
    dataset.ModalityLUTSequence = Sequence(inner)
    dataset["ModalityLUTSequence"].is_undefined_length = True


def _many_frames(dataset: FileDataset) -> None:
    dataset.NumberOfFrames = LIMITS["frames"].most + 1
    dataset.Rows = dataset.Columns = 1
    dataset.PixelData = bytes(2 * dataset.NumberOfFrames)


def _many_fragments(dataset: FileDataset) -> None:
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([b"\xff\x4f"] * (LIMITS["fragments"].most + 1), has_bot=False)
    dataset["PixelData"].is_undefined_length = True


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (_nest, "nested-too-deep", "levels of sequences inside one another; at most 32"),
        (_many_frames, "too-many", "20,001 frames; at most 20,000"),
        (_many_fragments, "too-many", "200,001 fragments of compressed pixels; at most 200,000"),
    ],
)
def test_too_much_of_something(tmp_path: Path, spoil: Spoil, kind: str, words: str) -> None:
    dataset = axial(0)
    spoil(dataset)
    save(dataset, tmp_path / "x.dcm")
    found = scan(tmp_path)
    assert not found.series
    (problem,) = found.problems
    assert (problem.kind, problem.files) == (kind, (str(tmp_path / "x.dcm"),))
    assert problem.sentence.startswith("x.dcm has") and words in problem.sentence


def _with_elements(path: Path, extra: bytes) -> None:
    """Write a slice with raw elements in front of the patient's."""
    raw = save(axial(0), path).read_bytes()
    place = raw.index(b"\x10\x00\x10\x00PN")
    path.write_bytes(raw[:place] + extra + raw[place:])


def test_elements_without_end_or_content_are_not_all_read(tmp_path: Path) -> None:
    _with_elements(tmp_path / "x.dcm", b"\x09\x00\x01\x10LO\0\0" * LIMITS["parts"].most * 20)
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "too-many"
    assert re.search("287,.* tags and values in its header; .* read of its size", problem.sentence)


def test_a_sequence_of_too_many_items(tmp_path: Path) -> None:
    begin, end = b"\x28\x00\x00\x30SQ\0\0" + b"\xff" * 4, b"\xfe\xff\xdd\xe0\0\0\0\0"
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * (LIMITS["items"].most * 2)
    _with_elements(tmp_path / "x.dcm", begin + items + end)
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "too-many"
    assert "5,891 items of sequences; at most 5,890 are read of its size." in problem.sentence


def test_a_huge_value_of_the_header_is_not_taken_in(tmp_path: Path) -> None:
    length = LIMITS["value"].most + 2
    private = b"\x09\x00\x01\x10UN\0\0" + struct.pack("<L", length) + bytes(length)
    _with_elements(tmp_path / "private.dcm", private)  # skipped, not read: no fault
    _with_elements(tmp_path / "asked.dcm", b"\x08\x00\x60\x00UT" + private[6:])
    tracemalloc.start()
    found = scan(tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
    assert [series.frames[0].file[-11:] for series in found.series] == ["private.dcm"]
    (problem,) = found.problems
    assert (problem.kind, problem.files) == ("too-large", (str(tmp_path / "asked.dcm"),))


def test_a_name_of_a_megabyte_counts_as_unknown(tmp_path: Path) -> None:
    length = TEXT_BYTES + 1
    _with_elements(
        tmp_path / "x.dcm", b"\x08\x00\x3e\x10UT\0\0" + struct.pack("<L", length) + b"A" * length
    )
    (series,) = scan(tmp_path).series
    assert series.description == ""
    assert any(
        "SeriesDescription" in p.sentence and "65536 bytes" in p.sentence for p in series.problems
    )


def _meta_end(raw: bytes) -> int:
    return 144 + int(struct.unpack_from("<L", raw, 140)[0])


def test_a_deflated_bomb_is_opened_to_64_mb_and_no_further(tmp_path: Path) -> None:
    dataset = axial(0)
    path = save(dataset, tmp_path / "x.dcm")
    raw = path.read_bytes()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated = save(dataset, path).read_bytes()
    body = raw[_meta_end(raw) :]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(body) + b"".join(packer.compress(bytes(1 << 24)) for _ in range(20))
    whole = deflated[: _meta_end(deflated)] + packed + packer.flush()
    assert len(whole) < 1 << 20
    path.write_bytes(whole)
    tracemalloc.start()
    (problem,) = scan(tmp_path).problems
    assert tracemalloc.get_traced_memory()[1] < 200e6
    tracemalloc.stop()
    assert problem.kind == "too-large" and "200 times its size (64 MB" in problem.sentence


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_a_codestream_larger_than_its_header_says_is_not_decoded(
    tmp_path: Path, syntax: str
) -> None:
    dataset = axial(0)
    large = np.arange(512 * 512, dtype=np.uint16).reshape(512, 512) % 1000
    dataset.Rows, dataset.Columns = large.shape
    dataset.PixelData = large.tobytes()
    dataset.compress(syntax)
    dataset.Rows = dataset.Columns = 64
    save(dataset, tmp_path / "x.dcm")
    with pytest.raises(InputRefused, match=r"declares 64 x 64 pixels.*512 x 512; it was not"):
        read(scan(tmp_path).series[0])


def test_twenty_thousand_tiny_frames_are_listed_within_two_seconds(tmp_path: Path) -> None:
    dataset = axial(0)
    _many_frames(dataset)
    dataset.NumberOfFrames = LIMITS["frames"].most
    dataset.PixelData = bytes(2 * LIMITS["frames"].most)
    save(dataset, tmp_path / "x.dcm")
    started = time.process_time()
    (series,) = scan(tmp_path).series
    assert len(series.frames) == LIMITS["frames"].most
    assert time.process_time() - started < 2


def test_a_negative_number_of_frames_is_said(tmp_path: Path) -> None:
    dataset = axial(0)
    dataset.NumberOfFrames = -5
    save(dataset, tmp_path / "x.dcm")
    (problem,) = scan(tmp_path).problems
    assert "declares -5 frames" in problem.sentence
