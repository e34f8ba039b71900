"""One data set through the table of actions, its sequences to the bottom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from medimg.privacy.dates import shift_date, shift_datetime
from medimg.privacy.dummies import dummy
from medimg.privacy.identity import Identity, has_control, is_suspicious
from medimg.privacy.needs import is_foreign, letter_of
from medimg.privacy.options import Kept
from medimg.privacy.private import is_known_safe
from medimg.privacy.secret import Secret
from medimg.privacy.table import TEXT_VRS, is_named, letters_of
from medimg.privacy.wording import cleaned
from medimg.reading.dicom.header.attributes import UNREADABLE_VALUE

#: Sequences whose content is walked where the table says D: what they hold is clinical.
_WALKED = ("ContentSequence", "GraphicAnnotationSequence", "WaveformAnnotationSequence")
#: Technical texts that hold codes and versions, which may look like numbers of someone.
_CODE_TEXTS = ("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "LongCodeValue")
#: Enumerations that decide how pixels are read; a patient named so must not change them.
_PIXEL_GROUP = 0x0028

#: Texts that are kept where nothing speaks against it.
_SHORT_TEXT_VRS = ("LO", "SH", "UC", "UR", "AE", "CS")
#: What a date or time may look like; another text in its place may be anything.
_SHAPES = {
    "DA": re.compile(r"\d{8}|\d{4}\.\d{2}\.\d{2}|"),
    "DT": re.compile(r"\d{4,14}(\.\d{1,6})?([+-]\d{4})?|"),
    "TM": re.compile(r"\d{2,6}(\.\d{1,6})?|\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?|"),
}

#: (attribute with the sequences around it, what was done).
Change = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FileContext:
    """What holds for all elements of one file.

    Attributes:
        patient: Whom the file is of, as the source names them; seeds pseudonym and day shift.
        renamed: UIDs of instances whose pixels change, which therefore become new objects.
        path: Keywords of the sequences that lead here.
        changes: What was done so far, counted; shared by all depths.
    """

    kept: Kept
    secret: Secret
    patient: str
    sop_class_uid: str
    identity: Identity
    renamed: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()
    changes: Counter[Change] = field(default_factory=Counter)

    def into(self, keyword: str) -> FileContext:
        """The same, one sequence deeper."""
        return replace(self, path=(*self.path, keyword))

    def tell(self, name: str, what: str) -> None:
        """Note a change."""
        self.changes[" › ".join((*self.path, name)), what] += 1

    def uid(self, uid: str) -> str:
        """What a UID becomes; the same in every file that mentions it."""
        if uid in self.renamed:
            return self.secret.uid(f"{uid} blacked out")
        return uid if "uids" in self.kept and is_uid(uid) else self.secret.uid(uid)


def clean(dataset: Dataset, context: FileContext) -> None:
    """Apply the profile to a data set, in place."""
    for tag in list(dataset.keys()):
        name = keyword_for_tag(tag) or f"({tag.group:04X},{tag.element:04X})"
        try:
            element = dataset[tag]
            if element.tag.is_private:
                _private(dataset, element, context, name)
                continue
            letters = letters_of(tag, element.VR, context.kept)
            if letters == "K" and _has_no_place(element, context, name):
                letters = "X"
            letter = letter_of(context.sop_class_uid, context.path, name, letters)
            ACTIONS[letter](dataset, element, context, name)
        except UNREADABLE_VALUE:
            # A value that does not fit its VR cannot be judged; it may be anything.
            dataset.pop(tag, None)
            context.tell(name, "removed, unreadable")


def _has_no_place(element: DataElement, context: FileContext, name: str) -> bool:
    """Whether a text that no table speaks of is not of this kind of object: anyone's addition."""
    is_text = element.VR in _SHORT_TEXT_VRS and element.tag.group != _PIXEL_GROUP
    return (
        is_text
        and not is_named(element.tag)
        and is_foreign(context.sop_class_uid, context.path, name)
    )


