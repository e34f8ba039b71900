"""DICOM, with and without a preamble."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from medimg.reading.dicom import objects, scanning
from medimg.reading.dicom.header import json_model as dicom_headers
from medimg.reading.dicom.pixels import reading as pixels
from medimg.reading.found import Found
from medimg.values.layers import Layer
from medimg.values.progress import Tick
from medimg.values.series import DerivedObject, Series
from medimg.values.volume import Volume

#: VRs that the first element of a data set may have.
_FIRST_VRS = {b"UL", b"UI", b"CS", b"LO", b"SH", b"DA", b"OB"}


def recognises(head: bytes) -> bool:
    """Whether a file has the mark, or begins as data sets without a preamble begin."""
    return head[128:132] == b"DICM" or has_no_preamble(head)


def has_no_preamble(head: bytes) -> bool:
    """Whether a file begins with an element of group 2 or 8, as ACR-NEMA and some exports do."""
    if len(head) < 132 or head[128:132] == b"DICM":
        return False
    if head[0:2] in (b"\x02\x00", b"\x08\x00"):
        element, length = head[2:4], int.from_bytes(head[4:8], "little")
        is_low = int.from_bytes(element, "little") <= 0x0100
        return is_low and (head[4:6] in _FIRST_VRS or length <= 64)
    return head[0:2] == b"\x00\x08" and head[4:6] in _FIRST_VRS  # big endian


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Put the pictures of DICOM files into stacks."""
    with _quiet():
        return scanning.scan_files(paths, tick)


def read(series: Series, tick: Tick) -> Volume:
    """Read the pixels of a stack."""
    with _quiet():
        return pixels.read(series, tick)


def headers(series: Series) -> tuple[str, ...]:
    """The headers of a stack's instances."""
    with _quiet():
        return dicom_headers.headers(series)


def layers(series: Series, object_: DerivedObject) -> tuple[Layer, ...]:
    """What an object says of a stack."""
    with _quiet():
        return objects.layers(series, object_)


def _quiet() -> warnings.catch_warnings:
    """Silence pydicom's warnings: what bears on the result is a `Problem`, told with it."""
    return warnings.catch_warnings(action="ignore")
