"""A gzip file opened from any place on: volumes that are read in turn are inflated once in all."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20


@dataclass(slots=True)
class _Stream:
    """A gzip file that is opened up to `place`, a count of opened bytes, and its `rest` beyond."""

    key: tuple[Path, int, int, int]
    file: BinaryIO
    opened: gzip.GzipFile
    place: int = 0
    rest: bytes = b""

    def close(self) -> None:
        self.opened.close()
        self.file.close()


#: Where the last reading stopped: forty volumes of one file would else be inflated forty times.
_left: list[_Stream] = []
_lock = threading.Lock()


def blocks(file: Path, offset: int, skip: int, count: int) -> Iterator[bytes]:
    """Open the bytes from `skip` on, `count` of them if there are so many.

    Args:
        offset: Bytes of the file before the gzip stream.

    Raises:
        OSError, EOFError, zlib.error: The file is cut or damaged.
    """
    stream = _taken(file, offset, skip)
    end, is_good = skip + count, False
    try:
        while stream.place < end:
            is_before = stream.place < skip
            wanted = (skip if is_before else end) - stream.place
            is_good = False
            block = stream.rest or stream.opened.read(_CHUNK)
            is_good = True
            if not block:
                break
            part, stream.rest = block[:wanted], block[wanted:]
            stream.place += len(part)
            if not is_before:
                yield part
    finally:  # whoever has enough need not ask to the end
        _leave(stream if is_good else None)
        if not is_good:
            stream.close()


def _taken(file: Path, offset: int, skip: int) -> _Stream:
    """The stream that was left before `skip` in this very file, or a new one."""
    facts = file.stat()
    key = (file, facts.st_size, facts.st_mtime_ns, offset)
    with _lock:
        stream = _left.pop() if _left else None
    if stream is not None and stream.key == key and stream.place <= skip:
        return stream
    if stream is not None:
        stream.close()
    source = file.open("rb")
    source.seek(offset)
    return _Stream(key, source, gzip.GzipFile(fileobj=source))


def _leave(stream: _Stream | None) -> None:
    """Remember a stream in place of the one before."""
    with _lock:
        before = list(_left)
        _left[:] = [] if stream is None else [stream]
    for old in before:
        old.close()
