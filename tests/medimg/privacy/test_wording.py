"""Descriptions lose every word that a vocabulary does not know."""

from __future__ import annotations

import pytest

from medimg.privacy.wording import cleaned, vocabulary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AX T2 FLAIR 5mm", "AX T2 FLAIR 5mm"),
        ("CT Chest w/o contrast, Dr. Quuxley", "CT Chest contrast"),
        ("Brain^Routine (Zorblatt)", "Brain Routine"),
        ("Thorax 2.0 B70f 12.03.1994", "Thorax 2.0"),
        ("liver 19470823 arterial", "liver arterial"),
        ("call 0171 555 123", ""),
        ("head 12:30", "head"),
        ("DWI b1000 b0", "DWI b1000 b0"),
        ("Quuxley", ""),
        ("", ""),
    ],
)
def test_cleaned(text: str, expected: str) -> None:
    """Names, dates, telephones and the unknown go; technique and anatomy stay."""
    assert cleaned(text) == expected


def test_vocabulary_names_no_one() -> None:
    """Frequent surnames are not in it, though some are words of anatomy elsewhere."""
    names = {"smith", "miller", "young", "brown", "white", "black", "green", "king", "hill"}
    assert not vocabulary() & names
