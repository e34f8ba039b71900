"""Voxels beside or behind a header: weighed against the file before memory is taken, then read."""

from __future__ import annotations

import bz2
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import numpy as np

from medimg.reading import gzip_stream
from medimg.reading.found import Unusable
from medimg.reading.sizes import size_of
from medimg.values.errors import InputRefused
from medimg.values.problems import Problem
from medimg.values.volume import Array

#: Most bytes that one file may open to.
PIXEL_LIMIT = 8 << 30
#: Compressed voxels that open to more than `FREE` bytes and more than this many times their own
#: size are a bomb: images deflate 2 to 20 times, an empty mask 1000 times.
RATIO = 200
FREE = 1 << 30
#: A file that declares this many times what it holds was never whole.
ABSURD = 100
#: Bytes of numbers written as text that are read at most.
TEXT_LIMIT = 256 << 20

_CHUNK = 1 << 20

#: What opening compressed bytes raises on a stream that is cut or damaged.
BROKEN = (EOFError, zlib.error, OSError, ValueError)


class Encoding(Enum):
    """How the voxels are written."""

    RAW = "raw"
    GZIP = "gzip"
    ZLIB = "zlib"
    BZIP2 = "bzip2"
    TEXT = "text"
    HEX = "hexadecimal text"

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes of the file do not tell how many they open to."""
        return self in (Encoding.GZIP, Encoding.ZLIB, Encoding.BZIP2)

    @property
    def is_text(self) -> bool:
        """Whether the voxels are written as characters."""
        return self in (Encoding.TEXT, Encoding.HEX)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the voxels of a header are.

    Attributes:
        header: The file that says so.
        files: Data files in order, each with an equal share of the values.
        offset: Bytes before the voxels in each file; −1: they are the last bytes of it.
        skip: Bytes before the voxels once opened, in each file.
        count: Values in all.
        packed: Bytes of compressed voxels, where the header tells.
    """

    header: Path
    files: tuple[Path, ...]
    encoding: Encoding
    dtype: np.dtype[np.generic]
    count: int
    offset: int = 0
    skip: int = 0
    packed: int | None = None

    @property
    def share(self) -> int:
        """Bytes of voxels in each file, opened."""
        return self.count * self.dtype.itemsize // len(self.files)


def weigh(layout: Layout) -> list[Problem]:
    """What is to be told of voxels, by sizes alone; compressed ones may be opened, not kept.

    Raises:
        Unusable: They are not there, cut, or more than the file can hold.
    """
    header = layout.header.name
    for file in layout.files:
        if not file.is_file():
            sentence = f"{header} keeps its voxels in {file.name}, which is not there."
            raise Unusable(Problem("no-pixels", sentence, (header, file.name)))
    declared = layout.share * len(layout.files)
    held = sum(max(0, file.stat().st_size - max(layout.offset, 0)) for file in layout.files)
    limit = max(FREE, held * RATIO) if layout.encoding.is_compressed else held * ABSURD + 4096
    if declared > min(limit, PIXEL_LIMIT):
        raise Unusable(too_large(header, declared, held))
    told: list[Problem] = []
    for file in layout.files:
        told += _of_file(layout, file)
    return told


def too_large(name: str, declared: int, held: int) -> Problem:
    """Refuse what declares more than its file can be believed to hold."""
    return Problem(
        "too-large",
        f"{name} declares {size_of(declared)} of voxels and holds {size_of(held)}; at most "
        f"{PIXEL_LIMIT >> 30} GB are opened, and over {FREE >> 30} GB at most {RATIO} times "
        "the size of a compressed file.",
        (name,),
    )


def read(layout: Layout) -> Array:
    """Read the values, in their order in the file, little or big endian as they are.

    Raises:
        InputRefused: They are cut or damaged.
    """
    name = layout.header.name
    try:
        if layout.encoding is Encoding.TEXT:
            return _numbers(layout)
        values: Array = np.empty(layout.count, layout.dtype)
        view = values.view(np.uint8).reshape(-1)
        place = 0
        for file in layout.files:
            end = place + layout.share
            for block in _opened(layout, file):
                taken = min(len(block), end - place)
                view[place : place + taken] = np.frombuffer(block, np.uint8, taken)
                place += taken
                if place == end:
                    break
            if place < end:
                raise EOFError(f"{file.name} ends {end - place} bytes too early")
    except BROKEN as error:
        raise InputRefused(
            f"The voxels of {name} cannot be read: {error}. Ask the sender for a whole copy."
        ) from error
    return values


