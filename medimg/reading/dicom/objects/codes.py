"""Coded concepts as objects write them (PS3.3 8.8)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from medimg.values.codes import Code


def code_of(item: Dataset, keyword: str) -> Code | None:
    """The first code of a code sequence; None where there is none."""
    items = item.get(keyword)
    if not items:
        return None
    value = next(
        (str(items[0].get(k)) for k in ("CodeValue", "LongCodeValue", "URNCodeValue")
         if items[0].get(k)), ""
    )  # fmt: skip
    scheme, meaning = items[0].get("CodingSchemeDesignator"), items[0].get("CodeMeaning")
    if not value and not meaning:
        return None
    return Code(value, str(scheme or ""), str(meaning or ""))
