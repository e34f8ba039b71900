"""Among the letters that the standard offers, the one by which an object stays whole."""

from __future__ import annotations

import pytest

from medimg.privacy.needs import letter_of

CT = "1.2.840.10008.5.1.4.1.1.2"
PRESENTATION = "1.2.840.10008.5.1.4.1.1.11.1"
UNKNOWN = "1.2.3.4"


@pytest.mark.parametrize(
    ("sop_class", "path", "keyword", "letters", "expected"),
    [
        (CT, (), "SeriesDate", "X/D", "X"),  # type 3
        (CT, (), "StudyDate", "Z", "Z"),
        (CT, (), "PatientID", "Z/D", "Z"),  # type 2
        (CT, (), "ContentDate", "Z/D", "Z"),
        (PRESENTATION, (), "PresentationCreationDate", "X", "D"),  # type 1
        (UNKNOWN, (), "SeriesDate", "X/D", "D"),  # not known what it needs
        (CT, ("OneSequence",), "SeriesDate", "X/Z/D", "D"),
        (CT, (), "PatientComments", "X", "X"),
    ],
)
def test_letter(
    sop_class: str, path: tuple[str, ...], keyword: str, letters: str, expected: str
) -> None:
    """Removed where it may be, emptied or replaced where it must be there."""
    assert letter_of(sop_class, path, keyword, letters) == expected
