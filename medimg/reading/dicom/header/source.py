"""A DICOM file opened for its header: parsed, its pixels located and weighed, not read."""

from __future__ import annotations

import errno
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import Tag
from pydicom.uid import UID

from medimg.reading.dicom.header import meta_header, plain
from medimg.reading.dicom.header.attributes import (
    UNREADABLE_VALUE,
    Attributes,
    Layer,
    Sibling,
    attributes_of,
)
from medimg.reading.dicom.header.inflating import inflated
from medimg.reading.dicom.header.keywords import KEYWORD_OF
from medimg.reading.dicom.header.limits import LIMITS, Metered, check, check_sequences
from medimg.reading.dicom.header.plain_layer import PlainLayer
from medimg.reading.dicom.header.syntaxes import is_compressed, is_implicit
from medimg.reading.found import Unusable
from medimg.values.problems import Problem

#: The first file of each series, by its element SeriesInstanceUID.
Firsts = dict[bytes, tuple[PlainLayer, Attributes]]

#: What pydicom raises on a data set that is cut or malformed.
BROKEN = (*UNREADABLE_VALUE, EOFError, OSError, struct.error, OverflowError, zlib.error, IndexError)

#: As tags, so that pydicom does not look the keywords up for every file.
_TAGS = [*map(Tag, KEYWORD_OF)]

