"""Whether a header says that its subject is not a person (PS3.3 C.7.1.1, C.7.6.1)."""

from __future__ import annotations

from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.picture import Picture
from medimg.values.problems import Problem

#: Words for a person in PatientSpeciesDescription and in the meaning of its code.
_PEOPLE = ("homo sapiens", "human", "homo sapiens sapiens")
#: The same as codes of SNOMED CT and SNOMED RT (CID 7454).
_PEOPLE_CODES = ("337915000", "L-85B00")
#: What only an animal has, where its species is not named.
_OF_ANIMALS = (
    *("PatientBreedDescription", "PatientBreedCodeSequence", "BreedRegistrationSequence"),
    *("StrainDescription", "StrainNomenclature", "StrainCodeSequence", "StrainStockSequence"),
    *("GeneticModificationsSequence", "PatientSexNeutered"),
)


def animal(facts: Attributes) -> str:
    """What the patient is, in the header's words, where it is not a person; else empty."""
    named = facts.text("PatientSpeciesDescription")
    if named:
        return "" if named.lower() in _PEOPLE else named
    for item in facts.items("PatientSpeciesCodeSequence"):
        meaning, code = item.text("CodeMeaning"), item.text("CodeValue")
        if meaning.lower() in _PEOPLE or code in _PEOPLE_CODES:
            return ""
        return meaning or code
    if is_quadruped(facts):
        return "quadruped"
    has_animals = any(facts.text(keyword) or _has_items(facts, keyword) for keyword in _OF_ANIMALS)
    is_owned = facts.text("ResponsiblePersonRole").upper() == "OWNER"
    return "animal" if has_animals or is_owned else ""


def _has_items(facts: Attributes, keyword: str) -> bool:
    return keyword.endswith("Sequence") and next(facts.items(keyword), None) is not None


def is_quadruped(facts: Attributes) -> bool:
    """Whether directions are those of an animal on four legs (PS3.3 C.7.6.1.1.1)."""
    return facts.text("AnatomicalOrientationType").upper() == "QUADRUPED"


def is_phantom(facts: Attributes) -> bool:
    """Whether the subject is an object of quality control, and not a patient."""
    return facts.text("QualityControlSubject").upper() == "YES"


def direction_problems(picture: Picture) -> list[Problem]:
    """Say that sides are those of an animal, which letters for people would name wrongly."""
    if not is_quadruped(picture.attributes):
        return []
    sentence = (
        f"{picture.name} gives directions as of an animal on four legs; sides are not labelled."
    )
    return [Problem("quadruped", sentence, (picture.file,))]
