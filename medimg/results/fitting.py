"""Headers of the source, made fit to be carried into objects of ours.

Real headers hold values that the standard forbids: a sex of "unknown", a date with dots, a text
with control characters. None is copied wrong and none is fatal: a value that its VR, its
multiplicity or its enumeration forbids is emptied and listed; a type 2 attribute that is absent
is filled empty. Only what our objects need is carried at all, so private and nested content of
the source stays behind.
"""

from __future__ import annotations

import math
import unicodedata
from enum import Enum, auto
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM, DSfloat, PersonName, validate_value

from medimg.values import standard
from medimg.values.errors import InputRefused


class Need(Enum):
    """What an attribute is to our objects."""

    MUST = auto()  # without it nothing can refer to the source
    MAKE = auto()  # type 1 of the object around it: made where the source has none, and said
    FILL = auto()  # type 2: there, if need be empty
    MAY = auto()


#: What is carried of a source header (PS3.3 C.7.1 to C.7.6), by keyword.
CARRIED: dict[str, Need] = {
    "SOPClassUID": Need.MUST,
    "SOPInstanceUID": Need.MUST,
    "StudyInstanceUID": Need.MAKE,
    "SeriesInstanceUID": Need.MAKE,
    "PatientName": Need.FILL,
    "PatientID": Need.FILL,
    "PatientBirthDate": Need.FILL,
    "PatientSex": Need.FILL,
    "StudyDate": Need.FILL,
    "StudyTime": Need.FILL,
    "ReferringPhysicianName": Need.FILL,
    "StudyID": Need.FILL,
    "AccessionNumber": Need.FILL,
    "IssuerOfPatientID": Need.MAY,
    "PatientIdentityRemoved": Need.MAY,
    "DeidentificationMethod": Need.MAY,
    "DeidentificationMethodCodeSequence": Need.MAY,
    "CodeValue": Need.MAY,
    "CodingSchemeDesignator": Need.MAY,
    "CodeMeaning": Need.MAY,
    "StudyDescription": Need.MAY,
    "PatientAge": Need.MAY,
    "PatientSize": Need.MAY,
    "PatientWeight": Need.MAY,
    "Modality": Need.MAY,
    "Rows": Need.MAY,
    "Columns": Need.MAY,
    "NumberOfFrames": Need.MAY,
    "FrameOfReferenceUID": Need.MAY,
    "PositionReferenceIndicator": Need.MAY,
    "ImagePositionPatient": Need.MAY,
    "ImageOrientationPatient": Need.MAY,
    "PixelSpacing": Need.MAY,
    "SliceThickness": Need.MAY,
    "SpacingBetweenSlices": Need.MAY,
    "LossyImageCompression": Need.MAY,
    "LossyImageCompressionRatio": Need.MAY,
    "LossyImageCompressionMethod": Need.MAY,
    "SharedFunctionalGroupsSequence": Need.MAY,
    "PerFrameFunctionalGroupsSequence": Need.MAY,
    "PlanePositionSequence": Need.MAY,
    "PlaneOrientationSequence": Need.MAY,
    "PixelMeasuresSequence": Need.MAY,
}

#: SOP class and instance by tag: the same in the file's meta information (PS3.10 7.1).
_META = {"00080016": "00020002", "00080018": "00020003"}

#: Values that the standard enumerates for what is carried.
_ENUMERATED = {
    "PatientSex": ("M", "F", "O"),
    "PatientIdentityRemoved": ("YES", "NO"),
    "LossyImageCompression": ("00", "01"),
}

#: Objects with a pixel grid that are results themselves, and no source.
_NO_IMAGE = ("SEG", "RTDOSE", "PR", "SR")

#: One of these must say how, where an identity was removed (type 1C).
_METHODS = ("DeidentificationMethod", "DeidentificationMethodCodeSequence")

_NUMBERS = {"DS", "IS", "US", "FD", "FL", "UL", "SS", "SL"}
_FREE_TEXT = {"ST", "LT", "UT"}


#: A header made fit, and notes on what was emptied.
Fitted = tuple[Dataset, tuple[str, ...]]


def having(need: Need) -> list[str]:
    return [keyword for keyword, its in CARRIED.items() if its is need]


