"""Ages and dates of headers, and whether they can be true."""

from __future__ import annotations

from datetime import date

#: Share of a year that a letter of an age string counts (PS3.5 6.2, AS).
_AGE_YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
#: More years than this nobody has: placeholders (999Y, a birth in 1850).
OLDEST = 125.0


def age_from_text(text: str) -> float | None:
    """Read an age string ('045Y', '006M') in years, or None where it is not one, or no one's."""
    if len(text) not in (3, 4) or text[-1] not in _AGE_YEARS or not text[:-1].isdigit():
        return None
    years = int(text[:-1]) * _AGE_YEARS[text[-1]]
    return years if years <= OLDEST else None


def contradict(text: str, years: float) -> bool:
    """Whether an age string is not the age that dates give: off by more than two of its units."""
    stated = age_from_text(text)
    return stated is not None and abs(stated - years) > 2 * _AGE_YEARS[text[-1]]


def age_from_dates(birth: str, studied: str) -> float | None:
    """Years from birth to study, or None where a date is unknown or they are out of order."""
    first, second = day(birth), day(studied)
    if first is None or second is None or second < first:
        return None
    years = (second - first).days / 365.25
    return years if years < OLDEST else None


def day(text: str) -> date | None:
    """Read a date (YYYYMMDD, also with dots as ACR-NEMA wrote it), or None."""
    digits = text.replace(".", "")
    if len(digits) != 8 or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
