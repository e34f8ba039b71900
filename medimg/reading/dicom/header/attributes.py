"""Header values, read patiently: what is absent or cannot be read is None, never a default.

Values are taken from the raw elements where their bytes are plain (numbers, ASCII texts), which
is many times faster than building pydicom's elements, and which sees '0,8' and 'NaN' as they
stand. Names in other character sets and sequences go through pydicom.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue

from medimg.reading.dicom.header.charsets import decoded
from medimg.reading.dicom.header.limits import TEXT_BYTES

#: What pydicom raises on values that it cannot make sense of.
UNREADABLE_VALUE = (
    *(ValueError, TypeError, KeyError, AttributeError, NotImplementedError),
    BytesLengthException,
)

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: A decimal string has at most 16 characters (PS3.5 6.2).
_DS_LENGTH = 16

_ASCII_VRS = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"}
_CHARSET_VRS = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
#: Texts that hold one value, in which a backslash is a character.
_FREE_TEXT_VRS = {"LT", "ST", "UT"}
_BINARY_VRS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d"}
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_NUMBER_TEXTS = {"DS", "IS"}

#: Tag and VR by keyword, filled as keywords are asked for.
_KNOWN: dict[str, tuple[int, str]] = {}


class Layer:
    """The elements of one data set, looked up by tag.

    A subclass may make the data set late: values that are plain never ask for it.
    """

    __slots__ = ("_dataset", "_elements")

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._elements: dict[int, DataElement | RawDataElement] = dict(dataset.items())

    def __len__(self) -> int:
        return len(self._elements)

    def __contains__(self, tag: int) -> bool:
        return tag in self._elements

    @property
    def dataset(self) -> Dataset:
        """What pydicom makes of them."""
        return self._dataset

    def size_of(self, tag: int) -> int:
        """Bytes of a value; 0 where pydicom has read it already."""
        value = self._elements[tag].value
        return len(value) if isinstance(value, bytes) else 0

    def plain_texts(self, tag: int, vr: str) -> tuple[str, ...] | None:
        """Values as texts by their bytes alone, `vr` where they do not name theirs.

        None where pydicom must read them.
        """
        element = self._elements[tag]
        if not isinstance(element, RawDataElement):
            return None
        raw = element.value or b""
        return plain_texts(raw, element.VR or vr, element.is_little_endian)


class Note(NamedTuple):
    """What was odd about a value that was asked for.

    Attributes:
        kind: "fault": there and not readable; "long": a decimal string longer than the Standard
            allows; "loose": a whole number that was written otherwise; "charset": a text of bytes
            that no character set was named for. The last three were read.
        text: As it stands in the file, or what is wrong with it.
    """

    kind: str
    keyword: str
    text: str = ""


class Attributes:
    """The values that hold for one picture: its frame's own first, then shared, then the file's."""

    def __init__(self, *layers: Layer) -> None:
        self._layers = layers
        self._texts: dict[str, tuple[str, ...]] = {}
        self._read: dict[str, tuple[float, ...] | None] = {}
        self._wholes: dict[str, int | None] = {}
        self._notes: list[Note] = []

    def __contains__(self, keyword: str) -> bool:
        return self._layer(_known(keyword)[0]) is not None

    @property
    def notes(self) -> Sequence[Note]:
        """What was odd about the values asked for so far."""
        return self._notes

    @property
    def first(self) -> Attributes:
        """The attributes that these share what is not `unlike` with."""
        return self

    @property
    def unlike(self) -> frozenset[str]:
        """Keywords by which these may differ from the first."""
        return frozenset()

    def text(self, keyword: str) -> str:
        """One string, stripped; empty where absent. Several values are joined by a backslash."""
        texts = self._texts.get(keyword)
        if texts is None:
            texts = self.texts(keyword)
        return texts[0] if len(texts) == 1 else "\\".join(texts)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """All values as stripped strings; empty where absent."""
        known = self._texts.get(keyword)
        if known is None:
            known = self._texts[keyword] = self._read_texts(keyword)
        return known

    def number(self, keyword: str) -> float | None:
        """The first of the values as a finite number, or None."""
        numbers = self.every(keyword)
        return numbers[0] if numbers else None

    def whole(self, keyword: str) -> int | None:
        """A whole number, or None."""
        if keyword not in self._wholes:
            self._wholes[keyword] = self._read_whole(keyword)
        return self._wholes[keyword]

    def _read_whole(self, keyword: str) -> int | None:
        number = self.number(keyword)
        if number is None:
            return None
        if _known(keyword)[1] != "IS":
            return int(number)
        text = self.texts(keyword)[0]
        if text.lstrip("+-").isdigit():
            return int(text)
        self._note(Note("loose", keyword, text))
        return int(number)

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Exactly `count` finite numbers, or None; any other count is a fault."""
        numbers = self._numbers(keyword)
        if numbers is None or len(numbers) == count:
            return numbers
        what = f"{len(numbers)} value" + ("s" if len(numbers) != 1 else "")
        self._note(Note("fault", keyword, what))
        return None

    def every(self, keyword: str) -> tuple[float, ...]:
        """All values as finite numbers; none where one of them is not."""
        return self._numbers(keyword) or ()

    def items(self, keyword: str) -> Iterator[Attributes]:
        """The items of a sequence; none where it is absent."""
        value = self._value(keyword) or ()
        if not isinstance(value, Iterable):  # its VR says that it is a number
            self._note(Note("fault", keyword, "unreadable"))
            return
        for item in value:
            if isinstance(item, Dataset):
                yield Attributes(Layer(item))

    def _layer(self, tag: int) -> Layer | None:
        """The first layer that has an element."""
        for layer in self._layers:
            if tag in layer:
                return layer
        return None

    def _read_texts(self, keyword: str) -> tuple[str, ...]:
        # Asked for some fifty elements of each file of a scan: looked up here, not by a call.
        tag, vr = _KNOWN.get(keyword) or _known(keyword)
        for layer in self._layers:
            if tag in layer:
                break
        else:
            return ()
        size = layer.size_of(tag)
        if size > TEXT_BYTES:
            self._note(Note("fault", keyword, f"{size} bytes"))
            return ()
        plain = layer.plain_texts(tag, vr)
        if plain is not None:
            return plain
        if vr in _CHARSET_VRS and (own := self._in_charset(layer, tag, keyword, vr)) is not None:
            return own
        value = self._value(keyword)
        if value is None or value == "":
            return ()
        values = value if isinstance(value, MultiValue | list | tuple) else [value]
        return tuple(_stripped(str(item)) for item in values)

    def _in_charset(self, layer: Layer, tag: int, keyword: str, vr: str) -> tuple[str, ...] | None:
        """A text by its bytes and the file's character sets.

        None where pydicom has read it, and within sequences, whose sets pydicom inherits.
        """
        if not isinstance(layer.dataset, FileDataset):
            return None
        held = layer.dataset.get_item(tag)
        if not isinstance(held, RawDataElement) or not isinstance(held.value, bytes):
            return None
        text, is_undeclared = decoded(held.value, self.texts("SpecificCharacterSet"), vr)
        if is_undeclared:
            self._note(Note("charset", keyword))
        if vr in _FREE_TEXT_VRS:
            return (_stripped(text),)
        return tuple(_stripped(part) for part in text.split("\\"))

    def _value(self, keyword: str) -> Any:
        """The value as pydicom has it; None where it is absent or cannot be read."""
        layer = self._layer(_known(keyword)[0])
        if layer is None:
            return None
        try:
            return layer.dataset[keyword].value
        except UNREADABLE_VALUE:
            self._note(Note("fault", keyword, "unreadable"))
            return None

    def _numbers(self, keyword: str) -> tuple[float, ...] | None:
        """Finite numbers of an element; a text that is not one is a fault and gives None."""
        if keyword not in self._read:
            self._read[keyword] = self._read_numbers(keyword)
        return self._read[keyword]

    def _read_numbers(self, keyword: str) -> tuple[float, ...] | None:
        texts = self.texts(keyword)
        if not texts:
            return None
        numbers, wrong = _finite(texts)
        before = texts if numbers is not None else texts[: texts.index(wrong)]
        if _known(keyword)[1] in _NUMBER_TEXTS and any(len(t) > _DS_LENGTH for t in before):
            self._note(Note("long", keyword))
        if wrong:
            self._note(Note("fault", keyword, f"'{wrong}'"))
        return numbers

    def _note(self, note: Note) -> None:
        if note not in self.notes:
            self._notes.append(note)


