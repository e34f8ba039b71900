"""Pixels of plain files, read straight into their place in the volume.

pydicom copies each frame several times on its way to an array. Words of 16 bits under a plain
header need none of that: they are read where they stay and rescaled there, by threads, because
reading and arithmetic let go of the interpreter. What is otherwise is said by `plan` before a
pixel is read, and takes the long way.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

import numpy as np
from pydicom.tag import Tag

from medimg.reading.dicom import plain
from medimg.reading.dicom.attributes import Attributes
from medimg.reading.dicom.plain_layer import PlainLayer
from medimg.reading.dicom.values import Decoded, Scaling, padding_of, scaling_of
from medimg.reading.narrowing import rescale
from medimg.values.volume import Array

#: Attributes that tell how pixels are stored; each must be one 16-bit word.
_WORDS = (
    *("Rows", "Columns", "SamplesPerPixel"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)
_WORD_TAGS = tuple(int(Tag(word)) for word in _WORDS)
_GREY = ("MONOCHROME1", "MONOCHROME2")
#: Tables, whose values are not rescaled; PET, whose values may have a unit of their own.
_TABLES = ("ModalityLUTSequence", "VOILUTSequence", "DoseGridScaling")
_OTHER_UNITS = ("PT", "NM")
#: Elements that differ from slice to slice and say nothing of the pixels.
_OF_A_SLICE = frozenset(
    (
        *("SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "SliceLocation"),
        *("AcquisitionTime", "ContentTime", "AcquisitionDateTime", "TriggerTime"),
        *("XRayTubeCurrent", "Exposure", "ExposureTime", "WindowCenter", "WindowWidth"),
    )
)
_INT16 = np.iinfo(np.int16)

#: Bytes after the pixels; what is more is pydicom's to read and to count.
MOST_AFTER = 4096
#: One thread reads where another computes; more contend for memory.
THREADS = 2
#: Frames under way; a cancelled read waits for no more than these.
AHEAD = 8


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How the one frame of a plain file becomes values.

    Attributes:
        value_at: Where its words begin in the file.
        shape: (rows, columns).
        bits: Stored in each word, from the lowest.
    """

    path: Path
    value_at: int
    shape: tuple[int, int]
    bits: int
    is_signed: bool
    scaling: Scaling
    layer: PlainLayer
    facts: Attributes

    def holds_for(self, layer: PlainLayer) -> bool:
        """Whether another file says the same of its pixels."""
        unlike = layer.unlike(self.layer)
        return unlike is not None and unlike <= _OF_A_SLICE


class PlainFrames:
    """Loads the frames of plain files by threads into one block, int16, each at its place.

    Attributes:
        block: (frames, rows, columns); None until the first plain file.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._shape = shape
        self._pool = ThreadPoolExecutor(THREADS)
        self._loading: deque[Future[Decoded]] = deque()
        self._last: Plan | None = None
        self.block: Array | None = None

    def __enter__(self) -> PlainFrames:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start(self, path: Path, place: int) -> bool:
        """Begin to load a file's frame; False where it is not plain."""
        planned = plan(path, self._last)
        if planned is None or planned.shape != self._shape[1:]:
            return False
        self._last = planned
        if self.block is None:
            self.block = np.empty(self._shape, np.int16)
        self._loading.append(self._pool.submit(load, planned, self.block[place]))
        return True

    def next(self) -> Decoded:
        """The next frame in the order in which they were started; errors as `load`."""
        return self._loading.popleft().result()


def plan(path: Path, last: Plan | None = None) -> Plan | None:
    """Plan the reading of a file; None where it is not plain, its pixels are not, or it is gone.

    Args:
        last: The plan of a file before it, which mostly holds for the next.
    """
    try:
        with FileIO(path) as file:
            size = os.fstat(file.fileno()).st_size
            header = plain.header(file, size)
    except OSError:  # the long way says why
        return None
    if header is None or header.length is None or not _has_words(header):
        return None
    layer = PlainLayer(header)
    if last is not None and last.holds_for(layer):
        planned: Plan | None = replace(last, path=path, value_at=header.value_at)
    else:
        planned = _planned(path, header.value_at, layer)
    if planned is None:
        return None
    need = planned.shape[0] * planned.shape[1] * 2
    is_whole = 0 < need == header.length <= size - header.value_at <= need + MOST_AFTER
    return planned if is_whole else None


def _planned(path: Path, value_at: int, layer: PlainLayer) -> Plan | None:
    """Plan by what the header says of the pixels."""
    facts = Attributes(layer)
    rows, columns, samples, allocated, bits, high, sign = (facts.whole(w) or 0 for w in _WORDS)
    is_plain = (
        (samples, allocated, high) == (1, 16, bits - 1)
        and 1 <= bits <= 16
        and sign in (0, 1)
        and facts.text("PhotometricInterpretation") in _GREY
        and facts.texts("NumberOfFrames") in ((), ("1",))
        and facts.text("Modality").upper() not in _OTHER_UNITS
        and not any(keyword in facts for keyword in _TABLES)
    )
    if not is_plain or sys.byteorder != "little":
        return None
    scaling = scaling_of(facts)
    return Plan(path, value_at, (rows, columns), bits, sign == 1, scaling, layer, facts)


def load(planned: Plan, out: Array) -> Decoded:
    """Read a frame into `out` (rows, columns) int16, where its values fit; else beside it.

    Raises:
        OSError, EOFError: The file is no longer what it was.
    """
    with FileIO(planned.path) as file:
        file.seek(planned.value_at)
        if file.readinto(out.data.cast("B")) != out.nbytes:
            raise EOFError(f"{planned.path.name} has become shorter")
    stored = out if planned.is_signed else out.view(np.uint16)
    low, high = _clean(stored, planned)
    padding = padding_of(stored, planned.facts, (low, high))
    slope, intercept, unit = planned.scaling
    is_whole = float(slope).is_integer() and float(intercept).is_integer()
    ends = (low * slope + intercept, high * slope + intercept)
    if not is_whole or min(ends) < _INT16.min or max(ends) > _INT16.max:
        return Decoded(rescale(stored, slope, intercept), padding, unit)
    held = None if padding is not None else (min(ends), max(ends))
    # The true values fit in 16 bits, so arithmetic modulo 2**16 is exact whatever the sign.
    words = out.view(np.uint16)
    if slope != 1:
        np.multiply(words, np.uint16(int(slope) % (1 << 16)), out=words)
    if intercept:
        np.add(words, np.uint16(int(intercept) % (1 << 16)), out=words)
    return Decoded(out, padding, unit, held)


def _has_words(header: plain.Header) -> bool:
    """Whether the attributes that tell how pixels are stored are single 16-bit words."""
    sign = b"US\2\0" if header.is_explicit else b"\2\0\0\0"
    return all(header.elements.get(tag, b"")[4:8] == sign for tag in _WORD_TAGS)


def _clean(stored: Array, planned: Plan) -> tuple[int, int]:
    """Clear the bits above those that are stored, as pydicom does; returns the range."""
    low, high = int(stored.min()), int(stored.max())
    least = -(1 << planned.bits - 1) if planned.is_signed else 0
    most = (1 << planned.bits - planned.is_signed) - 1
    if least <= low and high <= most:
        return low, high
    # Up, so that the sign bit is the word's own; down again, which extends it.
    np.left_shift(stored, 16 - planned.bits, out=stored)
    np.right_shift(stored, 16 - planned.bits, out=stored)
    return int(stored.min()), int(stored.max())
