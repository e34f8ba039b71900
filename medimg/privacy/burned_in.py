"""Why a picture may carry its patient's name in its pixels, as far as its header tells."""

from __future__ import annotations

from collections.abc import Callable

from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import Attributes, attributes_of

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ULTRASOUND = ("1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3")
_VISIBLE_LIGHT = "1.2.840.10008.5.1.4.1.1.77.1."
_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"

#: Modalities whose pictures are made of screens and cameras.
_MODALITIES = ("US", "IVUS", "SC", "OT", "XC", "ES", "GM", "DOC", "DG", "HC", "BI")
#: Words of Image Type with which makers mark pictures of a screen.
_SCREENS = ("SCREEN SAVE", "SCREENSAVE", "SAVED SCREEN", "SCREEN", "REPORT", "SUMMARY", "LABEL")
#: Slides by the third value of their Image Type: those that show tissue alone. An overview or a
#: localiser may show the label with its name and barcode (PS3.3 C.8.12.4.1.1).
_TISSUE = ("VOLUME", "THUMBNAIL")


def _says_so(facts: Attributes) -> bool:
    return facts.text("BurnedInAnnotation").upper() == "YES"


def _shows_a_person(facts: Attributes) -> bool:
    return facts.text("RecognizableVisualFeatures").upper() == "YES"


def _is_capture(facts: Attributes) -> bool:
    return _of_class(facts, _SECONDARY_CAPTURE)


def _is_ultrasound(facts: Attributes) -> bool:
    return any(_of_class(facts, root) for root in _ULTRASOUND)


def _is_photograph(facts: Attributes) -> bool:
    uid = facts.text("SOPClassUID")
    return uid.startswith(_VISIBLE_LIGHT) and uid != _SLIDE


def _may_show_label(facts: Attributes) -> bool:
    """Whether a slide is not one of tissue alone, or says that its label is in the image."""
    if facts.text("SpecimenLabelInImage").upper() == "YES":
        return True
    flavour = [text.upper() for text in facts.texts("ImageType")][2:3]
    return facts.text("SOPClassUID") == _SLIDE and not (flavour and flavour[0] in _TISSUE)


def _is_of_screens(facts: Attributes) -> bool:
    return facts.text("Modality").upper() in _MODALITIES


def _is_screen(facts: Attributes) -> bool:
    types = [text.upper() for text in facts.texts("ImageType")]
    return any(word in text for text in types for word in _SCREENS)


#: The one reason that no blackout of text answers.
PERSON = "the header says that a person can be recognised"

#: Rule: why it holds a picture back. A film (CR, DX) is judged by its pixels alone.
REASONS: dict[str, Callable[[Attributes], bool]] = {
    "the header says that text is burned in": _says_so,
    PERSON: _shows_a_person,
    "it is a secondary capture": _is_capture,
    "it is an ultrasound image, which shows its screen": _is_ultrasound,
    "it is a photograph": _is_photograph,
    "it is a slide image that may show the label of the slide": _may_show_label,
    "its modality is one of screens and cameras": _is_of_screens,
    "its image type says that it shows a screen": _is_screen,
}


def reasons_of(dataset: Dataset) -> tuple[str, ...]:
    """Why the pixels of an object, which has some, are not to be trusted."""
    facts = attributes_of(dataset)
    return tuple(reason for reason, holds in REASONS.items() if holds(facts))


def _of_class(facts: Attributes, root: str) -> bool:
    uid = facts.text("SOPClassUID")
    return uid == root or uid.startswith(root + ".")
