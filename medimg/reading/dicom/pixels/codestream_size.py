"""The shape that a compressed picture gives itself, against the one that its header gives it.

A codec takes memory by its codestream, not by Rows and Columns: what declares more there is
refused before it is decoded, and so is what would come out as another picture: rows and columns
exchanged, or colours where the header says grey.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import FileDataset
from pydicom.encaps import generate_fragments

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.values.problems import Problem


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of a codestream; 0 rows: told only behind them (ISO 10918-1, B.2.5).

    Attributes:
        bits, is_signed: Of the first component; JPEG and JPEG-LS know no sign.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    is_signed: bool = False


_ITEM = b"\xfe\xff\x00\xe0"
#: Within these a codestream gives its size; colour profiles may stand before it.
HEAD_BYTES = 16 << 10
#: Start of image and frame header of JPEG 2000 (ISO 15444-1, A.4.1 and A.5.1).
_SOC_SIZ = b"\xff\x4f\xff\x51"
#: Frame headers of JPEG (ISO 10918-1, table B.1) and of JPEG-LS (ISO 14495-1, C.1.1); C4, C8 and
#: CC are other markers.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_START_OF_SCAN = 0xDA


def fault_of(path: Path, dataset: FileDataset) -> Problem | None:
    """Why the codestreams of a file must not be decoded: one is not what the header says."""
    facts = attributes_of(dataset)
    rows, columns = facts.whole("Rows") or 0, facts.whole("Columns") or 0
    samples, bits = facts.whole("SamplesPerPixel") or 1, facts.whole("BitsAllocated") or 0
    for size in sizes(dataset.PixelData):
        declared, found = f"{rows} x {columns} pixels", f"{size.rows} x {size.columns}"
        is_larger = size.rows * size.columns > rows * columns
        is_alike = (size.rows or rows, size.columns) == (rows, columns)
        # Of several frames the scan has left out those of another size.
        if not is_larger and (is_alike or (facts.whole("NumberOfFrames") or 1) > 1):
            declared, found = f"{samples} x {bits} bits a pixel", f"{size.samples} x {size.bits}"
            if size.samples == samples and size.bits <= bits:
                continue
        sentence = (
            f"{path.name} declares {declared}, and its compressed picture {found}; it was not "
            "decoded."
        )
        return Problem("too-large" if is_larger else "decode-failed", sentence, (path.name,))
    return None


def unlike(path: Path, pixels_at: int, expected: tuple[int, int]) -> dict[int, Size]:
    """Frames whose codestream gives itself another size, by number; of one fragment each.

    Args:
        path: Of the file.
        pixels_at: Where the value of its pixels begins: an offset table, then the fragments.
        expected: Rows and columns.
    """
    found: dict[int, Size] = {}
    with path.open("rb") as file:
        place, number = pixels_at, -1
        while len(item := _item(file, place)) > 8 and item[:4] == _ITEM:
            size = size_of(item[8:]) if number >= 0 else None
            if size is not None and (size.rows, size.columns) != expected:
                found[number] = size
            place += 8 + int.from_bytes(item[4:8], "little")
            number += 1
    return found


def _item(file: BinaryIO, place: int) -> bytes:
    """The beginning of an item and of its value."""
    file.seek(place)
    head = file.read(8)
    length = int.from_bytes(head[4:], "little")
    return head + file.read(min(length, HEAD_BYTES)) + b"\0"  # an item may be empty


def sizes(pixel_data: bytes) -> Iterator[Size]:
    """The sizes of the codestreams that begin in the fragments of encapsulated pixels."""
    for fragment in generate_fragments(pixel_data):
        size = size_of(fragment)
        if size is not None:
            yield size


def size_of(fragment: bytes) -> Size | None:
    """The size of the JPEG, JPEG-LS or JPEG 2000 codestream that begins here, or None.

    RLE gives itself no size (PS3.5 annex G): its decoder takes what the header declares.
    """
    start = fragment.find(_SOC_SIZ, 0, 4096)  # a JP2 box may stand before it
    if start >= 0:
        if len(fragment) < start + 43:
            return None
        right, bottom, left, top = struct.unpack(">4L", fragment[start + 8 : start + 24])
        samples, precision = struct.unpack(">HB", fragment[start + 40 : start + 43])
        bits = (precision & 0x7F) + 1
        is_signed = bool(precision & 0x80)
        return Size(max(bottom - top, 0), max(right - left, 0), samples, bits, is_signed)
    return _jpeg_size(fragment) if fragment[:2] == b"\xff\xd8" else None


def _jpeg_size(fragment: bytes) -> Size | None:
    """The size in the frame header, found from marker to marker."""
    place = 2
    while place + 10 <= len(fragment) and fragment[place] == 0xFF:
        marker = fragment[place + 1]
        if marker in _FRAME_HEADERS:
            bits, rows, columns, samples = struct.unpack(">BHHB", fragment[place + 4 : place + 10])
            return Size(rows, columns, samples, bits)
        if marker == _START_OF_SCAN:
            return None
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        place += 2 + int.from_bytes(fragment[place + 2 : place + 4], "big")
    return None