def _of_file(layout: Layout, file: Path) -> list[Problem]:
    """Weigh one data file; raises as `weigh`."""
    name, files = file.name, tuple(dict.fromkeys((layout.header.name, file.name)))
    size, wanted = file.stat().st_size, layout.share
    if layout.encoding.is_text:
        if size > TEXT_LIMIT:
            sentence = f"{name} holds {size} bytes of text; at most {TEXT_LIMIT} are read."
            raise Unusable(Problem("too-large", sentence, files))
        held, wanted = _written(layout, file), layout.count // len(layout.files)
        if held < wanted:
            sentence = f"{name} breaks off: it has {held} of {wanted} numbers."
            raise Unusable(Problem("truncated", sentence, files))
        return []
    if layout.encoding.is_compressed:
        opened = _opens_to(layout, file)
        if opened is not None and opened < wanted:
            sentence = f"{name} breaks off: {opened} of {wanted} bytes of voxels can be opened."
            raise Unusable(Problem("truncated", sentence, files))
        return []
    held = size if layout.offset < 0 else size - layout.offset
    held -= layout.skip
    if held < wanted:
        sentence = f"{name} breaks off: it has {max(held, 0)} of {wanted} bytes."
        raise Unusable(Problem("truncated", sentence, files))
    if held > wanted and layout.offset >= 0:
        sentence = f"{name} holds {held - wanted} bytes more than its header says."
        return [Problem("extra-bytes", sentence, files)]
    return []


def _opens_to(layout: Layout, file: Path) -> int | None:
    """Bytes that compressed voxels open to, counted up to what is wanted; None where all is well.

    A gzip file ends with the size of what it holds, and some headers tell how many compressed
    bytes there are; only where that does not settle it the stream is opened.
    """
    size = file.stat().st_size
    if layout.packed is not None and size - layout.offset >= layout.packed:
        return None
    if layout.encoding is Encoding.GZIP and gzip_size(file) == (layout.share + layout.skip) % 2**32:
        return None
    count = 0
    try:
        for block in _opened(layout, file):
            count += len(block)
            if count >= layout.share:
                return None
    except BROKEN:
        pass  # cut or damaged there: the count says how far it goes
    return count


def gzip_size(file: Path) -> int:
    """The size that the end of a gzip file declares, modulo 2**32 (RFC 1952 2.3.1)."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4))
        return int.from_bytes(stream.read(4), "little")


def _opened(layout: Layout, file: Path) -> Iterator[bytes]:
    """The opened bytes of a data file behind `offset` and `skip`, in blocks."""
    skip = layout.skip
    if layout.encoding is Encoding.GZIP:
        yield from gzip_stream.blocks(file, layout.offset, skip, layout.share)
        return
    with file.open("rb") as stream:
        if layout.offset < 0:
            stream.seek(-layout.share, os.SEEK_END)
            skip = 0
        else:
            stream.seek(layout.offset)
        for block in _blocks(layout.encoding, stream):
            yield block[skip:]
            skip = max(0, skip - len(block))


def _blocks(encoding: Encoding, stream: BinaryIO) -> Iterator[bytes]:
    if encoding is Encoding.ZLIB:
        yield from _inflated(stream)
        return
    if encoding is Encoding.HEX:
        yield bytes.fromhex(stream.read(TEXT_LIMIT).decode("ascii"))
        return
    source: BinaryIO | bz2.BZ2File = stream if encoding is Encoding.RAW else bz2.BZ2File(stream)
    while block := source.read(_CHUNK):
        yield block


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    """Open a zlib or gzip stream in bounded steps."""
    engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    while not engine.eof and (packed := engine.unconsumed_tail or stream.read(_CHUNK)):
        yield engine.decompress(packed, _CHUNK)
    if not engine.eof:
        raise EOFError("the compressed stream is not closed")


def _text(layout: Layout, file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(layout.offset)
        return stream.read(TEXT_LIMIT)[layout.skip :].decode("ascii", errors="replace")


def _written(layout: Layout, file: Path) -> int:
    """How many values are written as text."""
    text = _text(layout, file)
    if layout.encoding is Encoding.TEXT:
        return len(text.split())
    return sum(len(part) for part in text.split()) // (2 * layout.dtype.itemsize)


def _numbers(layout: Layout) -> Array:
    """Values written as text, between white space."""
    values = [value for file in layout.files for value in _text(layout, file).split()]
    if len(values) != layout.count:
        raise EOFError(f"it holds {len(values)} of {layout.count} numbers")
    result: Array = np.array(values).astype(layout.dtype)
    return result