def _private(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    if "private" in context.kept and is_known_safe(dataset, element):
        return
    del dataset[element.tag]
    context.tell(name, "removed")


def _remove(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    del dataset[element.tag]
    context.tell(name, "removed")


def _empty(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    if element.is_empty:
        return
    element.value = [] if element.VR == "SQ" else None
    context.tell(name, "emptied")


def _dummy(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    if element.VR == "SQ":
        (_walk if name in _WALKED else _blind)(element, context, name)
        return
    if element.VR == "UI":
        _uid(dataset, element, context, name)
        return
    element.value = dummy(element.VR)
    context.tell(name, "replaced")


def _blind(element: DataElement, context: FileContext, name: str) -> None:
    """Replace every value of every item: what identifies someone by code, such as an operator."""
    deeper = context.into(name)
    for item in element.value or ():
        for tag in list(item.keys()):
            if tag.is_private:
                del item[tag]
                continue
            _dummy(item, item[tag], deeper, keyword_for_tag(tag))


def _walk(element: DataElement, context: FileContext, name: str) -> None:
    deeper = context.into(name)
    for item in element.value or ():
        clean(item, deeper)


def _uid(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    if element.VR == "SQ":
        _walk(element, context, name)
        return
    old = element.value
    if not old:
        return
    is_many = isinstance(old, MultiValue | list)
    new = [_new_uid(str(uid), context) for uid in old] if is_many else _new_uid(str(old), context)
    if new != old:
        element.value = new
        context.tell(name, "UID replaced")


#: Under the standard's own root: kinds, not individuals.
_STANDARD_ROOT = "1.2.840.10008."


def _new_uid(uid: str, context: FileContext) -> str:
    is_standard = uid.startswith(_STANDARD_ROOT) and is_uid(uid)
    return uid if is_standard or not uid else context.uid(uid)


def _keep(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    if element.VR == "SQ":
        _walk(element, context, name)
    elif element.VR == "UI":
        if any(not is_uid(str(uid)) or str(uid) in context.renamed for uid in _each(element)):
            _uid(dataset, element, context, name)
    elif element.VR == "AS":
        _cap_age(element, context, name)
    elif element.VR in _SHAPES:
        if not all(_SHAPES[element.VR].fullmatch(str(text)) for text in _each(element)):
            _fall_back(dataset, element, context, name)
    elif element.VR in ("IS", "DS"):
        if any(str(number) in context.identity.words for number in _each(element)):
            _fall_back(dataset, element, context, name)
    elif element.VR in TEXT_VRS:
        _keep_text(dataset, element, context, name)


def _keep_text(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    """Let a technical text stay unless it names someone after all."""
    texts = [str(text) for text in _each(element)]
    if element.VR == "CS":
        is_naming = element.tag.group != _PIXEL_GROUP and any(
            text.casefold() in context.identity.words or "^" in text or has_control(text)
            for text in texts
        )
    else:
        is_naming = any(context.identity.is_in(text) for text in texts) or (
            name not in _CODE_TEXTS and any(is_suspicious(text) for text in texts)
        )
    if is_naming:
        _fall_back(dataset, element, context, name)


def _fall_back(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    """Take away what should have stayed and cannot, as far as the object can do without it."""
    letter = letter_of(context.sop_class_uid, context.path, name, "X/Z/D")
    ACTIONS[letter](dataset, element, context, name)


def _cap_age(element: DataElement, context: FileContext, name: str) -> None:
    """Ages above 89 are rare enough to point at someone; all become 90."""
    text = str(element.value or "")
    if text[:3].isdigit() and text[3:] == "Y" and int(text[:3]) > 89:
        element.value = "090Y"
        context.tell(name, "replaced")


def _clean(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    """Keep of a description what a vocabulary knows; where nothing is left, do as the profile."""
    if element.VR == "SQ":
        _walk(element, context, name)
        return
    new = [_without(cleaned(str(text)), context.identity) for text in _each(element)]
    if element.VR in TEXT_VRS and any(new):
        if new != [str(text) for text in _each(element)]:
            element.value = new if len(new) > 1 else new[0]
            context.tell(name, "cleaned")
        return
    letters = letters_of(element.tag, element.VR, Kept())
    letter = letter_of(context.sop_class_uid, context.path, name, letters)
    ACTIONS[letter](dataset, element, context, name)


def _without(text: str, identity: Identity) -> str:
    return " ".join(word for word in text.split() if not identity.is_in(word))


def _shift(dataset: Dataset, element: DataElement, context: FileContext, name: str) -> None:
    days = context.secret.days(context.patient)
    move = shift_date if element.VR == "DA" else shift_datetime
    new = [move(str(text), days) for text in _each(element)]
    if not new:
        return
    if not all(new):
        _fall_back(dataset, element, context, name)
        return
    element.value = new if len(new) > 1 else new[0]
    context.tell(name, "shifted")


def _each(element: DataElement) -> list[object]:
    if element.is_empty:
        return []
    is_many = isinstance(element.value, MultiValue | list)
    return list(element.value) if is_many else [element.value]


def is_uid(text: str) -> bool:
    """Whether a text is made as a UID is (PS3.5 9.1), and so can be no name and no path."""
    return bool(text) and set(text) <= set("0123456789.")


#: What is done to an attribute, by the letter of PS3.15 table E.1-1; S is C for dates.
ACTIONS: dict[str, Callable[[Dataset, DataElement, FileContext, str], None]] = {
    "X": _remove,
    "Z": _empty,
    "D": _dummy,
    "U": _uid,
    "K": _keep,
    "C": _clean,
    "S": _shift,
}