class Sibling(Attributes):
    """The values of a file whose header is that of `first`, byte by byte, but for a few elements.

    The files of a series share nearly all of their elements; those are read once.
    """

    def __init__(self, layer: Layer, first: Attributes, unlike: frozenset[str]) -> None:
        super().__init__(layer)
        self._first, self._unlike = first, unlike

    @property
    def notes(self) -> Sequence[Note]:
        """Its own, and those on the elements that it shares."""
        shared = self._first.notes
        if not shared:
            return self._notes
        return [*self._notes, *(note for note in shared if note.keyword not in self._unlike)]

    @property
    def first(self) -> Attributes:
        """The file that was read first."""
        return self._first

    @property
    def unlike(self) -> frozenset[str]:
        """Keywords of the elements that differ."""
        return self._unlike

    def _read_texts(self, keyword: str) -> tuple[str, ...]:
        if keyword in self._unlike:
            return super()._read_texts(keyword)
        return self._first.texts(keyword)

    def _value(self, keyword: str) -> Any:
        return super()._value(keyword) if keyword in self._unlike else self._first._value(keyword)

    def _read_numbers(self, keyword: str) -> tuple[float, ...] | None:
        if keyword in self._unlike:
            return super()._read_numbers(keyword)
        return self._first._numbers(keyword)

    def _read_whole(self, keyword: str) -> int | None:
        if keyword in self._unlike:
            return super()._read_whole(keyword)
        return self._first.whole(keyword)


