"""Compressed pixels of plain files: one grey picture, whose coded bytes a bare codec opens.

Not tried but told beforehand: the codestream itself says that it is what the header says, and
that there is nothing to be noted of it. Whatever differs takes the long way, through pydicom.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from medimg.reading.decoding.process import Decoder, decoder, memory_for, seconds_for
from medimg.reading.decoding.wire import Coded
from medimg.reading.dicom.header.syntaxes import RLE, syntax
from medimg.reading.dicom.pixels.codestream import jpeg2000, jpegls_near
from medimg.reading.dicom.pixels.codestream_size import Size, size_of
from medimg.values.volume import Array

#: Headers of codestreams end within so many bytes of the pixels.
HEAD_BYTES = 4096
#: Bytes before the pixels in which an extended offset table (PS3.3 C.7.6.3.1.8) would begin.
_BEFORE = 64
_EXTENDED_OFFSETS = b"\xe0\x7f\1\0OV"
_ITEM, _DELIMITER = b"\xfe\xff\0\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
#: Of 16-bit words, two segments: upper bytes, lower bytes (PS3.5 G.2, G.5).
_TWO_SEGMENTS = struct.pack("<2L", 2, 64)


@dataclass(frozen=True, slots=True)
class Words:
    """How the header says that a picture's words are made (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    bits: int
    is_signed: bool
    is_marked_lossy: bool


@dataclass(frozen=True, slots=True)
class Coding:
    """The one codestream of a file.

    Attributes:
        value_at, size: Where its bytes lie in the file.
        kept_bits: Bits of a decoded word that are its value; those above are cleared.
    """

    transfer_syntax: str
    value_at: int
    size: int
    words: Words
    kept_bits: int


def coding_of(
    file: FileIO, size: int, uid: str, value_at: int, words: Words, most_after: int
) -> Coding | None:
    """Look at the encapsulated pixels of a file; None where they must take the long way.

    Args:
        file: Open.
        size: Of the file.
        uid: Its transfer syntax.
        value_at: Where the value of its pixels begins.
        words: What its header says.
        most_after: Bytes that may follow the pixels.
    """
    kept_bits_of = RULES.get(uid)
    if kept_bits_of is None:
        return None
    start = max(value_at - _BEFORE, 0)
    file.seek(start)
    read = file.read(value_at - start + HEAD_BYTES)
    before, head = read[: value_at - start], read[value_at - start :]
    # The offset table is empty, or has the one offset 0; then one fragment and the end (PS3.5 A.4).
    table = 8 if head[:8] == _ITEM + bytes(4) else 12
    if table == 12 and head[:12] != _ITEM + struct.pack("<2L", 4, 0):
        return None
    if _EXTENDED_OFFSETS in before or head[table : table + 4] != _ITEM:
        return None
    (length,) = struct.unpack_from("<L", head.ljust(table + 8, b"\0"), table + 4)
    at = value_at + table + 8
    end = at + length
    if not end + 8 <= size <= end + 8 + most_after:
        return None
    file.seek(end)
    if file.read(8) != _DELIMITER:
        return None
    kept_bits = kept_bits_of(head[table + 8 : table + 8 + length], words)
    return None if kept_bits is None else Coding(uid, at, length, words, kept_bits)


def decode(path: Path, coding: Coding, out: Array, at_work: set[Decoder]) -> None:
    """Decode the picture of a file into `out` (rows, columns) int16, its words as they come.

    Args:
        at_work: Holds the decoder while it is at this picture, so that another thread may kill it.

    Raises:
        OSError, EOFError: The file is no longer what it was.
        Unusable: It cannot be decoded, or the process died of it.
    """
    with FileIO(path) as file:
        file.seek(coding.value_at)
        coded = file.read(coding.size)
    if len(coded) != coding.size:
        raise EOFError(f"{path.name} has become shorter")
    words = coding.words
    picture = Coded(
        codec=syntax(coding.transfer_syntax).codec,
        file=str(path),
        transfer_syntax=str(coding.transfer_syntax),  # a UID is more than a text
        size=coding.size,
        rows=words.rows,
        columns=words.columns,
        bits=words.bits,
        is_signed=words.is_signed,
        memory_bytes=memory_for(out.nbytes, 0, coding.size),
        cpu_s=seconds_for(out.nbytes),
    )
    with decoder() as lent:
        at_work.add(lent)
        try:
            lent.decode_into(out, picture, coded)
        finally:
            at_work.discard(lent)


def _rle(head: bytes, words: Words) -> int | None:
    return words.bits if head[:8] == _TWO_SEGMENTS else None


def _jpeg(head: bytes, words: Words) -> int | None:
    # Whatever the depth of the codestream, pydicom clears what lies above the header's bits.
    return words.bits if _is_as_told(size_of(head), words, 16) else None


def _jpeg_ls(head: bytes, words: Words) -> int | None:
    size = size_of(head)
    # A sign, of which it knows nothing, is extended by its depth and not by the header's.
    is_extended_alike = size is not None and size.bits == words.bits
    if words.is_signed and not is_extended_alike:
        return None
    return words.bits if _is_as_told(size, words, words.bits) else None


def _jpeg_ls_near(head: bytes, words: Words) -> int | None:
    is_unmarked = jpegls_near(head) and not words.is_marked_lossy
    return None if is_unmarked or b"\xff\xda" not in head else _jpeg_ls(head, words)


def _jpeg_2000(head: bytes, words: Words) -> int | None:
    facts, size = jpeg2000(head), size_of(head)
    if facts is None or size is None or not head.startswith(b"\xff\x4f") or b"\xff\x52" not in head:
        return None
    if facts.is_irreversible and not words.is_marked_lossy:
        return None
    is_whole = head[43:45] == b"\1\1" and size.is_signed == words.is_signed  # no subsampling
    return (
        16 if is_whole and _is_as_told(size, words, words.bits) else None
    )  # pydicom clears no bits of it


def _is_as_told(size: Size | None, words: Words, most_bits: int) -> bool:
    """Whether a codestream holds the picture of the header, no deeper, in words of 16 bits."""
    return (
        size is not None
        and (size.rows, size.columns, size.samples) == (words.rows, words.columns, 1)
        and 8 < size.bits <= most_bits
    )


_J = "1.2.840.10008.1.2.4."
#: By transfer syntax: how many bits of a word to keep, by the first bytes of its codestream and
#: the header; None where the two differ or something is to be said.
RULES: dict[str, Callable[[bytes, Words], int | None]] = {
    RLE: _rle,
    _J + "57": _jpeg,
    _J + "70": _jpeg,
    _J + "80": _jpeg_ls,
    _J + "81": _jpeg_ls_near,
    _J + "90": _jpeg_2000,
    _J + "91": _jpeg_2000,
    _J + "201": _jpeg_2000,
    _J + "202": _jpeg_2000,
    _J + "203": _jpeg_2000,
}
