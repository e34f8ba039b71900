"""The common case of a DICOM header, parsed by its bytes: little endian, every length stated.

pydicom parses anything, at half a millisecond a file. Most files need none of that: a meta
header, then elements of known VR and stated length up to the pixels. `header` walks those and
gives what pydicom would have given; at the first byte that is otherwise (an undefined length, an
unknown VR, a functional group, a length beyond the file) it says None, and pydicom parses.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import FileIO

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medimg.reading.dicom.header.runs import RUNS, Step
from medimg.reading.dicom.header.steps import (
    END,
    EXPLICIT,
    GOES_ON,
    IMPLICIT,
    LONG,
    META,
    ODD,
    OTHERWISE,
    UNDEFINED,
    is_known_charset,
    long,
    over_sequence,
    step_over,
    tag_of,
)
from medimg.reading.dicom.header.syntaxes import SYNTAXES

#: Bytes looked at: nearly every header ends within the first reach. No header within the second
#: can have more elements or items, of eight bytes each, than `LIMITS` allows; longer ones are
#: pydicom's, which counts them.
REACHES = (16 << 10, 40 << 10)
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian)
#: Transfer syntaxes whose header is little endian and not deflated, by VR and value.
_SYNTAXES = {
    b"UI" + uid.encode(): UID(uid)
    for uid, row in SYNTAXES.items()
    if row.codec and uid not in (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
}

_CHARSET, _TRANSFER_SYNTAX, _PIXEL_DATA = 0x00080005, 0x00020010, 0x7FE00010
_BEGINNING = b"DICM\2\0\0\0UL\4\0"


@dataclass(frozen=True, slots=True)
class Header:
    """A plain header.

    Attributes:
        preamble: 128 bytes.
        meta, elements: Whole elements by tag; of the data set those of `KEYWORDS`.
        value_at: Where the value of the pixels begins.
        length: Of their value as declared; None where encapsulated.
        twice: Tags that stand more than once with unlike values, of which the last counts.
    """

    preamble: bytes
    meta: dict[int, bytes]
    elements: dict[int, bytes]
    transfer_syntax: UID
    value_at: int
    length: int | None
    twice: tuple[int, ...] = ()

    @property
    def is_explicit(self) -> bool:
        """Whether elements name their VR."""
        return self.transfer_syntax != ImplicitVRLittleEndian


def header(file: FileIO, size: int) -> Header | None:
    """Parse the header of a file of `size` bytes from its beginning; None where it is not plain."""
    head = b""
    for reach in REACHES:
        head += file.read(reach - len(head))
        found = _header(head, size)
        if found != GOES_ON or len(head) >= size:
            break
    return found if isinstance(found, Header) else None


def _header(head: bytes, size: int) -> Header | int:
    """The header in the first bytes of a file, or why there is none."""
    if head[128:140] != _BEGINNING or len(head) < 160 or size >= UNDEFINED:
        return OTHERWISE
    start = 144 + long(head, 140)
    meta: dict[int, bytes] = {}
    elements: dict[int, bytes] = {}
    # Elements of the groups 0 and 2 after the meta header are read apart by pydicom.
    if start + 12 > len(head) or head[start] in (0, 2) or not _meta(head, start, meta):
        return OTHERWISE
    stated = meta.get(_TRANSFER_SYNTAX, b"")
    syntax = _SYNTAXES.get(stated[4:6] + stated[8:].rstrip(b"\0"))
    if syntax is None:
        return OTHERWISE
    is_explicit = syntax != ImplicitVRLittleEndian
    if not is_explicit and all(0x40 < byte < 0x5B for byte in head[start + 4 : start + 6]):
        return OTHERWISE  # it names a VR all the same
    at, count = _walk(head, start, size, is_explicit, elements)
    if at < 0:
        return at
    twice = () if count == len(elements) else _twice(head, start, at, is_explicit)
    if _CHARSET in elements and not is_known_charset(elements[_CHARSET], is_explicit):
        return OTHERWISE
    element = head[at : at + (12 if is_explicit else 8)]
    if tag_of(element) != _PIXEL_DATA or (is_explicit and element[4:6] not in (b"OB", b"OW")):
        return OTHERWISE
    length, is_native = long(element, len(element) - 4), syntax in _NATIVE
    if (length == UNDEFINED) is is_native or (is_native and length % 2):
        return OTHERWISE
    value_at = at + len(element)
    stated_length = length if is_native else None
    return Header(head[:128], meta, elements, syntax, value_at, stated_length, twice)


def _meta(head: bytes, end: int, kept: dict[int, bytes]) -> bool:
    """Keep the elements of the meta header; whether it is plain and ends where it says."""
    at = 132
    while at < end:
        step, tag = step_over(head[at : at + 8], True)
        if step == LONG:
            step = 12 + long(head, at + 8)
        if step < 8 or tag not in META:
            return False
        kept[tag] = head[at : at + step]
        at += step
    return at == end


def _walk(
    head: bytes, at: int, size: int, is_explicit: bool, kept: dict[int, bytes]
) -> tuple[int, int]:
    """Keep the elements that a scan reads.

    Returns:
        Where the pixels begin, or why not; how many elements were kept, doubles counted.
    """
    known, last = (EXPLICIT if is_explicit else IMPLICIT).get, len(head) - 12
    runs = RUNS[is_explicit]
    new: list[Step] = []
    count = 0
    while at <= last:
        first = head[at : at + 8]
        run = runs.get(first)
        if run is not None and at + run.length <= last:
            if run.lies_at(head, at):
                count += run.keep(head, at, kept)
                at += run.length
                runs.learn(new)
                new = []
                continue
            runs.correct(run, head, at)
        step, tag = known(first) or step_over(first, is_explicit)
        if step < 8:
            if step == END:
                runs.learn(new)
                return at, count
            if step == ODD:
                return OTHERWISE, 0
            step, first = 12 + long(head, at + 8), head[at : at + 12]
        end = at + step
        if tag is None:
            if step > UNDEFINED:
                if (at := over_sequence(head, at, is_explicit)) < 0:
                    return at, 0
                runs.learn(new)
                new = []
                continue
        elif tag in META:
            return OTHERWISE, 0
        elif end > last:
            return (GOES_ON if end <= size else OTHERWISE), 0
        else:
            kept[tag] = head[at:end]
            count += 1
        new.append((first, step, tag))
        at = end
    return (GOES_ON if at <= size else OTHERWISE), 0


def _twice(head: bytes, at: int, end: int, is_explicit: bool) -> tuple[int, ...]:
    """Tags that stand more than once with unlike values in a header that was walked before."""
    seen: dict[int, bytes] = {}
    unlike: dict[int, None] = {}
    while at < end:
        step, tag = step_over(head[at : at + 8], is_explicit)
        if step == LONG:
            step = 12 + long(head, at + 8)
        if step > UNDEFINED:
            at = over_sequence(head, at, is_explicit)
            continue
        if tag is not None and seen.setdefault(tag, head[at : at + step]) != head[at : at + step]:
            unlike[tag] = None
        at += step
    return tuple(unlike)
