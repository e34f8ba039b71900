"""Dates moved by days."""

from __future__ import annotations

from datetime import date

import pytest

from medimg.privacy.dates import shift_date, shift_datetime


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("20240301", -1, "20240229"),
        ("20230301", -1, "20230228"),
        ("20240101", -366, "20221231"),
        ("2024.03.01", -1, "20240229"),  # ACR-NEMA
        ("00010101", -1, ""),  # before all days
        ("20241301", -1, ""),
        ("Quuxley", -1, ""),
        ("", -1, ""),
    ],
)
def test_date(text: str, days: int, expected: str) -> None:
    """Across leap days and years; what is no date is not kept."""
    assert shift_date(text, days) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240301134759.25+0100", "20240229134759.25+0100"),
        ("20240301", "20240229"),
        ("202403", "202402"),
        ("2024", "2023"),
        ("20240301Quuxley", ""),
        ("Quuxley", ""),
    ],
)
def test_datetime(text: str, expected: str) -> None:
    """The clock, the zone and the precision stay."""
    assert shift_datetime(text, -1) == expected


def test_intervals_stay() -> None:
    """Any two days of a patient are as far apart as before."""
    days = ["19991231", "20000228", "20000301", "20240229"]
    moved = [shift_date(day, -1234) for day in days]

    def gaps(texts: list[str]) -> list[int]:
        dates = [date(int(t[:4]), int(t[4:6]), int(t[6:])) for t in texts]
        return [(later - dates[0]).days for later in dates]

    assert gaps(moved) == gaps(days)
