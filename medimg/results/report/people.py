"""Whose report it is: names, dates and the foot line that every page bears."""

from __future__ import annotations

from datetime import datetime

from medimg.display import wording
from medimg.values.analysis import Analysis
from medimg.values.series import Patient, Series, View

NOT_GIVEN = "not given"


def patient_name(patient: Patient) -> str:
    """The name as its alphabetic group has it, then in its own script where there is one."""
    groups = [wording.person_name(group) for group in patient.name.split("=")]
    first, others = groups[0], [group for group in groups[1:2] if group]
    if first and others:
        return f"{first} {others[0].replace(',', '')}"
    return first or wording.person_name(patient.name) or NOT_GIVEN


def born_and_sex(patient: Patient) -> str:
    """ "14 Mar 1968 (58 y), M"."""
    age = wording.age(patient)
    born = wording.date(patient.birth_date)
    when = f"{born} ({age})" if born and age else born or age
    return ", ".join(part for part in (when, wording.sex(patient)) if part) or NOT_GIVEN


def title(series: Series) -> str:
    """What was looked at: "Chest PA", "Brain FLAIR"."""
    part = series.body_part.replace("_", " ").capitalize()
    label = series.label or series.description or series.modality or "Image"
    if series.view is not View.UNKNOWN and series.view.value not in label:
        label = f"{label} {series.view.value}"
    return label if not part or part.lower() in label.lower() else f"{part} {label}"


def study_line(series: Series) -> str:
    """Where and when: "Demo Hospital North · study of 12 Nov 2026, 09:41 · accession A-1021"."""
    study = series.study
    when = wording.date(study.date)
    time = wording.clock(study.time)
    return wording.joined(
        study.institution,
        f"study of {when}{', ' + time if time else ''}" if when else "study without a date",
        f"accession {study.accession_number}" if study.accession_number else "",
    )


def moment(iso: str) -> str:
    """An ISO time as "22 Nov 2026, 09:57 UTC"."""
    when = datetime.fromisoformat(iso)
    zone = "" if when.tzinfo is None else f" {when.tzname() or ''}"
    return f"{wording.date(when.strftime('%Y%m%d'))}, {when:%H:%M}{zone}"


def seconds(analysis: Analysis) -> str:
    """How long it ran, all stages: "1.4 s"."""
    return wording.duration(sum(spent for _, spent in analysis.seconds))
