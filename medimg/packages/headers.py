"""Rules about what the headers say: modality, part, view, age, MR contrast.

Sentences are for a radiologist; the attribute that was read stands in brackets.
"""

from __future__ import annotations

import re

from medimg.packages.manifest import Rule
from medimg.packages.subject import Subject, refuse, unknown
from medimg.values.series import MRKind, Series, View
from medimg.values.verdict import Reason

#: BodyPartExamined words (PS3.16 annex L) that mean the same to a gate.
_SAME_PART = {
    **dict.fromkeys(("THORAX", "LUNG", "LUNGS", "THORACIC", "RIB"), "CHEST"),
    **dict.fromkeys(("BRAIN", "SKULL", "NEURO"), "HEAD"),
}
#: Parts that a free-text description may name where BodyPartExamined is empty.
_DESCRIBED = (
    *("ABDOMEN", "ANKLE", "ARM", "BREAST", "ELBOW", "FEMUR", "FINGER", "FOOT", "HAND", "HIP"),
    *("KNEE", "LEG", "NECK", "PELVIS", "SHOULDER", "SPINE", "TOE", "WRIST", "CHEST", "THORAX"),
    *("LUNG", "HEAD", "BRAIN", "SKULL"),
)
_MODALITIES = {
    **{"CR": "a radiograph", "DX": "a radiograph", "MG": "a mammogram", "CT": "a CT"},
    **{"MR": "an MR", "PT": "a PET", "US": "an ultrasound", "NM": "a nuclear medicine image"},
    **{"RF": "a fluoroscopy", "XA": "an angiogram", "PX": "a panoramic dental film"},
}
#: Modality words that say nothing.
_NO_MODALITY = {"", "OT", "SC"}


def modality(subject: Subject, rule: Rule) -> Reason | None:
    """The modality is one of those accepted."""
    found = subject.series.modality
    if found in rule.accept:
        return None
    if found in _NO_MODALITY:
        return unknown(rule, "The file does not say what kind of image this is.")
    what = _MODALITIES.get(found, "another kind of image")
    return refuse(rule, f"This is {what} (Modality {found}); {subject.purpose}.")


def _part(word: str) -> str:
    return _SAME_PART.get(word.upper(), word.upper())


def _is_of(part: str) -> str:
    """What a picture of a body part is called; a word that is no part's name is only cited."""
    what = part.lower().replace("_", " ")
    if part.upper() not in _DESCRIBED:
        return f"This is another part of the body: {what}"
    return f"This is {'an' if what[0] in 'aeiou' else 'a'} {what}"


def _described_parts(series: Series) -> list[str]:
    words = re.findall(r"[A-Z]+", f"{series.description} {series.study.description}".upper())
    return [word for word in _DESCRIBED if word in words]


def body_part(subject: Subject, rule: Rule) -> Reason | None:
    """The part of the body is one of those accepted; descriptions count where it is not coded."""
    accepted = {_part(word) for word in rule.accept}
    found = subject.series.body_part
    if found:
        words = {_part(word) for word in (found, *re.findall(r"[A-Za-z]+", found))}
        if words & accepted:
            return None
        return refuse(rule, f"{_is_of(found)} (BodyPartExamined {found}); {subject.purpose}.")
    described = _described_parts(subject.series)
    if accepted & {_part(word) for word in described}:
        return None
    if described:
        what = described[0].lower()
        return refuse(rule, f'The description says "{what}"; {subject.purpose}.')
    return unknown(rule, "The file does not say which part of the body this is.")


def view(subject: Subject, rule: Rule) -> Reason | None:
    """The projection of a radiograph is one of those accepted."""
    found = subject.series.view
    if found.value in rule.accept:
        return None
    wanted = " or ".join(rule.accept)
    if found is View.UNKNOWN:
        return unknown(rule, f"The file does not say the view; the package reads {wanted} films.")
    return refuse(rule, f"This is a {found.value} film; the package reads {wanted} films only.")


def age(subject: Subject, rule: Rule) -> Reason | None:
    """The patient is old enough, and not too old."""
    years = subject.series.patient.age_years
    low, high = rule.minimum, rule.maximum
    limits = [f"from {low:g} years on" if low is not None else ""]
    limits += [f"up to {high:g} years" if high is not None else ""]
    wanted = " ".join(filter(None, limits))
    if years is None:
        return unknown(
            rule,
            f"The patient's age is not known from the file; the package is for patients {wanted}.",
        )
    if (low is not None and years < low) or (high is not None and years > high):
        shown = f"{int(years)} years" if years >= 2 else f"{int(years * 12)} months"
        return refuse(rule, f"The patient is {shown} old; the package is for patients {wanted}.")
    return None


def contrast(subject: Subject, rule: Rule) -> Reason | None:
    """A contrast agent was given, or was not, as `accept` says ("yes", "no")."""
    given = subject.series.contrast
    if given is None:
        return unknown(rule, "The file does not say whether a contrast agent was given.")
    if ("yes" if given else "no") in rule.accept:
        return None
    what = "with" if given else "without"
    return refuse(
        rule,
        f"This image was taken {what} a contrast agent (ContrastBolusAgent); {subject.purpose}.",
    )


def mr_kind(subject: Subject, rule: Rule) -> Reason | None:
    """The MR contrast is one of those accepted."""
    series = subject.series
    if series.mr_kind.value in rule.accept:
        return None
    wanted = " or ".join(rule.accept)
    because = f" ({series.mr_kind_reason})" if series.mr_kind_reason else ""
    if series.mr_kind is MRKind.UNKNOWN:
        return unknown(
            rule,
            f"The file does not state the MR contrast{because}; the package reads {wanted} only.",
        )
    return refuse(
        rule, f"This is {series.mr_kind.value}{because}; the package reads {wanted} only."
    )
