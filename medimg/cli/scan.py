"""`medimg scan PATH …`: the series under some paths, and what is wrong with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medimg.cli.answers import answer, counting, json_option, remark
from medimg.reading import scan
from medimg.reading.formats import names
from medimg.values.geometry import MeasuredAt
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, MRKind, Scan, Series, View

#: Modalities whose pictures are called slices, also where their place is unknown.
_SECTIONS = frozenset({"CT", "MR", "PT", "NM", ""})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", nargs="+", type=Path, metavar="PATH", help="files and folders")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Scan and print; 1 where nothing could be read."""
    found = scan(*args.path, progress=counting("reading headers"))
    if args.json:
        answer(as_plain(found))
    elif found.series or found.objects or found.problems:
        print("\n".join(table(found)))
    if found.series:
        return 0
    remark(nothing(found))
    return 1


def table(found: Scan) -> list[str]:
    """The scan as lines for a person: patients, their studies, their series, what is wrong."""
    lines: list[str] = []
    patient: tuple[str, str] | None = None
    study: str | None = None
    heads = _heads(found.series)
    for place, series in enumerate(heads):
        whose = (series.patient.id, series.patient.name)
        if whose != patient:
            patient, study = whose, None
            lines += [""] if lines else []
            lines.append(_patient_line(series))
        if series.study.uid != study:
            study = series.study.uid
            lines.append("  " + _study_line(series))
        lines.append("    " + _series_line(series))
        told = _told(series, found.series)
        lines += [f"        {_mark(problem)} {_full(problem)}" for problem in told]
        if place + 1 == len(heads) or heads[place + 1].study.uid != study:
            lines += _object_lines([o for o in found.objects if o.study.uid == study], found)
    studies = {series.study.uid for series in found.series}
    if apart := [o for o in found.objects if o.study.uid not in studies]:
        lines += [*([""] if lines else []), "Objects without images of their study:"]
        lines += _object_lines(apart, found)
    if found.problems:
        lines += ["", "Files that are no part of a series:"]
        lines += [f"  {_mark(problem)} {_full(problem)}" for problem in found.problems]
    if found.series:
        count = len(heads)
        lines += ["", f"{count} series in {found.n_files} file" + "s" * (found.n_files != 1) + "."]
    return lines


def as_plain(found: Scan) -> dict[str, Any]:
    """The scan as one JSON object."""
    return {
        "files": found.n_files,
        "series": [_plain_series(series) for series in found.series],
        "objects": [_plain_object(object_) for object_ in found.objects],
        "problems": [_plain_problem(problem) for problem in found.problems],
    }


def nothing(found: Scan) -> str:
    """Say that a scan found no image."""
    files = f"{found.n_files} file" + ("s" if found.n_files != 1 else "")
    return f"No image was found in {files}. Check the path; {names()} are read."


def _patient_line(series: Series) -> str:
    person = series.patient
    name = person.name.replace("^", " ").strip() or "Unknown patient"
    parts = [name, f"ID {person.id}" if person.id else "", person.sex]
    if person.age_years is not None:
        parts.append(f"{person.age_years:.0f} years")
    return " · ".join(part for part in parts if part)


def _study_line(series: Series) -> str:
    study = series.study
    parts = [part for part in (_day(study.date), study.description) if part]
    return "Study " + (" · ".join(parts) if parts else "without date or description")


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text


def _heads(series: Sequence[Series]) -> list[Series]:
    """One series an item: a 4-D item is told by its first volume."""
    return [one for one in series if one.part is None or one.part.place == 0]


def _told(head: Series, series: Sequence[Series]) -> list[Problem]:
    """The problems of an item: its first volume's, and the kinds that only later ones have."""
    problems = list(head.problems)
    if head.part is None:
        return problems
    kinds = {problem.kind for problem in problems}
    for one in series:
        if one.part is not None and one.part.item == head.part.item:
            problems += [problem for problem in one.problems if problem.kind not in kinds]
            kinds |= {problem.kind for problem in one.problems}
    return problems


def _series_line(series: Series) -> str:
    number = "" if series.number is None else f"{series.number}. "
    part = series.part
    label = series.label if part is None else part.label
    size = _size(series) if part is None else f"{part.count} {part.axis}s of {_size(series)}"
    parts = [f"{number}{label}", series.modality, size, _spacing(series)]
    if series.mr_kind_reason and series.mr_kind is not MRKind.UNKNOWN:
        parts.append(series.mr_kind_reason)
    return " · ".join(part for part in parts if part)


