"""Dates moved by whole days; intervals within a patient stay to the second."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})$")
_DATETIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(.*)$")


def shift_date(text: str, days: int) -> str:
    """Move a DA; an empty text where it is no date, which then cannot be moved."""
    match = _DATE.match(text.strip(" \0"))
    return _moved(*map(int, match.groups()), days=days) if match else ""


def shift_datetime(text: str, days: int) -> str:
    """Move the day of a DT; hours, zone and precision stay.

    A year or month alone moves as its first day does, so that its precision is not made up.
    """
    match = _DATETIME.match(text.strip(" \0"))
    if not match:
        return ""
    year, month, day, rest = match.groups()
    moved = _moved(int(year), int(month or 1), int(day or 1), days=days)
    if not moved or not re.fullmatch(r"[\d.+-]*", rest):
        return ""
    return moved[: 4 + 2 * (month is not None) + 2 * (day is not None)] + rest


def _moved(year: int, month: int, day: int, *, days: int) -> str:
    try:
        return f"{date(year, month, day) + timedelta(days=days):%Y%m%d}".zfill(8)
    except (ValueError, OverflowError):
        return ""
