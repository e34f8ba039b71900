"""Pixel data reduced to its pixels: what codecs skip may hold a name as well as any attribute.

Bytes behind the picture, comments and application segments of JPEG (ISO 10918-1 B.2.4), comments
of JPEG 2000 (ISO 15444-1 A.9.2), boxes around it, and fragments that belong to no frame.
"""

from __future__ import annotations

import struct
import zlib

from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.header.guards import declared_bytes
from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.header.syntaxes import (
    DEFLATED_FRAMES,
    ENCAPSULATED_NATIVE,
    RLE,
    is_compressed,
)

_SOC = b"\xff\x4f\xff\x51"
#: Application segments that tell how colours are meant; all others are their maker's own.
_COLOURS = (b"JFIF\0", b"Adobe", b"mrfx")
#: A JFIF segment without its thumbnail.
_JFIF_BYTES = 14
_RLE_SEGMENTS = 15


def strip(dataset: FileDataset) -> None:
    """Leave in PixelData what makes the picture, in place; frames stay as they are coded."""
    if "PixelData" not in dataset:
        return
    syntax, facts = transfer_syntax(dataset), attributes_of(dataset)
    whole = declared_bytes(facts)
    if not is_compressed(syntax) and syntax != ENCAPSULATED_NATIVE:
        if whole is not None and len(dataset.PixelData) > whole:
            dataset.PixelData = dataset.PixelData[:whole] + b"\0" * (whole % 2)
        return
    count = facts.whole("NumberOfFrames") or 1
    frame_bytes = (whole or 0) // count
    plane = (facts.whole("Rows") or 0) * (facts.whole("Columns") or 0)
    frames = [
        _bare(frame, syntax, frame_bytes, plane)
        for frame, _ in zip(
            generate_frames(dataset.PixelData, number_of_frames=count), range(count), strict=False
        )
    ]
    vr = dataset["PixelData"].VR
    dataset.PixelData = encapsulate(frames, has_bot=False)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = vr, True
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:
            delattr(dataset, keyword)


def _bare(frame: bytes, syntax: str, frame_bytes: int, plane: int) -> bytes:
    """One frame without what no decoder looks at."""
    if syntax == ENCAPSULATED_NATIVE:
        return frame[:frame_bytes]
    if syntax == DEFLATED_FRAMES:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        engine.decompress(frame)
        return frame[: len(frame) - len(engine.unused_data)]
    if syntax == RLE:
        return _bare_rle(frame, plane)
    if (start := frame.find(_SOC)) >= 0:
        return _bare_jpeg_2000(frame[start:])
    return _bare_jpeg(frame) if frame[:2] == b"\xff\xd8" else frame


def _bare_jpeg(frame: bytes) -> bytes:
    """A JPEG or JPEG-LS stream with blank comments, up to its end.

    A marker is a byte FF and one from C0 on: in coded data FF is followed by less, or by D0 to D7.
    """
    result, place = bytearray(frame), 2
    while 0 <= (place := frame.find(b"\xff", place)) < len(frame) - 3:
        marker = frame[place + 1]
        if marker == 0xD9:
            return bytes(result[: place + 2])
        if marker < 0xC0 or marker == 0xFF or 0xD0 <= marker <= 0xD8:
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        body = place + 4
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            if frame[body : body + 5].startswith(_COLOURS):
                body += _JFIF_BYTES if frame[body] == ord("J") else end - body
            blank = max(0, min(end, len(frame)) - body)
            result[body : body + blank] = bytes(blank)
        place = max(end, place + 2)
    is_ended = frame[place : place + 2] == b"\xff\xd9"
    return bytes(result[: place + 2] if is_ended else result)


def _bare_jpeg_2000(frame: bytes) -> bytes:
    """A JPEG 2000 codestream with blank comments, up to its end (ISO 15444-1 A.4)."""
    result, place = bytearray(frame), 2
    while place + 4 <= len(frame):
        marker, length = struct.unpack(">HH", frame[place : place + 4])
        if marker == 0xFFD9:
            return bytes(result[: place + 2])
        if marker == 0xFF90:  # a tile-part tells its own length, from its marker on
            tile = place
            (part,) = struct.unpack(">L", frame[place + 6 : place + 10])
        if marker == 0xFF93:  # its data
            place = tile + part if part else len(frame) - 2
            continue
        if marker == 0xFF64:
            result[place + 6 : place + 2 + length] = bytes(max(0, length - 4))
        place += 2 + length
    return bytes(result[: place + 2] if frame[place : place + 2] == b"\xff\xd9" else result)


def _bare_rle(frame: bytes, plane: int) -> bytes:
    """An RLE frame whose segments end where they have given a plane (PS3.5 G.3, G.5)."""
    (count, *offsets) = struct.unpack("<16L", frame[:64])
    if not 0 < count <= _RLE_SEGMENTS:
        return frame
    parts = []
    for number in range(count):
        end = offsets[number + 1] if number + 1 < count else len(frame)
        segment = frame[offsets[number] : end]
        used = _rle_length(segment, plane)
        parts.append(segment[:used] + b"\0" * (used % 2))
    places = [64 + sum(len(part) for part in parts[:number]) for number in range(count)]
    header = struct.pack("<16L", count, *places, *[0] * (_RLE_SEGMENTS - count))
    return header + b"".join(parts)


def _rle_length(segment: bytes, plane: int) -> int:
    """Bytes of a segment that are needed to give a plane."""
    place = given = 0
    while place < len(segment) and given < plane:
        control = segment[place]
        if control < 128:
            given, place = given + control + 1, place + control + 2
        else:
            given, place = given + (257 - control) * (control > 128), place + 1 + (control > 128)
    return min(place, len(segment))
