"""How much of anything one file may have: one table, each number with its reason.

The numbers lie far beyond what real files have and far below what hurts: a file is refused in a
sentence, before memory or time is spent on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from medimg.reading.found import Unusable
from medimg.values.problems import Problem

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Limit:
    """One row.

    Attributes:
        most: How many at most.
        what: Of what, for the sentence.
        reason: Why that many.
        kind: Of the problem.
        each_bytes: So many bytes of a file allow one more; 0 where its size does not matter.
    """

    most: int
    what: str
    reason: str
    kind: str = "too-many"
    each_bytes: int = 0

    def most_of(self, size: int) -> int:
        """How many at most in a file of some bytes."""
        return self.most + (size // self.each_bytes if self.each_bytes else 0)


LIMITS: dict[str, Limit] = {
    "nesting": Limit(
        32,
        "levels of sequences inside one another",
        "structured reports nest deepest, at 6 in all real files here; parsing recurses",
        "nested-too-deep",
    ),
    "parts": Limit(
        20_000,
        "tags and values in its header",
        "pydicom takes 10 µs and 300 bytes for an element, which is two; dense reports have one "
        "every 12 bytes",
        each_bytes=12,
    ),
    "items": Limit(
        5_000,
        "items of sequences",
        "pydicom takes 50 µs for each; frames and contours have one every 100 bytes or more",
        each_bytes=100,
    ),
    "frames": Limit(
        20_000,
        "frames",
        "ten minutes of cine at 30 a second have 18 000; each takes 0.1 ms of a scan",
    ),
    "fragments": Limit(
        200_000,
        "fragments of compressed pixels",
        "as many frames as may be, of ten fragments each",
    ),
    "value": Limit(
        64 << 20,
        "bytes in one value of the header",
        "the groups of 20 000 frames have 40 MB; no other value that is read has one",
        "too-large",
    ),
    "pixels": Limit(
        4 << 30,
        "bytes of pixels",
        "a breast tomosynthesis has 3 GB, a perfusion CT of 10 000 frames has 5 in many files",
        "too-large",
    ),
    "frame": Limit(
        1 << 30,
        "bytes in one picture",
        "22 000 x 22 000 pixels of 16 bits; a mammogram has 27 MB",
        "too-large",
    ),
}

#: Longest text that is read of one attribute, in bytes: what a short value can hold. The Standard
#: allows 10 240 characters, lists of the offsets of 4 000 planes included.
TEXT_BYTES = 65_535

#: A native file that declares this many times what it holds was never whole.
ABSURD = 100
#: Codestreams of a blank picture are 3 000 times smaller than it; what promises more is no picture.
CODEC_RATIO = 10_000
#: A deflated data set that opens to more than this many times its size, and to more than
#: `DEFLATE_FREE` bytes, is a bomb: real images deflate 2 to 20 times.
DEFLATE_RATIO = 200
DEFLATE_FREE = 64 << 20


#: How an item begins (PS3.5 7.5).
_ITEM = b"\xfe\xff\x00\xe0"


def exceeded(row: str, found: int, name: str, size: int = 0) -> Problem | None:
    """Say of a file of some bytes that it has too much of something, or None where it has not."""
    limit = LIMITS[row]
    most = limit.most_of(size)
    if found <= most:
        return None
    sentence = f"{name} has {found:,} {limit.what}; at most {most:,} are read"
    return Problem(limit.kind, f"{sentence}{' of its size' if size else ''}.", (name,))


def check(row: str, found: int, name: str, size: int = 0) -> None:
    """Refuse a file that has too much of something.

    Raises:
        Unusable: It has.
    """
    problem = exceeded(row, found, name, size)
    if problem is not None:
        raise Unusable(problem)


def check_sequences(dataset: Dataset, path: Path) -> None:
    """Refuse a data set whose sequences nest too deep, or would come to too many items.

    Those of undefined length are parsed by now; those of defined length are still bytes, which
    are opened one level at a time, and in which the marks of all items are counted.

    Raises:
        Unusable: They do.
    """
    # Imported late: the window reads the numbers of this table, and starts without pydicom.
    from pydicom.sequence import Sequence

    waiting: list[tuple[Dataset, int]] = [(dataset, 0)]
    size = path.stat().st_size
    while waiting:
        items, depth = waiting.pop()
        check("nesting", depth, path.name)
        for element in items.values():
            if isinstance(element.value, bytes):
                check("items", element.value.count(_ITEM), path.name, size)
            elif isinstance(element.value, Sequence):
                waiting += [(item, depth + 1) for item in element.value]


class Metered:
    """A binary stream that hands out only so many pieces, none too large.

    A parser takes one to three pieces an element and one an item; so their count is bounded
    before they are kept, whatever the file declares.

    Attributes:
        plain: The stream itself, for who bounds by himself what he takes of it.
    """

    def __init__(self, stream: BinaryIO, path: Path, largest: int | None) -> None:
        self._name, self._size = path.name, path.stat().st_size
        self._largest = largest
        self._parts = self._items = 0
        self._most_parts = LIMITS["parts"].most_of(self._size)
        self._most_items = LIMITS["items"].most_of(self._size)
        self._read = stream.read
        self.plain = stream
        self.seek, self.tell = stream.seek, stream.tell
        self._end = stream.seek(0, 2) or stream.tell()
        stream.seek(0)

    def read(self, count: int = -1) -> bytes:
        """As of any stream.

        Raises:
            Unusable: The file has too many pieces, or this one is too large.
            ValueError: A large piece would lie beyond the end of the file.
        """
        self._parts += 1
        if self._parts > self._most_parts:
            check("parts", self._parts, self._name, self._size)
        if self._largest is not None and count > self._largest:
            if count > self._end - self.tell():
                raise ValueError("out of range")
            check("value", count, self._name)
        piece = self._read(count)
        if piece[:4] == _ITEM:
            self._items += 1
            if self._items > self._most_items:
                check("items", self._items, self._name, self._size)
        return piece
