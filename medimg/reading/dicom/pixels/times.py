"""Dates and times of one file on one clock, whichever time zone each names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from medimg.reading.dicom.header.attributes import Attributes

_ZONE = re.compile(r"([+-])(\d{2})(\d{2})")


class Lacking(Exception):
    """Why there is no SUV: the sentence's end, after the name of the file."""


def zone_of(facts: Attributes) -> timedelta | None:
    """How far the times of a file are ahead of UTC (PS3.3 C.12.1.1.8); None where it says nothing.

    Raises:
        Lacking: It is no time zone.
    """
    text = facts.text("TimezoneOffsetFromUTC")
    return _offset(text) if text else None


def moment(text: str, zone: timedelta | None) -> datetime | None:
    """Read a date and time (PS3.5 6.2, DT), to the second or finer; None where it is none.

    Args:
        text: YYYYMMDDHHMMSS.FFFFFF&ZZXX; a part from the seconds on may lack.
        zone: Of the file, in which what names no zone of its own stands.

    Returns:
        The time on the clock of the file.

    Raises:
        Lacking: It names a time zone, and the file does not say its own.
    """
    found = re.fullmatch(r"(\d*)(?:\.(\d*))?([+-].*)?", text)
    digits = found[1] if found else ""
    if found is None or len(digits) < 12:
        return None
    try:
        whole = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")
    except ValueError:
        return None
    whole += timedelta(seconds=float(f"0.{found[2]}") if found[2] else 0.0)
    if not found[3]:
        return whole
    if zone is None:
        raise Lacking(
            f"gives a time in the zone {found[3]} and does not say the zone of the others"
        )
    return whole - _offset(found[3]) + zone


def _offset(text: str) -> timedelta:
    found = _ZONE.fullmatch(text)
    if found is None:
        raise Lacking(f"names a time zone that is none ({text})")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return ahead if found[1] == "+" else -ahead