def fit(model: dict[str, Any], made: dict[str, str]) -> Fitted:
    """Make a copy of a header that may be carried into our objects.

    Args:
        model: DICOM JSON model of one instance (PS3.18 F.2), without pixels.
        made: UIDs to take where the source has no valid study or series UID.

    Returns:
        The copy, and a note for each value that was emptied or made.

    Raises:
        InputRefused: A UID without which nothing can refer to the instance is absent or invalid.
    """
    emptied: list[str] = []
    dataset = _copy(_with_meta(model), emptied)
    _refuse_unfit(dataset)
    for keyword in having(Need.FILL):
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    for keyword in having(Need.MAKE):
        if not dataset.get(keyword):
            setattr(dataset, keyword, made[keyword])
            emptied.append(
                f"The source has no valid {keyword}; a new one is used, so an archive will not "
                "store this with the image."
            )
    has_method = any(dataset.get(keyword) for keyword in _METHODS)
    if dataset.get("PatientIdentityRemoved") == "YES" and not has_method:
        del dataset.PatientIdentityRemoved
        emptied.append(
            "PatientIdentityRemoved of the source does not name a method and was left out."
        )
    if not dataset.get("Modality"):
        dataset.Modality = "OT"  # highdicom reads it; our objects bear their own
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return dataset, tuple(emptied)


def _with_meta(model: dict[str, Any]) -> dict[str, Any]:
    """Take the instance's own UIDs from the file's meta information where the data set is empty."""
    lacking = {
        tag: model[meta]
        for tag, meta in _META.items()
        if not model.get(tag, {}).get("Value") and meta in model
    }
    return model | lacking


def _refuse_unfit(dataset: Dataset) -> None:
    """Raise InputRefused where nothing of ours may refer to an instance."""
    for keyword in having(Need.MUST):
        if not dataset.get(keyword):
            raise InputRefused(
                f"The source has no valid {keyword}, so no DICOM object can refer to it. "
                "Export it again from its origin."
            )
    sop_class = dataset.SOPClassUID
    if not standard.is_known(sop_class) or dataset.get("Modality") in _NO_IMAGE:
        raise InputRefused(
            f"The source is not an image of the current standard ({sop_class.name}), so no "
            f"DICOM object "
            "can refer to it as one."
        )
    if int(dataset.get("NumberOfFrames") or 1) > 1 and not standard.allows_frames(sop_class):
        raise InputRefused(
            f"The source holds several frames, which its class ({sop_class.name}) may not, so no "
            "DICOM object can refer to one of them."
        )


def _copy(model: dict[str, Any], emptied: list[str]) -> Dataset:
    """Copy what is carried of one level; empty what is forbidden there."""
    dataset = Dataset()
    for tag, element in sorted(model.items()):
        keyword = keyword_for_tag(tag)
        if keyword not in CARRIED:
            continue
        try:
            value = _value(keyword, element, emptied)
        except (ValueError, TypeError, OverflowError, AttributeError):
            emptied.append(
                f"{keyword} of the source has a value that the standard forbids. It was left empty."
            )
            value = None
        if value is not None or CARRIED[keyword] is Need.FILL:
            setattr(dataset, keyword, value)
    return dataset


def _value(keyword: str, element: dict[str, Any], emptied: list[str]) -> Any:
    """Return the value as pydicom takes it, None where empty; raise ValueError where forbidden."""
    vr = dictionary_VR(keyword)
    values = [v for v in element.get("Value", []) if v not in (None, "", {})]
    if not values:
        return None
    if vr == "SQ":
        return [_copy(item, emptied) for item in values]
    checked = [_number(vr, v) if vr in _NUMBERS else _text(keyword, vr, v) for v in values]
    if len(checked) != 1 or dictionary_VM(keyword) != "1":
        _check_count(len(checked), dictionary_VM(keyword))
        return checked if len(checked) > 1 else checked[0]
    return checked[0]


def _check_count(count: int, multiplicity: str) -> None:
    """Raise ValueError unless `count` values are allowed by "2", "1-n", "2-2n" …"""
    low, _, high = multiplicity.partition("-")
    if count < int(low) or (not high and count > int(low)):
        raise ValueError(f"{count} values, {multiplicity} allowed")


def _number(vr: str, value: Any) -> Any:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    if vr == "DS":
        return DSfloat(number, auto_format=True)
    if vr in ("FD", "FL"):
        return number
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)


def _text(keyword: str, vr: str, value: Any) -> Any:
    """Check a text by its VR; a name comes as its groups (PS3.18 F.2.2)."""
    if vr == "PN":
        groups = [str(value.get(g, "")) for g in ("Alphabetic", "Ideographic", "Phonetic")]
        text = "=".join(groups).rstrip("=")
    else:
        text = str(value)
    text = text.strip(" \0")
    allowed = "\t\n\f\r" if vr in _FREE_TEXT else ""
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in text):
        raise ValueError("control characters")
    if "\\" in text and vr not in _FREE_TEXT:
        raise ValueError("a backslash within one value")
    validate_value(vr, text, config.RAISE)
    if text and text not in _ENUMERATED.get(keyword, (text,)):
        raise ValueError("not among the enumerated values")
    parse = {"PN": PersonName, "DA": DA, "TM": TM}.get(vr, str)
    return parse(text)
