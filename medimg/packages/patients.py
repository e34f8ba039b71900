"""Rules about who lies in the image, and how: they hold for every package."""

from __future__ import annotations

from medimg.packages.manifest import Rule
from medimg.packages.subject import Subject, refuse, warn
from medimg.values.series import View
from medimg.values.verdict import Reason


def person(subject: Subject, rule: Rule) -> Reason | None:
    """The image is of a person, and not of an animal or a test object."""
    patient = subject.series.patient
    if patient.animal:
        return refuse(
            rule,
            f"The header says that this is not a person ({patient.animal}); {subject.purpose}.",
        )
    if patient.is_phantom:
        return warn(
            rule,
            "The header says that this is an object of quality control and not a patient "
            "(QualityControlSubject).",
        )
    return None


def upright(subject: Subject, rule: Rule) -> Reason | None:
    """A film from the front or the back is stored as it is looked at: left and feet grow."""
    series = subject.series
    right, bottom = (letters[:1].upper() for letters in series.patient_orientation)
    is_frontal = series.view is not View.LATERAL and series.modality != "MG"
    if subject.package.input.kind != "radiograph" or not is_frontal or not (right and bottom):
        return None
    if {right, bottom} <= set("AP") | set("HF"):
        return None  # from the side: the view tells
    if (right, bottom) == ("L", "F"):
        return None
    told = "\\".join(series.patient_orientation)
    if (right, bottom) == ("R", "F"):
        return warn(
            rule,
            f"The film is stored mirrored (PatientOrientation {told}): the patient's right is at "
            "the right. The package expects the left there.",
        )
    return refuse(
        rule,
        f"The film is stored turned (PatientOrientation {told}); the package reads upright films.",
    )
