"""The words that name the people of one file, and whether a text or bytes still hold one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from medimg.privacy.dummies import DUMMIES
from medimg.privacy.options import OPTIONS, PROFILE, Kept
from medimg.privacy.wording import vocabulary
from medimg.reading.dicom.header.attributes import UNREADABLE_VALUE

#: Attributes beside names of persons whose values name someone, and the option that keeps them.
_NAMING: dict[str, str] = {
    "PatientID": "",
    "OtherPatientIDs": "",
    "PatientAddress": "",
    "PatientTelephoneNumbers": "",
    "PatientBirthDate": "dates",
    "AccessionNumber": "",
    "ClinicalTrialSubjectID": "",
    "InstitutionName": "institution",
    "InstitutionAddress": "institution",
    "DeviceSerialNumber": "device",
    "StationName": "device",
}
#: Shorter words are found in too much that names no one.
SHORTEST, SHORTEST_IN_BYTES = 3, 5

#: Words that name no one, although files have them for names.
_EMPTY_WORDS = {
    "anonymous",
    "anonymized",
    "anonymised",
    "patient",
    "unknown",
    "none",
    "name",
    "phantom",
}
#: Value types of reports, which decide how they are read (PS3.3 C.17.3).
_VALUE_TYPES = {"text", "code", "num", "pname", "date", "time", "image", "container", "composite"}
#: What is written into every file, and so tells nothing of this one.
_OWN_TEXTS = ("MedImg Workstation", *(option.meaning for option in (PROFILE, *OPTIONS.values())))
_OWN_VALUES = {value.casefold() for value in DUMMIES.values() if isinstance(value, str)}
#: In how many ways a name may be spelled in bytes.
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "iso2022_jp", "euc_kr", "gb18030")

_PERSON = re.compile(r"[^\W_]\^[^\W\d_]")
_DAY = re.compile(r"(?<!\d)(19|20)\d{2}([./-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
#: No text of these VRs may hold them (PS3.5 6.1.3); what comes after one is not shown by readers.
_CONTROL = re.compile(r"[\x00-\x1a\x1c-\x1f]")
_LONG_NUMBER = re.compile(r"(?<![\d.])\d{7,}(?![\d.])")


@dataclass(frozen=True, slots=True)
class Identity:
    """Words of one file that must not be in its output, in lower case."""

    words: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Whether a text holds one: long words anywhere, short ones and numbers as words."""
        low = text.casefold()
        return any(word in low and _stands(word, low) for word in self.words)

    def is_in_bytes(self, data: bytes) -> bool:
        """Whether bytes hold one, in any spelling in which DICOM may write it."""
        return any(
            spelled in data if not word.isdigit() else _stands_alone(spelled, data)
            for word in self.words
            if len(word) >= SHORTEST_IN_BYTES
            for spelled in _spellings(word)
        )


def identity_of(dataset: Dataset, kept: Kept) -> Identity:
    """Gather the words from all names and numbers of people, at any depth."""
    found = {word.casefold() for word in _words(dataset, kept)}
    own = " ".join(_OWN_TEXTS).casefold()
    empty = _EMPTY_WORDS | _VALUE_TYPES | _OWN_VALUES | vocabulary()
    return Identity(
        frozenset(word for word in found - empty if len(word) >= SHORTEST and word not in own)
    )


def is_suspicious(text: str) -> bool:
    """Whether a technical text looks like a person's name, a day or a number of someone."""
    looks = _PERSON.search(text) or _LONG_NUMBER.search(text)
    return bool(looks) or has_control(text) or any(map(_is_day, _days(text)))


def has_control(text: str) -> bool:
    """Whether a text goes on behind a character that ends it on the screen."""
    return bool(_CONTROL.search(text.rstrip(" \0")))


def _days(text: str) -> Iterator[str]:
    for match in _DAY.finditer(text):
        yield re.sub(r"\D", "", match.group())


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _words(dataset: Dataset, kept: Kept) -> Iterator[str]:
    for tag in dataset.keys():  # noqa: SIM118 - iterating a data set parses every value
        try:
            element = dataset[tag]
            keyword = keyword_for_tag(tag)
            if element.VR == "SQ":
                for item in element.value or ():
                    yield from _words(item, kept)
            elif element.VR == "PN":
                yield from _parts(map(str, _values(element.value)))
            elif keyword in _NAMING and (_NAMING[keyword] or "-") not in kept:
                yield from (text.strip() for text in map(str, _values(element.value)))
        except UNREADABLE_VALUE:
            continue  # what cannot be read is removed, so it needs no search


def _values(value: object) -> Iterable[object]:
    if value is None or value == "":
        return ()
    return value if isinstance(value, MultiValue | list) else (value,)


def _parts(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (part for part in re.split(r"[\^=\s,;.]+", name) if not part.isdigit())


def _stands(word: str, text: str) -> bool:
    if len(word) >= SHORTEST_IN_BYTES and not word.isdigit():
        return True
    return bool(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", text))


def _spellings(word: str) -> Iterator[bytes]:
    for form in {word, word.upper(), word.title()}:
        for encoding in _ENCODINGS:
            try:
                yield form.encode(encoding)
            except UnicodeEncodeError:
                continue


def _stands_alone(spelled: bytes, data: bytes) -> bool:
    """Whether a number is there as a number of its own and not within a UID or a longer one."""
    return bool(re.search(rb"(?<![\d.])" + re.escape(spelled) + rb"(?![\d.])", data))
