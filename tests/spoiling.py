"""Ways to spoil a file: each takes its bytes and a draw, and hands out other bytes."""

from __future__ import annotations

import gzip
import random
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

Spoil = Callable[[bytes, random.Random], bytes]

_VRS = (
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN "
    b"UR US UT UV"
).split()
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_LENGTHS = (0, 1, 2, 3, 7, 255, 65_534, 65_535, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 2)
_UNDEFINED = (1 << 32) - 1
_ITEM, _ITEM_END, _SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"


@dataclass(frozen=True, slots=True)
class _Element:
    """Where an element lies: its tag, its length field and that field's form, its value."""

    start: int
    length_at: int
    form: str
    value: int
    end: int


def _elements(data: bytes) -> list[_Element]:
    """The elements on the way through a little-endian file, entering undefined lengths."""
    place, found = (132 if data[128:132] == b"DICM" else 0), []
    while place + 8 <= len(data) and len(found) < 2000:
        vr = data[place + 4 : place + 6]
        if vr in _LONG:
            length_at, form = place + 8, "<L"
        elif vr in _VRS:
            length_at, form = place + 6, "<H"
        else:
            length_at, form = place + 4, "<L"
        value = length_at + struct.calcsize(form)
        if value > len(data):
            break
        (length,) = struct.unpack_from(form, data, length_at)
        is_entered = length == _UNDEFINED or data[place : place + 4] == _ITEM
        end = value if is_entered else min(value + length, len(data))
        found.append(_Element(place, length_at, form, value, end))
        place = end
    return found


def _some(data: bytes, draw: random.Random) -> _Element | None:
    """One element of a file, if any are found."""
    found = _elements(data)
    return draw.choice(found) if found else None


def _put(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _body(data: bytes) -> int:
    """Where flips begin to matter: behind a preamble."""
    return 132 if data[128:132] == b"DICM" else 0


def _flip(data: bytes, draw: random.Random, low: int, high: int) -> bytes:
    spoiled = bytearray(data)
    for _ in range(draw.choice((1, 2, 8, 40))):
        if low < min(high, len(data)):
            spoiled[draw.randrange(low, min(high, len(data)))] ^= 1 << draw.randrange(8)
    return bytes(spoiled)


def flip_anywhere(data: bytes, draw: random.Random) -> bytes:
    """Turn a few bits over."""
    return _flip(data, draw, 0, len(data))


def flip_header(data: bytes, draw: random.Random) -> bytes:
    """Turn a few bits of the first 1500 bytes over."""
    return _flip(data, draw, _body(data), _body(data) + 1500)


def _pixels_at(data: bytes) -> int:
    """Where pixels begin, by their tag; half way where there is none."""
    at = max(data.rfind(b"\xe0\x7f\x10\x00"), data.rfind(b"\x7f\xe0\x00\x10"))
    return at if at > 0 else len(data) // 2


def flip_pixels(data: bytes, draw: random.Random) -> bytes:
    """Turn a few bits over that lie in the pixels, or in a codestream's head."""
    start = _pixels_at(data)
    return _flip(data, draw, start, draw.choice((start + 200, len(data))))


def truncate(data: bytes, draw: random.Random) -> bytes:
    """Cut the file off, anywhere or near its end."""
    kept = draw.choice((draw.randrange(len(data) + 1), len(data) - draw.randrange(200)))
    return data[: max(kept, 0)]


def change_length(data: bytes, draw: random.Random) -> bytes:
    """Let an element declare another length."""
    element = _some(data, draw)
    if element is None:
        return data
    most = (1 << 8 * struct.calcsize(element.form)) - 1
    old = element.end - element.value
    length = draw.choice((*_LENGTHS, _UNDEFINED, old + 1, max(old - 1, 0), old * 2, old ^ 0x8000))
    return _put(data, element.length_at, struct.pack(element.form, min(length, most)))


def swap_tags(data: bytes, draw: random.Random) -> bytes:
    """Exchange the tags of two elements."""
    first, second = _some(data, draw), _some(data, draw)
    if first is None or second is None:
        return data
    tags = [data[e.start : e.start + 4] for e in (first, second)]
    return _put(_put(data, first.start, tags[1]), second.start, tags[0])


def swap_vr(data: bytes, draw: random.Random) -> bytes:
    """Give an element another value representation."""
    element = _some(data, draw)
    vr = draw.choice((*_VRS, b"??", b"\0\0"))
    return data if element is None else _put(data, element.start + 4, vr)


def replace_value(data: bytes, draw: random.Random) -> bytes:
    """Put nonsense where a number, a date or a name was."""
    element = _some(data, draw)
    if element is None or element.end - element.value > 1 << 16:
        return data
    words = (b"NaN", b"1e400", b"-", b"\\\\\\", b"0", b"-1", b"99999999999999999999", b"1,5",
             b"\xff\xfe", b"\x1b$B", b"A" * 70, b"", b"1e-400", b"0x10", b"20261341")  # fmt: skip
    new = draw.choice(words)
    room = element.end - element.value
    return _put(data, element.value, new[:room].ljust(room, draw.choice((b" ", b"\0"))))


def _span(data: bytes, draw: random.Random) -> tuple[int, int]:
    """A stretch of a file: some bytes, or an element from tag to end."""
    element = _some(data, draw)
    if element is not None and draw.random() < 0.6:
        return element.start, element.end
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.choice((1, 2, 4, 8, 100, 5000)))


def remove_span(data: bytes, draw: random.Random) -> bytes:
    """Take a stretch out."""
    start, end = _span(data, draw)
    return data[:start] + data[end:]


