"""What a PNG or JPEG file says by its own structure, before anything is decoded."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Markers of a JPEG that stand alone: TEM, RST0 to RST7, SOI.
_ALONE = {0x01, *range(0xD0, 0xD9)}
#: Frame headers: SOF0 to SOF15 without DHT, JPG and DAC.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file declares.

    Attributes:
        bits: Of one channel.
        channels: 1 grey or palette, 2 grey and alpha, 3 colour, 4 colour and alpha or CMYK.
        is_palette: Whether the one channel is an index.
        is_whole: Whether the file reaches its own end.
        n_pictures: Pictures in an animation, else 1.
    """

    rows: int
    columns: int
    bits: int
    channels: int
    is_palette: bool = False
    is_whole: bool = True
    n_pictures: int = 1

    @property
    def declared(self) -> int:
        """Bytes of the pixels when opened."""
        return self.rows * ((self.columns * self.channels * self.bits + 7) // 8)


def facts_of(path: Path) -> Facts | None:
    """The facts of a PNG or JPEG; None where it breaks off before it declares any."""
    with _mapped(path) as view:
        return _png(view) if view[:8] == PNG else _jpeg(view)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        yield view


def _png(view: mmap.mmap) -> Facts | None:
    """Walk the chunks of a PNG (PNG, third edition, 5.3)."""
    if len(view) < 33 or view[12:16] != b"IHDR":
        return None
    columns, rows, bits, kind = struct.unpack(">LLBB", view[16:26])
    pictures, place, is_whole = 1, 8, False
    while place + 12 <= len(view):
        (length,) = struct.unpack(">L", view[place : place + 4])
        name = view[place + 4 : place + 8]
        if name == b"acTL" and length >= 8:
            (pictures,) = struct.unpack(">L", view[place + 8 : place + 12])
        place += 12 + length
        if name == b"IEND":
            is_whole = place <= len(view)
            break
    channels = _PNG_CHANNELS.get(kind, 1)
    return Facts(rows, columns, bits, channels, kind == 3, is_whole, pictures)


def _jpeg(view: mmap.mmap) -> Facts | None:
    """Walk the segments of a JPEG (T.81 B.1): thumbnails inside them have ends of their own."""
    place, found = 2, None
    while place + 4 <= len(view):
        if view[place] != 0xFF:
            return found and _cut(found)
        marker = view[place + 1]
        if marker == 0xFF:  # fill
            place += 1
        elif marker == _END:
            return found
        elif marker in _ALONE:
            place += 2
        else:
            (length,) = struct.unpack(">H", view[place + 2 : place + 4])
            if marker in _FRAMES and place + 10 <= len(view):
                bits, rows, columns, channels = struct.unpack(">BHHB", view[place + 4 : place + 10])
                found = Facts(rows, columns, bits, channels)
            place += 2 + length
            if marker == _SCAN:
                place = _behind_scan(view, place)
    if found and view[place : place + 2] == b"\xff\xd9":
        return found
    return found and _cut(found)


def _behind_scan(view: mmap.mmap, place: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while (place := view.find(b"\xff", place)) >= 0:
        if place + 1 < len(view) and view[place + 1] not in (0, *range(0xD0, 0xD8)):
            return place
        place += 2
    return len(view)


def _cut(facts: Facts) -> Facts:
    return Facts(facts.rows, facts.columns, facts.bits, facts.channels, is_whole=False)
