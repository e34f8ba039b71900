"""The elements of a plain header as a layer of attributes; pydicom's data set only where asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement, empty_value_for_VR
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from medimg.reading.dicom.header.attributes import Layer, plain_texts
from medimg.reading.dicom.header.keywords import KEYWORD_OF
from medimg.reading.dicom.header.plain import Header

#: Elements up to this many bytes are remembered with their values: the files of a series share
#: nearly all of them.
REMEMBERED, MOST_REMEMBERED = 72, 1 << 14

_SERIES = 0x0020000E
#: Elements on which the meaning of others hangs: SpecificCharacterSet, PixelRepresentation.
_MEANING = frozenset((0x00080005, 0x00280103))


class PlainLayer(Layer):
    """The elements of a plain header; pydicom's data set is made where it is asked for."""

    __slots__ = ("_header", "_made", "_plain")

    def __init__(self, header: Header) -> None:
        self._header = header
        self._plain = header.elements
        self._made: FileDataset | None = None

    def __len__(self) -> int:
        return len(self._plain)

    def __contains__(self, tag: int) -> bool:
        return tag in self._plain

    @property
    def dataset(self) -> FileDataset:
        """As pydicom would have parsed it."""
        if self._made is None:
            self._made = _dataset(self._header)
        return self._made

    @property
    def series(self) -> bytes:
        """The element SeriesInstanceUID; empty where there is none."""
        return self._plain.get(_SERIES, b"")

    def unlike(self, other: PlainLayer) -> frozenset[str] | None:
        """Keywords of elements whose bytes differ; None where equal bytes may mean otherwise."""
        if self._header.is_explicit != other._header.is_explicit:
            return None
        mine, theirs = self._plain, other._plain
        tags = {tag for tag, element in mine.items() if theirs.get(tag) != element}
        if mine.keys() != theirs.keys():
            tags |= theirs.keys() - mine.keys()
        if not _MEANING.isdisjoint(tags):
            return None
        return frozenset([KEYWORD_OF[tag] for tag in tags])

    def size_of(self, tag: int) -> int:
        """As `Layer.size_of`, its head of 8 or 12 bytes included."""
        return len(self._plain[tag])

    def plain_texts(self, tag: int, vr: str) -> tuple[str, ...] | None:
        """As `Layer.plain_texts`."""
        element = self._plain[tag]
        read = _texts if len(element) <= REMEMBERED else _texts.__wrapped__
        return read(element, None if self._header.is_explicit else vr)


@lru_cache(maxsize=MOST_REMEMBERED)
def _texts(element: bytes, vr: str | None) -> tuple[str, ...] | None:
    """Values of an element as texts; `vr` where it does not name its own."""
    own, value = _parts(element, vr is None)
    return plain_texts(value, own or vr or "", True)


def _parts(element: bytes, is_explicit: bool) -> tuple[str | None, bytes]:
    """VR and value of an element."""
    if not is_explicit:
        return None, element[8:]
    code = element[4:6]
    return code.decode(), element[12 if code.decode() in EXPLICIT_VR_LENGTH_32 else 8 :]


def _raw(elements: Mapping[int, bytes], is_explicit: bool) -> Dataset:
    """Elements as pydicom keeps them before it reads their values."""
    raws: dict[BaseTag, DataElement | RawDataElement] = {}
    for number, element in elements.items():
        tag = BaseTag(number)
        vr, value = _parts(element, is_explicit)
        content: Any = value or empty_value_for_VR(vr, raw=True)
        raws[tag] = RawDataElement(tag, vr, len(value), content, 0, not is_explicit, True)
    return Dataset(raws)


def _dataset(found: Header) -> FileDataset:
    meta = FileMetaDataset(_raw(found.meta, True))
    meta.set_original_encoding(False, True, "iso8859")
    elements = _raw(found.elements, found.is_explicit)
    made = FileDataset("", elements, found.preamble, meta, not found.is_explicit, True)
    charset = convert_encodings(made.get("SpecificCharacterSet"))
    made.set_original_encoding(not found.is_explicit, True, charset)
    return made