def repeat_span(data: bytes, draw: random.Random) -> bytes:
    """Write a stretch again and again behind itself, up to a megabyte."""
    start, end = _span(data, draw)
    times = min(draw.choice((1, 2, 50, 20_000)), (1 << 20) // max(end - start, 1))
    return data[:end] + data[start:end] * times + data[end:]


def move_span(data: bytes, draw: random.Random) -> bytes:
    """Write a stretch at another place of the file."""
    start, end = _span(data, draw)
    rest = data[:start] + data[end:]
    at = draw.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def nest(data: bytes, draw: random.Random) -> bytes:
    """Put sequences within sequences in front of an element, of undefined or defined length."""
    element = _some(data, draw)
    at = element.start if element else len(data)
    depth = draw.choice((1, 5, 40, 200, 5000))
    tag = draw.choice(
        (b"\x08\x00\x15\x11", b"\x40\x00\x75\x02", b"\x00\x52\x30\x92", b"\x09\x00\x10\x10")
    )
    if draw.random() < 0.6:
        begin = tag + b"SQ\0\0" + b"\xff" * 4 + _ITEM + b"\xff" * 4
        end = (_ITEM_END + b"\0" * 4 + _SEQUENCE_END + b"\0" * 4) * draw.choice((0, 1, 1))
        return data[:at] + begin * depth + end * depth + data[at:]
    inner = b""
    for _ in range(min(depth, 400)):
        item = _ITEM + struct.pack("<L", len(inner)) + inner
        inner = tag + b"SQ\0\0" + struct.pack("<L", len(item)) + item
    return data[:at] + inner + data[at:]


_SIZES = (0, 1, 2, 7, 255, 4096, 32_767, 46_341, 60_000, 65_535)
_SIZE_TAGS = (0x0010, 0x0011, 0x0002, 0x0100, 0x0101, 0x0102, 0x0103, 0x0006)


def change_dimensions(data: bytes, draw: random.Random) -> bytes:
    """Let the header declare another size: rows, columns, samples, bits, or frames."""
    for _ in range(draw.choice((1, 2, 3))):
        if draw.random() < 0.3:
            at = data.find(b"\x28\x00\x08\x00")
            text = draw.choice((b"0", b"-5", b"2147483647", b"1e9", b"99999", b"2"))
            length = (
                data[at + 6 : at + 8] if data[at + 4 : at + 6] == b"IS" else data[at + 4 : at + 6]
            )
            room = int.from_bytes(length, "little")
            if at > 0 and room < 64:
                data = _put(data, at + 8, text[:room].ljust(room))
            continue
        at = data.find(struct.pack("<HH", 0x0028, draw.choice(_SIZE_TAGS)))
        if at > 0:
            data = _put(data, at + 8, struct.pack("<H", draw.choice(_SIZES)))
    return data


#: Marks of a codestream's own size: JPEG frames (baseline to JPEG-LS), JPEG 2000, PNG.
_FRAME_MARKS = re.compile(rb"\xff[\xc0\xc1\xc2\xc3\xf7]\0|\xff\x4f\xff\x51|IHDR", re.DOTALL)


def change_codestream_size(data: bytes, draw: random.Random) -> bytes:
    """Let a codestream declare another size than it has; a PNG's checksum is made good."""
    marks = list(_FRAME_MARKS.finditer(data))
    if not marks:
        return flip_pixels(data, draw)
    at = draw.choice(marks[:3]).start()
    size = draw.choice((0, 1, 3, 4096, 46_341, 65_535))
    if data[at : at + 4] == b"IHDR":
        side = struct.pack(">L", draw.choice((size, 60_000, 1 << 30, (1 << 31) - 1)))
        chunk = _put(data[at : at + 17], draw.choice((4, 8)), side)
        return _put(data, at, chunk + struct.pack(">L", zlib.crc32(chunk)))
    if data[at : at + 4] == b"\xff\x4f\xff\x51":
        # Image and tile sizes and offsets, and the count of components.
        side = struct.pack(">L", draw.choice((size, 1 << 20, (1 << 31) - 1)))
        return _put(data, at + 8 + 4 * draw.randrange(8), side)
    return _put(data, at + 5 + draw.choice((0, 2)), struct.pack(">H", size))


def change_field(data: bytes, draw: random.Random) -> bytes:
    """Overwrite two or four bytes of the first 400 by an extreme number."""
    new = draw.choice(
        (b"\0\0", b"\xff\xff", b"\xff\x7f", b"\0\0\0\x80", b"\xff" * 4, b"\0\0\xc0\x7f")
    )
    return _put(data, draw.randrange(min(400, max(len(data), 1))), new)[: len(data)]


def spoil_inside(data: bytes, draw: random.Random) -> bytes:
    """Spoil what a gzip file holds, and pack it again."""
    if data[:2] != b"\x1f\x8b":
        return change_field(data, draw)
    try:
        inside = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data
    return gzip.compress(change_field(inside, draw), mtime=0)


def _without(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data) + 1)
    return data[:start] + data[start + draw.choice((1, 2, 4, 8, 100, 5000)) :]


#: Ways to spoil a picture or a NIfTI file, by name.
OTHER_WAYS: dict[str, Spoil] = {
    "flip-anywhere": flip_anywhere,
    "flip-header": lambda data, draw: _flip(data, draw, 0, 400),
    "truncate": truncate,
    "field": change_field,
    "inside": spoil_inside,
    "remove": lambda data, draw: _without(data, draw),
    "codestream-size": change_codestream_size,
}
