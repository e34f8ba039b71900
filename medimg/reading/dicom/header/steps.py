"""From one element of a DICOM header to the next, by its first eight bytes."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR
from pydicom.filereader import ENCODED_VR
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from medimg.reading.dicom.header.keywords import KEYWORD_OF

#: What a walk says instead of a place: not plain, or not within these bytes.
OTHERWISE, GOES_ON = -1, -2
#: Steps that are none: where a walk ends, a length that follows, an unknown VR.
END, LONG, ODD = 0, 1, 2
UNDEFINED = 0xFFFFFFFF
#: Sequences that nest deeper are pydicom's.
DEEPEST = 4

#: Pixels; the frames of a multi-frame object; the end of an item.
_ENDS = {0x7FE00008, 0x7FE00009, 0x7FE00010, 0x52009229, 0x52009230, 0xFFFEE00D}
#: The elements of a meta header.
META = {0x00020000 | element for element in (0, 1, 2, 3, 0x10, 0x12, 0x13, 0x16)}
_KEPT = META | KEYWORD_OF.keys()
_CHARSET = 0x00080005
_ITEM, _ITEM_END, _SEQUENCE_END = b"\xfe\xff\0\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"

#: Whether the length of a VR has four bytes; codes of two letters, as in a file.
_IS_LONG = {code: code.decode() in EXPLICIT_VR_LENGTH_32 for code in ENCODED_VR if len(code) == 2}
_unpack = Struct("<L").unpack_from

_Steps = dict[bytes, tuple[int, int | None]]
#: Heads of elements that were met: (bytes to the next, tag where it is kept). The files of a
#: series share nearly all of them, which makes a walk three times as quick.
EXPLICIT: _Steps = {}
IMPLICIT: _Steps = {}
MOST_REMEMBERED = 1 << 14


def step_over(head: bytes, is_explicit: bool) -> tuple[int, int | None]:
    """The step over an element by its first eight bytes, and its tag where it is kept."""
    steps = EXPLICIT if is_explicit else IMPLICIT
    if (known := steps.get(head)) is not None:
        return known
    tag = tag_of(head)
    if tag in _ENDS:
        step = END
    elif not is_explicit:
        step = 8 + long(head, 4)
    else:
        is_long = _IS_LONG.get(head[4:6])
        step = ODD if is_long is None else LONG if is_long else 8 + (head[7] << 8 | head[6])
    if len(steps) >= MOST_REMEMBERED:
        steps.clear()
    steps[head] = step, tag if tag in _KEPT else None
    return steps[head]


def long(head: bytes, at: int) -> int:
    """A length of four bytes."""
    length: int = _unpack(head, at)[0]
    return length


def tag_of(element: bytes) -> int:
    """The tag of an element, group first."""
    return element[1] << 24 | element[0] << 16 | element[3] << 8 | element[2]


def over_sequence(head: bytes, at: int, is_explicit: bool, depth: int = 1) -> int:
    """The place after a sequence of undefined length (PS3.5 7.5), or why it is not plain."""
    if not _is_sequence(head[at : at + 6], is_explicit) or depth > DEEPEST:
        return OTHERWISE
    at += 12 if is_explicit else 8
    while at + 8 <= len(head):
        mark, length = head[at : at + 4], long(head, at + 4)
        at += 8
        if mark == _SEQUENCE_END:
            return at if length == 0 else OTHERWISE
        if mark != _ITEM:
            return OTHERWISE
        at = _over_item(head, at, None if length == UNDEFINED else at + length, is_explicit, depth)
        if at < 0:
            return at
    return GOES_ON


def _over_item(head: bytes, at: int, end: int | None, is_explicit: bool, depth: int) -> int:
    """The place after an item that ends at `end`, or with its own mark where that is None."""
    while at != end:
        if at + 12 > len(head):
            # An element of no length may end less than twelve bytes before the end of the file.
            return GOES_ON
        element = head[at : at + 8]
        if end is None and element[:4] == _ITEM_END:
            return at + 8 if element[4:] == b"\0\0\0\0" else OTHERWISE
        step, _ = step_over(element, is_explicit)
        if step == LONG:
            step = 12 + long(head, at + 8)
        if step < 8:
            return OTHERWISE
        start, at = at, at + step
        if step > UNDEFINED:
            at = over_sequence(head, start, is_explicit, depth + 1)
        if at < 0:
            return at
        if end is not None and at > end:
            return OTHERWISE
        if tag_of(element) == _CHARSET and not is_known_charset(head[start:at], is_explicit):
            return OTHERWISE
    return at


def _is_sequence(element: bytes, is_explicit: bool) -> bool:
    """Whether an element is one of items, as pydicom decides it where the length is undefined."""
    if is_explicit:
        return element[4:6] == b"SQ"
    try:
        return dictionary_VR(tag_of(element)) == "SQ"
    except KeyError:
        return False


@lru_cache(maxsize=64)
def is_known_charset(element: bytes, is_explicit: bool) -> bool:
    """Whether pydicom knows the character sets of an element by these very names."""
    names = element[8:].decode("latin-1").split("\\")
    is_stated = not is_explicit or element[4:6] == b"CS"
    return is_stated and all(name.rstrip(" ") in python_encoding for name in names)
