"""The standard's table as the libraries carry it, and what is made of it."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from medimg.privacy import table
from medimg.privacy.options import OPTIONS, Kept
from medimg.values.errors import UsageError

NOTHING = Kept()


def letters(keyword: str, *options: str) -> str:
    tag = tag_for_keyword(keyword)
    return table.letters_of(tag, dictionary_VR(tag), Kept(frozenset(options)))


def test_table_is_whole() -> None:
    """Edition 2026c has over 650 rows; a library that dropped some would be noticed here."""
    assert len(table.BASIC) >= 655


def test_every_option_has_its_column() -> None:
    """All but the private option, whose attributes are in no table of public tags."""
    assert table._columns().keys() == OPTIONS.keys() - {"private"}


def test_every_kept_attribute_is_one_that_the_profile_removes() -> None:
    """An option speaks only of what the basic profile would take: the two sources agree."""
    known = {f"{group:04X}{element:04X}" for group, element, *_ in table.BASIC}
    for column in table._columns().values():
        for keyword in column:
            assert f"{tag_for_keyword(keyword):08X}" in known, keyword


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("PatientName", "Z"),
        ("PatientID", "Z/D"),
        ("PatientBirthDate", "Z"),
        ("SOPInstanceUID", "U"),
        ("ReferencedImageSequence", "U"),
        ("SeriesDescription", "X"),
        ("ContentSequence", "D"),
        ("AcquisitionDateTime", "X/Z/D"),
        ("Rows", "K"),
        ("SOPClassUID", "K"),
        ("Manufacturer", "K"),
    ],
)
def test_basic_profile(keyword: str, expected: str) -> None:
    """Rows of PS3.15 table E.1-1, read by eye."""
    assert letters(keyword) == expected


@pytest.mark.parametrize(
    ("keyword", "option", "expected"),
    [
        ("SOPInstanceUID", "uids", "K"),
        ("PyramidUID", "uids", "K"),  # only in the newer edition
        ("StudyDate", "dates", "K"),
        ("StudyDate", "shifted-dates", "S"),
        ("StudyTime", "shifted-dates", "K"),
        ("RadiopharmaceuticalStartDateTime", "shifted-dates", "S"),  # only in the newer edition
        ("PatientBirthDate", "dates", "Z"),
        ("PatientBirthDateInAlternativeCalendar", "dates", "X/Z/D"),  # in no edition
        ("FrameOriginTimestamp", "dates", "D"),  # bytes, which cannot be judged
        ("SeriesDescription", "descriptors", "C"),
        ("PatientAge", "patient", "K"),
        ("PatientState", "patient", "C"),
        ("DeviceSerialNumber", "device", "K"),
        ("InstitutionName", "institution", "K"),
        ("PatientName", "institution", "Z"),
    ],
)
def test_options(keyword: str, option: str, expected: str) -> None:
    """An option changes its own rows and no other."""
    assert letters(keyword, option) == expected


@pytest.mark.parametrize(
    ("tag", "vr"),
    [(0x00100011, "UN"), (0x60003000, "OW"), (0x60000010, "US"), (0x50003000, "OW")],
)
def test_unknown_tags_overlays_and_curves_go(tag: int, vr: str) -> None:
    """What the dictionary does not know cannot be judged; half an overlay is none."""
    assert table.letters_of(tag, vr, NOTHING) == "X"


@pytest.mark.parametrize(
    "keyword", ["EvaluatorName", "ExpiryDate", "CalibrationNotes", "TextValue"]
)
def test_unlisted_names_dates_and_long_texts_go(keyword: str) -> None:
    """Where the table is silent, a person may have typed anything into these."""
    assert letters(keyword) == "X/Z/D"


def test_unknown_option_is_wrong_usage() -> None:
    """The sentence names those that there are."""
    with pytest.raises(UsageError, match="shifted-dates"):
        Kept(frozenset({"names"}))


def test_dates_are_kept_or_shifted() -> None:
    """Not both."""
    with pytest.raises(UsageError, match="choose one"):
        Kept(frozenset({"dates", "shifted-dates"}))
