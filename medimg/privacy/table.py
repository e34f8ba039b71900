"""The standard's table of actions (PS3.15 table E.1-1), looked up by tag.

The basic profile's column comes from `dicom-anonymizer`, edition 2026c; the columns of the
options from `options.toml`, whose edition is older. A date or a UID that only the newer edition
lists is treated by the options as all dates and UIDs are; any other new row stays removed.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as standard
from pydicom.datadict import dictionary_has_tag, keyword_for_tag

from medimg.privacy.options import Kept

#: What stays removed whatever is kept: dates of birth are no longitudinal information.
DATE_VRS = ("DA", "DT", "TM")
TEXT_VRS = ("LO", "SH", "ST", "LT", "UT", "UC", "UR", "PN", "AE", "CS")
#: Texts without a bound on what a person may have typed into them.
FREE_TEXT_VRS = ("ST", "LT", "UT", "UC", "UR", "PN")

#: Letters of the standard, in the order in which they are tried.
BASIC: dict[tuple[int, ...], str] = {
    tag: letters
    for letters, tags in {
        "D": standard.D_TAGS,
        "Z": standard.Z_TAGS,
        "X": standard.X_TAGS,
        # X/Z/U*: the references stay and their UIDs are replaced, so that they lead where they led.
        "U": standard.U_TAGS + standard.X_Z_U_STAR_TAGS,
        "Z/D": standard.Z_D_TAGS,
        "X/Z": standard.X_Z_TAGS,
        "X/D": standard.X_D_TAGS,
        "X/Z/D": standard.X_Z_D_TAGS,
    }.items()
    for tag in tags
}

#: Attributes that the table does not list, although what their VR allows would be removed.
_CODES = frozenset({"LongCodeValue", "URNCodeValue"})
_BULK = frozenset(
    {
        *("PixelData", "ICCProfile", "WaveformData", "ChannelMinimumValue", "ChannelMaximumValue"),
        *("WaveformPaddingValue", "WeightingLookupTableData"),
    }
)
#: Patient and visit: short texts of these that the table forgets are a person's all the same,
#: such as a birth date in another calendar.
_PERSONAL_GROUPS = (0x0010, 0x0038)
#: UIDs that say what kind something is, not which one.
_KINDS = ("ClassUID", "SOPClass", "TransferSyntax")
_KIND_UIDS = frozenset({"CodingSchemeUID", "ContextUID", "MappingResourceUID"})


@cache
def _columns() -> dict[str, dict[str, str]]:
    """Option: keyword: "K" or "C"."""
    text = files("medimg_resources").joinpath("deidentification", "options.toml").read_text("utf-8")
    return {
        option: {
            **dict.fromkeys(column.get("clean", ()), "C"),
            **dict.fromkeys(column.get("keep", ()), "K"),
        }
        for option, column in tomllib.loads(text).items()
    }


@cache
def _listed() -> frozenset[str]:
    """Keywords that the options' edition of the table knows to be dates or UIDs."""
    columns = _columns()
    return frozenset(columns["dates"]) | frozenset(columns["uids"])


def letters_of(tag: int, vr: str, kept: Kept) -> str:
    """The standard's letters for an attribute, the options applied.

    Args:
        tag: Of an attribute that is not private.
        vr: Value representation that it is stored with.

    Returns:
        X remove, Z empty, D dummy, U replace the UID, K keep, C clean, S shift the date; several
        with strokes where the type in the IOD decides (X/Z/D).
    """
    if not dictionary_has_tag(tag) or vr == "UN" or _is_graphic(tag):
        return "X"
    keyword = keyword_for_tag(tag)
    basic = BASIC.get((tag >> 16, tag & 0xFFFF))
    chosen = _chosen(keyword, vr, basic, kept)
    if chosen:
        return chosen
    return basic or _unlisted(tag, keyword, vr, kept)


def is_named(tag: int) -> bool:
    """Whether the standard's table has a row for an attribute."""
    return (tag >> 16, tag & 0xFFFF) in BASIC


def _is_graphic(tag: int) -> bool:
    """Curves 50xx and overlay planes 60xx: groups that go whole, as half of one is no plane."""
    return (tag >> 24) in (0x50, 0x60)


def _chosen(keyword: str, vr: str, basic: str | None, kept: Kept) -> str:
    """What the options say of an attribute; nothing where they are silent."""
    said = [
        (option, column[keyword])
        for option, column in _columns().items()
        if option in kept and keyword in column
    ]
    said += _newer(keyword, vr, basic, kept)
    dated = [option for option, _ in said if "dates" in option]
    if any(letter == "K" and option not in dated for option, letter in said):
        return "K"
    if dated:
        return _dated(keyword, vr, dated[0])
    return "C" if said else ""


def _newer(keyword: str, vr: str, basic: str | None, kept: Kept) -> list[tuple[str, str]]:
    """Dates and UIDs that the options' edition does not know; never a date of birth."""
    if keyword in _listed() or "Birth" in keyword or keyword.startswith("Selector"):
        return []
    if vr in DATE_VRS:
        return [(name, "K" if name == "dates" else "S") for name in kept.names if "dates" in name]
    if basic == "U" and "uids" in kept:
        return [("uids", "K")]
    return []


def _dated(keyword: str, vr: str, option: str) -> str:
    """Keep or shift what is a date; a time and the zone beside it say nothing without their day.

    A time stamp that is no date by its VR stays with the profile: it cannot be judged.
    """
    if vr in ("DA", "DT"):
        return "K" if option == "dates" else "S"
    return "K" if vr == "TM" or keyword == "TimezoneOffsetFromUTC" else ""


def _unlisted(tag: int, keyword: str, vr: str, kept: Kept) -> str:
    """What the table does not name: technical as it is, free texts and dates all the same not."""
    if vr == "UI":
        is_kind = keyword in _KIND_UIDS or any(word in keyword for word in _KINDS)
        return "K" if is_kind or "uids" in kept else "U"
    if vr in (*DATE_VRS, "AS"):
        return "X/Z/D"
    if vr in ("LO", "SH") and tag >> 16 in _PERSONAL_GROUPS:
        return "X/Z/D"
    if vr in FREE_TEXT_VRS and keyword not in _CODES:
        return "C" if "descriptors" in kept and vr != "PN" else "X/Z/D"
    if vr in ("OB", "UN") and keyword not in _BULK:
        return "X/Z/D"
    return "K"
