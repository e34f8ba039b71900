"""Pixels of plain files, read straight into their place in the volume.

pydicom copies each frame several times on its way to an array. Words of 16 bits under a plain
header need none of that: they are read where they stay, or decoded into it, and rescaled there,
by threads, because reading, waiting for a decoder and arithmetic let go of the interpreter. What
is otherwise is said by `plan` before a pixel is read, and takes the long way.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

import numpy as np
from pydicom.tag import Tag

from medimg.reading.decoding.process import Decoder, processes
from medimg.reading.dicom.header import plain
from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.header.plain_layer import PlainLayer
from medimg.reading.dicom.pixels import coded_pixels
from medimg.reading.dicom.pixels.coded_pixels import Coding, Words
from medimg.reading.dicom.pixels.values import Decoded, Scaling, padding_of, scaling_of
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
#: One thread reads where another computes; more contend for memory. One waits for each decoder.
THREADS = 1 + processes()
#: Frames under way; a cancelled read waits for no more than these, and so long for decoders.
AHEAD = 8
CANCEL_S = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How the one frame of a plain file becomes values.

    Attributes:
        value_at: Where its pixels begin in the file.
        coding: What to decode; None where words are stored as they are.
    """

    path: Path
    value_at: int
    words: Words
    scaling: Scaling
    layer: PlainLayer
    facts: Attributes
    coding: Coding | None = None

    @property
    def bits(self) -> int:
        """Bits of a word that are its value, from the lowest."""
        return self.words.bits if self.coding is None else self.coding.kept_bits

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
        self._at_work: set[Decoder] = set()
        self.block: Array | None = None

    def __enter__(self) -> PlainFrames:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        running = [loading for loading in self._loading if not loading.cancelled()]
        while wait(running, CANCEL_S).not_done:  # the read was cancelled, a codec is long at work
            for decoder in list(self._at_work):
                decoder.kill()
        self._pool.shutdown()

    def start(self, path: Path, place: int) -> bool:
        """Begin to load a file's frame; False where it is not plain."""
        planned = plan(path, self._last)
        if planned is None or (planned.words.rows, planned.words.columns) != self._shape[1:]:
            return False
        self._last = planned
        if self.block is None:
            self.block = np.empty(self._shape, np.int16)
        loading = self._pool.submit(load, planned, self.block[place], self._at_work)
        self._loading.append(loading)
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
            return _plan(path, file, os.fstat(file.fileno()).st_size, last)
    except OSError:  # the long way says why
        return None


def _plan(path: Path, file: FileIO, size: int, last: Plan | None) -> Plan | None:
    header = plain.header(file, size)
    if header is None or not _has_words(header) or sys.byteorder != "little":
        return None
    layer, at = PlainLayer(header), header.value_at
    if last is not None and last.holds_for(layer):
        planned: Plan | None = replace(last, path=path, value_at=at)
    else:
        planned = _planned(path, at, layer)
    if planned is None:
        return None
    if header.length is None:
        uid, words = header.transfer_syntax, planned.words
        coding = coded_pixels.coding_of(file, size, uid, at, words, MOST_AFTER)
        return None if coding is None else replace(planned, coding=coding)
    need = planned.words.rows * planned.words.columns * 2
    is_whole = 0 < need == header.length <= size - at <= need + MOST_AFTER
    return replace(planned, coding=None) if is_whole else None


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
    if not is_plain:
        return None
    is_lossy = facts.text("LossyImageCompression") == "01"
    words = Words(rows, columns, bits, sign == 1, is_lossy)
    return Plan(path, value_at, words, scaling_of(facts), layer, facts)


def load(planned: Plan, out: Array, at_work: set[Decoder]) -> Decoded:
    """Read a frame into `out` (rows, columns) int16, where its values fit; else beside it.

    Args:
        at_work: Holds the decoder while one is at this frame.

    Raises:
        OSError, EOFError: The file is no longer what it was.
        Unusable: It cannot be decoded.
    """
    if planned.coding is not None:
        coded_pixels.decode(planned.path, planned.coding, out, at_work)
    else:
        with FileIO(planned.path) as file:
            file.seek(planned.value_at)
            if file.readinto(out.data.cast("B")) != out.nbytes:
                raise EOFError(f"{planned.path.name} has become shorter")
    stored = out if planned.words.is_signed else out.view(np.uint16)
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
    least = -(1 << planned.bits - 1) if planned.words.is_signed else 0
    most = (1 << planned.bits - planned.words.is_signed) - 1
    if least <= low and high <= most:
        return low, high
    # Up, so that the sign bit is the word's own; down again, which extends it.
    np.left_shift(stored, 16 - planned.bits, out=stored)
    np.right_shift(stored, 16 - planned.bits, out=stored)
    return int(stored.min()), int(stored.max())
