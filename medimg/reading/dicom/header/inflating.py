"""Deflated data sets, opened out bounded; pydicom would open them whatever they come to."""

from __future__ import annotations

import mmap
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.uid import DeflatedExplicitVRLittleEndian

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.header.limits import DEFLATE_FREE, DEFLATE_RATIO, check
from medimg.reading.found import Unusable
from medimg.values.problems import Problem

#: Bytes taken and given at once; the bound is looked at so often.
_TAKEN, _GIVEN = 1 << 16, 1 << 20


def inflated(path: Path, view: mmap.mmap) -> BytesIO | None:
    """The file with its data set inflated, or None where it is not deflated (PS3.5 A.5).

    Raises:
        Unusable: It is a bomb.
    """
    if view[128:132] != b"DICM":
        return None
    head = bytes(view[: min(len(view), 4096)])
    if DeflatedExplicitVRLittleEndian.encode() not in head:
        return None
    meta = pydicom.filereader.read_file_meta_info(path)
    if attributes_of(meta).text("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return None
    start = 132 + 12 + int(meta.FileMetaInformationGroupLength)
    opened = BytesIO()
    opened.write(_as_explicit(bytes(view[:start])))
    _inflate(view[start:], opened, path.name)
    opened.seek(0)
    return opened


def _inflate(body: bytes, opened: BytesIO, name: str) -> None:
    """Open out step by step, as long as what is there stays in proportion to what was used.

    Raises:
        Unusable: It does not.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, len(body), _TAKEN):
        waiting = body[start : start + _TAKEN]
        while waiting and not stream.eof:
            opened.write(stream.decompress(waiting, _GIVEN))
            waiting = stream.unconsumed_tail
            used, total = start + _TAKEN, opened.tell()
            if total > DEFLATE_FREE and total > DEFLATE_RATIO * used:
                sentence = (
                    f"{name} is deflated and opens to more than {DEFLATE_RATIO} times its size "
                    f"({total >> 20} MB from {used >> 10} KB); it was not opened further."
                )
                raise Unusable(Problem("too-large", sentence, (name,)))
            check("pixels", total, name)


def _as_explicit(head: bytes) -> bytes:
    """Rewrite the meta header for the inflated data set: same length, padded with nulls."""
    deflated = DeflatedExplicitVRLittleEndian.encode()
    return head.replace(deflated, b"1.2.840.10008.1.2.1".ljust(len(deflated), b"\0"))