def _size(series: Series) -> str:
    slices, rows, columns = series.geometry.shape
    plane = series.geometry.plane.value if series.geometry.plane.value != "unknown" else ""
    noun = "slices" if plane or series.modality in _SECTIONS else "images"
    stack = f"{slices} {plane} {noun} of ".replace("  ", " ") if slices > 1 else f"{plane} "
    return f"{stack.lstrip()}{rows} x {columns}"


def _spacing(series: Series) -> str:
    steps, plane = series.geometry.spacing_mm, series.geometry.plane_spacing
    if steps is not None and series.geometry.shape[0] > 1:
        return f"{steps[0]:.3g} x {steps[1]:.3g} x {steps[2]:.3g} mm"
    if plane.row_mm is None or plane.column_mm is None:
        return "size in mm unknown"
    at = {MeasuredAt.DETECTOR: " at the detector", MeasuredAt.CORRECTED: " (corrected)"}
    return f"{plane.row_mm:.3g} x {plane.column_mm:.3g} mm{at.get(plane.measured_at, '')}"


def _object_lines(objects: Sequence[DerivedObject], found: Scan) -> list[str]:
    """Objects of one study: what each is, whose work, on which series, what is wrong with it."""
    lines = []
    for object_ in objects:
        parts = [object_.title, object_.author, _day(object_.date), _places(object_, found)]
        lines.append("    + " + " · ".join(part for part in parts if part))
        lines += [f"        {_mark(problem)} {_full(problem)}" for problem in object_.problems]
    return lines


def _places(object_: DerivedObject, found: Scan) -> str:
    """On which series an object lies, in words."""
    named = [s for s in found.series if s.id in object_.series_ids]
    words = [str(s.number) if s.number is not None else s.label for s in named]
    return f"on series {', '.join(dict.fromkeys(words))}" if words else ""


def _mark(problem: Problem) -> str:
    return "!" if problem.severity.value == "problem" else "–"


def _full(problem: Problem) -> str:
    return f"{problem.sentence} {problem.todo}".strip()


def _plain_problem(problem: Problem) -> dict[str, Any]:
    return {
        "kind": problem.kind,
        "severity": problem.severity.value,
        "stops": problem.stops.value,
        "sentence": problem.sentence,
        "todo": problem.todo,
        "files": list(problem.files),
    }


def _plain_object(object_: DerivedObject) -> dict[str, Any]:
    return {
        "id": object_.id,
        "kind": object_.kind.value,
        "title": object_.title,
        "label": object_.label,
        "contents": list(object_.contents),
        "author": object_.author,
        "date": object_.date,
        "time": object_.time,
        "file": object_.file,
        "uid": object_.sop_instance_uid,
        "series": list(object_.series_ids),
        "series_in_same_space": list(object_.same_space_ids),
        "problems": [_plain_problem(problem) for problem in object_.problems],
    }


def _plain_part(series: Series) -> dict[str, Any] | None:
    """Which volume of a 4-D item a series is."""
    return None if series.part is None else asdict(series.part)


def _plain_series(series: Series) -> dict[str, Any]:
    geometry, plane = series.geometry, series.geometry.plane_spacing
    return {
        "id": series.id,
        "label": series.label,
        "format": series.format,
        "uid": series.uid,
        "number": series.number,
        "description": series.description,
        "modality": series.modality,
        "body_part": series.body_part,
        "view": series.view.value if series.view is not View.UNKNOWN else None,
        "mr_kind": series.mr_kind.value if series.mr_kind is not MRKind.UNKNOWN else None,
        "mr_kind_reason": series.mr_kind_reason or None,
        "contrast": series.contrast,
        "part": _plain_part(series),
        "patient": {
            "id": series.patient.id,
            "name": series.patient.name,
            "birth_date": series.patient.birth_date,
            "sex": series.patient.sex,
            "age_years": series.patient.age_years,
        },
        "study": {
            "uid": series.study.uid,
            "date": series.study.date,
            "description": series.study.description,
        },
        "shape": list(geometry.shape),
        "plane": geometry.plane.value,
        "spacing_mm": None if geometry.spacing_mm is None else list(geometry.spacing_mm),
        "pixel_mm": None if plane.row_mm is None else [plane.row_mm, plane.column_mm],
        "pixel_measured_at": plane.measured_at.value,
        "affine_lps": None if geometry.affine is None else geometry.affine.tolist(),
        "frames": [frame.file for frame in series.frames],
        "problems": [_plain_problem(problem) for problem in series.problems],
    }
