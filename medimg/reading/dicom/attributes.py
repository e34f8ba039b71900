"""Header values, read patiently: what is absent or cannot be read is None, never a default."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

#: What pydicom raises on values that it cannot make sense of.
UNREADABLE_VALUE = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError)

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: A decimal string has at most 16 characters (PS3.5 6.2).
_DS_LENGTH = 16


class Attributes:
    """The values that hold for one picture: its frame's own first, then shared, then the file's.

    Attributes:
        faults: (keyword, text) of values that were there and could not be read.
        over_long: Keywords of decimal strings longer than the Standard allows.
    """

    def __init__(self, *datasets: Dataset) -> None:
        self._datasets = datasets
        self.faults: list[tuple[str, str]] = []
        self.over_long: list[str] = []

    def __contains__(self, keyword: str) -> bool:
        return self._holder(keyword) is not None

    def text(self, keyword: str) -> str:
        """One string, stripped; empty where absent. Several values are joined by a backslash."""
        return "\\".join(self.texts(keyword))

    def texts(self, keyword: str) -> tuple[str, ...]:
        """All values as stripped strings; empty where absent."""
        value = self.value(keyword)
        if value is None or value == "":
            return ()
        values = value if isinstance(value, MultiValue | list | tuple) else [value]
        return tuple(str(item).replace("\x00", "").strip() for item in values)

    def number(self, keyword: str) -> float | None:
        """The first of the values as a finite number, or None."""
        numbers = self._numbers(keyword)
        return numbers[0] if numbers else None

    def whole(self, keyword: str) -> int | None:
        """A whole number, or None."""
        number = self.number(keyword)
        return None if number is None else int(number)

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Exactly `count` finite numbers, or None; any other count is a fault."""
        numbers = self._numbers(keyword)
        if numbers is None or len(numbers) == count:
            return numbers
        self._fault(keyword, f"{len(numbers)} value" + ("s" if len(numbers) != 1 else ""))
        return None

    def value(self, keyword: str) -> Any:
        """The value as pydicom has it; None where it is absent, empty or cannot be read."""
        holder = self._holder(keyword)
        if holder is None:
            return None
        try:
            return holder[keyword].value
        except UNREADABLE_VALUE:
            self._fault(keyword, "unreadable")
            return None

    def items(self, keyword: str) -> Iterator[Attributes]:
        """The items of a sequence; none where it is absent."""
        value = self.value(keyword)
        for item in value if isinstance(value, list | MultiValue) or value else ():
            if isinstance(item, Dataset):
                yield Attributes(item)

    def _holder(self, keyword: str) -> Dataset | None:
        tag = tag_for_keyword(keyword)
        assert tag is not None, f"{keyword} is not a keyword of the dictionary"
        return next((dataset for dataset in self._datasets if tag in dataset), None)

    def _numbers(self, keyword: str) -> tuple[float, ...] | None:
        """Finite numbers of an element; a text that is not one is a fault and gives None."""
        numbers = []
        for text in self._number_texts(keyword):
            match = _DECIMAL.fullmatch(text)
            number = float(text) if match else math.nan
            if not math.isfinite(number):
                self._fault(keyword, f"'{text}'")
                return None
            if len(text) > _DS_LENGTH and self._is_text(keyword):
                self.over_long.append(keyword)
            numbers.append(number)
        return tuple(numbers) or None

    def _number_texts(self, keyword: str) -> list[str]:
        """The values of a number element as texts; decimal strings are not parsed by pydicom.

        pydicom raises on '0,8' and takes 'NaN' for a number; both are faults to be told.
        """
        holder = self._holder(keyword)
        if holder is None:
            return []
        element = holder.get_item(keyword)
        if isinstance(element, RawDataElement) and self._is_text(keyword):
            raw = element.value if isinstance(element.value, bytes) else b""
            joined = raw.decode("latin-1").replace("\x00", " ").strip()
            return [part.strip() for part in joined.split("\\")] if joined else []
        return [text for text in self.texts(keyword) if text]

    def _is_text(self, keyword: str) -> bool:
        holder = self._holder(keyword)
        element = None if holder is None else holder.get_item(keyword)
        vr = getattr(element, "VR", None)
        if vr is None:
            vr = dictionary_VR(keyword)
        return vr in ("DS", "IS")

    def _fault(self, keyword: str, text: str) -> None:
        if (keyword, text) not in self.faults:
            self.faults.append((keyword, text))
