"""The meta header's own length (PS3.10 7.1), held against where it ends."""

from __future__ import annotations

import struct
from typing import BinaryIO

from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from medimg.reading.dicom.header.limits import Metered

#: Where the meta header begins, and its first element when that states its length.
_START = 132
_STATED = struct.Struct("<HH2sHL")
_LONG_VRS = {vr.encode() for vr in EXPLICIT_VR_LENGTH_32}


def states_its_length(stream: BinaryIO | Metered) -> bool:
    """Whether group 2 ends where it says; one that states no length says nothing wrong."""
    stream.seek(_START)
    first = stream.read(_STATED.size)
    if len(first) < _STATED.size:
        return True
    group, element, _, _, length = _STATED.unpack(first)
    if (group, element) != (2, 0):
        return True
    return _end(stream) == _START + _STATED.size + int(length)


def _end(stream: BinaryIO | Metered) -> int:
    """Where the last element of group 2 ends."""
    place = _START
    while True:
        stream.seek(place)
        head = stream.read(12)
        if len(head) < 8 or head[:2] != b"\x02\x00":
            return place
        is_long = head[4:6] in _LONG_VRS and len(head) == 12
        if is_long:  # the two bytes after the VR are reserved and say nothing
            place += 12 + int.from_bytes(head[8:12], "little")
        else:
            place += 8 + int.from_bytes(head[6:8], "little")