def differing(group: Iterable[Attributes]) -> frozenset[str] | None:
    """Keywords by which the members of a group can differ; None where that is not known."""
    first: Attributes | None = None
    unlike: set[str] = set()
    for attributes in group:
        if first is not None and attributes.first is not first:
            return None
        first = attributes.first
        unlike |= attributes.unlike
    return frozenset(unlike)


def attributes_of(dataset: Dataset) -> Attributes:
    """The values of one data set."""
    return Attributes(Layer(dataset))


def _known(keyword: str) -> tuple[int, str]:
    known = _KNOWN.get(keyword)
    if known is None:
        tag = tag_for_keyword(keyword)
        assert tag is not None, f"{keyword} is not a keyword of the dictionary"
        known = _KNOWN[keyword] = (tag, dictionary_VR(tag))
    return known


@lru_cache(maxsize=1 << 14)
def _finite(texts: tuple[str, ...]) -> tuple[tuple[float, ...] | None, str]:
    """Texts as finite numbers; None, and the text that is not one, where they are not."""
    numbers = []
    for text in texts:
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan
        if not math.isfinite(number):
            return None, text
        numbers.append(number)
    return tuple(numbers), ""


def plain_texts(raw: bytes, vr: str, is_little: bool) -> tuple[str, ...] | None:
    """Values of an element as texts by its bytes alone; None where pydicom must read them."""
    if not raw:
        return ()
    if vr in _ASCII_VRS or (vr in _CHARSET_VRS and raw.isascii() and b"\x1b" not in raw):
        text = _stripped(raw.decode("latin-1"))
        return tuple(part.strip() for part in text.split("\\")) if text else ()
    code = _BINARY_VRS.get(vr)
    if code is None:
        return None
    order = "<" if is_little else ">"
    count = len(raw) // struct.calcsize(order + code)
    values = struct.unpack_from(f"{order}{count}{code}", raw)
    return tuple(repr(value) for value in values)


def _stripped(text: str) -> str:
    """A text without control characters: one may steer the terminal that it is shown on."""
    return (text if text.isprintable() else text.translate(_CONTROLS)).strip()
