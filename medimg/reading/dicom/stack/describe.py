"""Patient, study, technique and names of a stack, from header values."""

from __future__ import annotations

from medimg.reading.dicom.header.ages import age_from_dates, age_from_text, contradict, day
from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.stack.subject import animal, is_phantom
from medimg.values.problems import Problem
from medimg.values.series import MRKind, Patient, Study, View

_SEXES = {"M", "F", "O"}


def patient(attributes: Attributes, name: str) -> tuple[Patient, list[Problem]]:
    """Read whose image it is; values that break their own rules are told and left out."""
    problems: list[Problem] = []

    def bad(keyword: str, text: str) -> None:
        sentence = f"{keyword} '{text}' of {name} is not a valid value and is not used."
        problems.append(Problem("bad-value", sentence, (name,)))

    sex, birth = attributes.text("PatientSex").upper(), attributes.text("PatientBirthDate")
    if sex and sex not in _SEXES:
        bad("PatientSex", sex)
        sex = ""
    years = _age(attributes, name, problems)
    person = attributes.text("PatientName").rstrip("^")
    if "\ufffd" in person:
        charset = attributes.text("SpecificCharacterSet") or "ASCII"
        sentence = f"The patient's name in {name} is not written in its character set ({charset})."
        problems.append(Problem("charset-wrong", sentence, (name,)))
    told = Patient(
        attributes.text("PatientID"), person, birth, sex, years, animal(attributes),
        is_phantom(attributes),
    )  # fmt: skip
    return told, problems


def _age(attributes: Attributes, name: str, problems: list[Problem]) -> float | None:
    """Years that header and dates agree on; what cannot be true is told, and unknown."""
    birth, studied = attributes.text("PatientBirthDate"), attributes.text("StudyDate")
    stated = attributes.text("PatientAge").upper()
    years, by_dates = age_from_text(stated), age_from_dates(birth, studied)

    def bad(sentence: str) -> None:
        problems.append(Problem("bad-value", sentence, (name,)))

    if stated and years is None:
        bad(f"PatientAge '{stated}' of {name} is not a valid value and is not used.")
    if studied and day(studied) is None:
        bad(f"StudyDate '{studied}' of {name} is not a valid value and is not used.")
    if years is None:
        return by_dates
    if by_dates is not None and contradict(stated, by_dates):
        bad(
            f"PatientAge {stated} of {name} contradicts its dates (born {birth}, examined "
            f"{studied}), which make {by_dates:.3g} years; the age counts as unknown."
        )
        return None
    return years


def study(attributes: Attributes) -> Study:
    """Read the examination; a date that is none stays empty."""
    studied = attributes.text("StudyDate")
    return Study(
        uid=attributes.text("StudyInstanceUID"),
        id=attributes.text("StudyID"),
        date=studied if day(studied) else "",
        time=attributes.text("StudyTime"),
        description=attributes.text("StudyDescription"),
        accession_number=attributes.text("AccessionNumber"),
        institution=attributes.text("InstitutionName"),
    )


#: (name, keyword, unit) of the corner text's technique, by modality.
_TECHNIQUE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "MR": (
        ("TR", "RepetitionTime", "ms"),
        ("TE", "EchoTime", "ms"),
        ("TI", "InversionTime", "ms"),
        ("Flip angle", "FlipAngle", "°"),
        ("Field", "MagneticFieldStrength", "T"),
    ),
    "CT": (
        ("kV", "KVP", "kV"),
        ("Current", "XRayTubeCurrent", "mA"),
        ("Kernel", "ConvolutionKernel", ""),
        ("Tilt", "GantryDetectorTilt", "°"),
    ),
    "": (("kV", "KVP", "kV"), ("Exposure", "Exposure", "mAs")),
}
_EVERYWHERE = (("Contrast", "ContrastBolusAgent", ""), ("Thickness", "SliceThickness", "mm"))


#: No magnet for people reaches this; old software wrote gauss (PS3.3 C.8.3.1 wants tesla).
_STRONGEST_T = 100.0


def acquisition(
    attributes: Attributes, modality: str, b: float | None = None
) -> tuple[tuple[str, str], ...]:
    """List the technique as (name, value with unit) pairs for the corner text.

    Args:
        b: The b-value in s/mm², which makers state in many ways.
    """
    facts = []
    for name, keyword, unit in (*_TECHNIQUE.get(modality, _TECHNIQUE[""]), *_EVERYWHERE):
        text = _amount(attributes, keyword, unit)
        if text:
            facts.append((name, text))
    if b:
        facts.append(("b", f"{b:g} s/mm²"))
    return tuple(facts)


def _amount(attributes: Attributes, keyword: str, unit: str) -> str:
    if not unit:
        return attributes.text(keyword)
    number = attributes.number(keyword)
    if not number:
        return ""
    if keyword == "MagneticFieldStrength" and number > _STRONGEST_T:
        number, unit = number / 10_000, "T (said in gauss)"
    digits = f"{number:,.6g}" if number < 1000 else f"{number:,.0f}".replace(",", "\u202f")
    return f"{digits}{unit}" if unit == "°" else f"{digits} {unit}"


def label(modality: str, description: str, kind: MRKind, view: View, parts: tuple[str, ...]) -> str:
    """Name a stack as a radiologist would: what it shows, then what tells it from its siblings."""
    if "localiser" in parts:
        head = "localiser"
    elif kind is not MRKind.UNKNOWN:
        head = kind.value
    elif view is not View.UNKNOWN:
        head = view.value
    else:
        head = description or modality or "picture"
    rest = [part for part in parts if part and part != "localiser"]
    return ", ".join([head, *rest])