_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_PIXEL_KEYWORDS = {"PixelData", "FloatPixelData", "DoubleFloatPixelData"}
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = {b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV"}


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixels lie in a file.

    Attributes:
        declared: Length that the element declares; None where encapsulated.
        held: Bytes from its beginning to the end of the file.
        is_complete: For encapsulated pixels: whether all fragments are whole.
        is_delimited: For encapsulated pixels: whether the sequence is closed.
        is_explicit: Whether the element names its VR.
        trailing: Bytes after it that are no data elements.
        fragments: For encapsulated pixels: how many there are, the offset table not counted.
        value_at: Where its value begins in the file.
    """

    declared: int | None
    held: int
    is_complete: bool = True
    is_delimited: bool = True
    trailing: int = 0
    is_explicit: bool = True
    fragments: int = 0
    value_at: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A parsed file: the attributes of `KEYWORDS`, and its pixels if there are any."""

    path: Path
    layer: Layer
    facts: Attributes
    transfer_syntax: UID
    pixels: PixelElement | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def dataset(self) -> Dataset:
        """What pydicom makes of it."""
        return self.layer.dataset

    @property
    def sop_class(self) -> str:
        """As the data set says, else the meta header."""
        own = self.facts.text("SOPClassUID")
        return own or attributes_of(self.dataset.file_meta).text("MediaStorageSOPClassUID")


def source_of(path: Path, dataset: FileDataset) -> Source:
    """A file that was parsed elsewhere."""
    layer = Layer(dataset)
    return Source(path, layer, Attributes(layer), transfer_syntax(dataset))


def transfer_syntax(dataset: FileDataset) -> UID:
    """The transfer syntax of the meta header, else the one that the bytes were parsed by."""
    declared = attributes_of(dataset.file_meta).text("TransferSyntaxUID")
    if declared and not (is_compressed(UID(declared)) and _has_native_pixels(dataset)):
        return UID(declared)
    implicit, little = dataset.original_encoding
    if implicit:
        return UID(pydicom.uid.ImplicitVRLittleEndian)
    return UID(pydicom.uid.ExplicitVRLittleEndian if little else pydicom.uid.ExplicitVRBigEndian)


def _has_native_pixels(dataset: FileDataset) -> bool:
    """Whether pixels have a length, which encapsulated ones never have (PS3.5 A.4)."""
    item = dataset.get_item("PixelData") if "PixelData" in dataset else None
    if item is None:
        return False
    if isinstance(item, RawDataElement):
        return item.length != _UNDEFINED
    return not item.is_undefined_length


def parse(path: Path, firsts: Firsts | None = None) -> Source:
    """Parse the header of a DICOM file.

    Args:
        firsts: The first file of each series that was parsed before; a new one is added.

    Raises:
        Unusable: The file is cut, malformed, nested without end, or a bomb.
    """
    try:
        return _plain(path, {} if firsts is None else firsts) or parse_by_pydicom(path)
    except OSError as error:
        raise Unusable(_malformed(path, error)) from error


def _plain(path: Path, firsts: Firsts) -> Source | None:
    """Parse a file whose header is plain; None where it is not."""
    with FileIO(path) as file:
        size = os.fstat(file.fileno()).st_size
        found = plain.header(file, size)
        if found is None:
            return None
        pixels = _weigh(path, file, found.value_at, found.length, size, "<", found.is_explicit)
        notes = [*_notes(path, found.preamble, found.transfer_syntax, pixels)]
        notes += [_stands_twice(path, KEYWORD_OF[tag]) for tag in found.twice]
        layer = PlainLayer(found)
        facts = _shared(layer, firsts)
        return Source(path, layer, facts, found.transfer_syntax, pixels, tuple(notes))


def _shared(layer: PlainLayer, firsts: Firsts) -> Attributes:
    """The values of a file; those that it shares with the first of its series are read once."""
    known = firsts.get(layer.series)
    if known is None:
        own = Attributes(layer)
        firsts[layer.series] = layer, own
        return own
    first, attributes = known
    unlike = layer.unlike(first)
    return Attributes(layer) if unlike is None else Sibling(layer, attributes, unlike)


def parse_by_pydicom(path: Path) -> Source:
    """Parse the header of any DICOM file; errors as `parse`."""
    try:
        with _opened(path, LIMITS["value"].most) as stream:
            dataset = pydicom.dcmread(
                stream, stop_before_pixels=True, force=True, specific_tags=_TAGS
            )
            check_sequences(dataset, path)
            _settle(dataset)
            pixels = _locate(stream, dataset, path)
            stream.seek(0)
            head = stream.read(132)
            declared = UID(attributes_of(dataset.file_meta).text("TransferSyntaxUID"))
            preamble = head[:128] if head[128:] == b"DICM" else None
            notes = tuple(_notes(path, preamble, declared, pixels))
            if preamble is not None and not meta_header.states_its_length(stream):
                sentence = f"The meta header of {path.name} states a wrong length; it was read on."
                notes += (Problem("meta-length-wrong", sentence, (path.name,)),)
    except (*BROKEN, RecursionError) as error:
        raise Unusable(_malformed(path, error)) from error
    layer = Layer(dataset)
    return Source(path, layer, Attributes(layer), transfer_syntax(dataset), pixels, notes)


def read_whole(path: Path) -> FileDataset:
    """Read a file with its pixels.

    Raises:
        Unusable: As `parse`.
    """
    return _read(path, stop_before_pixels=False)


def read_header(path: Path) -> FileDataset:
    """Read all of a file but its pixels.

    Raises:
        Unusable: As `parse`.
    """
    return _read(path, stop_before_pixels=True)


def _read(path: Path, *, stop_before_pixels: bool) -> FileDataset:
    try:
        with _opened(path) as stream:
            dataset = pydicom.dcmread(stream, force=True, stop_before_pixels=stop_before_pixels)
            if stop_before_pixels:
                check_sequences(dataset, path)
            elif not _PIXEL_KEYWORDS & set(dataset.dir("PixelData")):
                # pydicom drops pixels whose fragments are not closed; whole ones are.
                stream.seek(0)
                closed = BytesIO(stream.read() + _DELIMITER)
                dataset = pydicom.dcmread(closed, force=True)
            return dataset
    except (*BROKEN, RecursionError) as error:
        raise Unusable(_malformed(path, error)) from error


@contextmanager
def _opened(path: Path, largest: int | None = None) -> Iterator[Metered]:
    """Open a file so that a declared length can never take more memory than the file holds.

    A memory map hands out what is there and reads nothing that is skipped.

    Args:
        largest: Bytes of the longest value that may be read, if there is such a bound.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        opened_out = inflated(path, view)
        stream: Any = view if opened_out is None else opened_out  # a map reads like a file
        yield Metered(stream, path, largest)


def _settle(dataset: Dataset) -> None:
    """Touch the sequences that are needed, so that they fail here and not later."""
    for keyword in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for group in dataset.get(keyword) or []:
            list(group)


def _locate(stream: Metered, dataset: FileDataset, path: Path) -> PixelElement | None:
    """Look at the element where parsing stopped: pixels, and are they whole."""
    order = "<" if dataset.original_encoding[1] else ">"
    start = stream.tell()
    head = stream.read(12)
    if len(head) < 8:
        return None
    group, element = struct.unpack(order + "HH", head[:4])
    if (group << 16 | element) not in _PIXEL_TAGS:
        return None
    is_long = head[4:6] in _LONG_VRS  # by the bytes: the meta header may be wrong
    # A data set may be implicit whatever its meta header says; two capitals are a VR.
    if not is_long and (head[4:6].isalpha() and head[4:6].isupper()):
        return None
    length = struct.unpack(order + "L", head[8:12] if is_long else head[4:8])[0]
    value = start + (12 if is_long else 8)
    size = stream.seek(0, 2) or stream.tell()
    declared = None if length == _UNDEFINED else length
    return _weigh(path, stream.plain, value, declared, size, order, is_long)


def _weigh(
    path: Path,
    stream: BinaryIO | FileIO,
    value: int,
    length: int | None,
    size: int,
    order: str,
    is_long: bool,
) -> PixelElement:
    """Compare what pixels declare with what the file holds.

    Raises:
        Unusable: They lie in too many fragments.
    """
    held = size - value
    if length is not None:
        trailing = _trailing(stream, value + length, size, order) if length < held else 0
        return PixelElement(length, held, trailing=trailing, is_explicit=is_long, value_at=value)
    count, is_complete, is_delimited = _fragments(stream, value, size)
    fragments = max(count - 1, 0)
    check("fragments", fragments, path.name)
    return PixelElement(None, held, is_complete, is_delimited, 0, is_long, fragments, value)


#: Groups that may follow pixels: private 7FE1 and its like, signatures, padding.
_AFTER_PIXELS = (0x7FE0, 0x7FE1, 0x7FE3, 0xFFFA, 0xFFFC)


def _trailing(stream: BinaryIO | FileIO, end: int, size: int, order: str) -> int:
    """Bytes after the pixels that are no data elements."""
    stream.seek(end)
    rest = stream.read(8)
    if len(rest) < 8:
        return 0  # nothing, or a pad byte
    if struct.unpack(order + "H", rest[:2])[0] in _AFTER_PIXELS:
        return 0
    return size - end


def _fragments(stream: BinaryIO | FileIO, start: int, end: int) -> tuple[int, bool, bool]:
    """Walk the items of encapsulated pixels: (how many, all whole, closed). PS3.5 A.4."""
    place, count = start, 0
    while place + 8 <= end:
        stream.seek(place)
        group, element, length = struct.unpack("<HHL", stream.read(8))
        if (group, element) == (0xFFFE, 0xE0DD):
            return count, True, True
        if (group, element) != (0xFFFE, 0xE000):
            return count, False, False
        place += 8 + length
        count += 1
    return count, place == end, False


def _notes(
    path: Path, preamble: bytes | None, declared: UID, pixels: PixelElement | None
) -> Iterator[Problem]:
    """Say how a file departs from Part 10 without being the less readable."""
    name, files = path.name, (path.name,)
    if preamble is None:
        yield Problem("no-preamble", f"{name} has no preamble and no meta header.", files)
        return
    if any(preamble) and preamble[:4] not in (b"II*\0", b"MM\0*"):  # a TIFF preamble is allowed
        yield Problem("preamble-not-empty", f"The preamble of {name} is not empty.", files)
    if not declared:
        sentence = f"{name} does not name its transfer syntax; it was read by its bytes."
        yield Problem("transfer-syntax-missing", sentence, files)
    elif pixels is not None and (
        pixels.is_explicit == is_implicit(declared)
        or (is_compressed(declared) and pixels.declared is not None)
    ):
        sentence = f"{name} names a transfer syntax that its bytes are not in; it was read by them."
        yield Problem("transfer-syntax-wrong", sentence, files)
    if pixels is None:
        return
    if not pixels.is_delimited:
        sentence = f"The pixels of {name} are not closed by a delimiter; all fragments are there."
        yield Problem("delimiter-missing", sentence, files)
    if pixels.trailing:
        sentence = f"{name} has {pixels.trailing} bytes after its data, which are ignored."
        yield Problem("trailing-bytes", sentence, files)


def _stands_twice(path: Path, keyword: str) -> Problem:
    """Say that one attribute has two values; the walk of a plain header alone sees it."""
    sentence = f"{keyword} stands twice in {path.name} with unlike values; the last one counts."
    return Problem("bad-value", sentence, (str(path),))


def _malformed(path: Path, error: Exception) -> Problem:
    """Say of a file that could not be parsed why not."""
    within = error.__context__  # pydicom wraps whatever ends a read within an item
    if isinstance(within, Unusable):
        return within.problem
    if isinstance(error, RecursionError) or isinstance(within, RecursionError):
        sentence = f"{path.name} nests sequences too deep to be read."
        return Problem("nested-too-deep", sentence, (path.name,))
    if isinstance(error, PermissionError):
        return Problem("unreadable", f"{path.name} may not be read by this user.", (path.name,))
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        sentence = f"{path.name} needs more memory than there is."
        return Problem("too-large", sentence, (path.name,))
    if isinstance(error, OSError) and not isinstance(error, EOFError):
        return Problem("unreadable", f"{path.name} cannot be read: {error}.", (path.name,))
    if isinstance(error, ValueError | OverflowError) and "range" in str(error):
        sentence = (
            f"{path.name} declares an element longer than the file ({path.stat().st_size} bytes)."
        )
        return Problem("bad-length", sentence, (path.name,))
    return Problem("truncated", f"{path.name} breaks off inside its header.", (path.name,))
