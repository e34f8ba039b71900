"""`medimg scan PATH …`: the series under some paths, and what is wrong with them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medimg.cli.answers import answer, counting, from_root, json_option, remark
from medimg.cli.scan_text import table
from medimg.reading import scan
from medimg.reading.formats import names
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, MRKind, Scan, Series, View


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", nargs="+", type=Path, metavar="PATH", help="files and folders")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Scan and print; 1 where nothing could be read."""
    found = scan(*args.path, progress=counting("reading headers"))
    if args.json:
        answer(as_plain(found, args.path))
    elif found.series or found.objects or found.problems:
        print("\n".join(table(found, args.path)))
    if found.series:
        return 0
    remark(nothing(found))
    return 1


def as_plain(found: Scan, paths: Sequence[Path]) -> dict[str, Any]:
    """The scan of some paths as one JSON object; files of problems are told from there."""
    return {
        "files": found.n_files,
        "series": [_plain_series(series, paths) for series in found.series],
        "objects": [_plain_object(object_, paths) for object_ in found.objects],
        "problems": [plain_problem(problem, paths) for problem in found.problems],
    }


def nothing(found: Scan) -> str:
    """Say that a scan found no image."""
    files = f"{found.n_files} file" + ("s" if found.n_files != 1 else "")
    return f"No image was found in {files}. Check the path; {names()} are read."


def plain_problem(problem: Problem, paths: Sequence[Path]) -> dict[str, Any]:
    """A problem as JSON has it, its files as paths from what was given."""
    return {
        "kind": problem.kind,
        "severity": problem.severity.value,
        "stops": problem.stops.value,
        "sentence": problem.sentence,
        "todo": problem.todo,
        "files": [from_root(file, paths) for file in problem.files],
    }


def _plain_object(object_: DerivedObject, paths: Sequence[Path]) -> dict[str, Any]:
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
        "problems": [plain_problem(problem, paths) for problem in object_.problems],
    }


def _plain_part(series: Series) -> dict[str, Any] | None:
    """Which volume of a 4-D item a series is."""
    return None if series.part is None else asdict(series.part)


def _plain_series(series: Series, paths: Sequence[Path]) -> dict[str, Any]:
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
        "problems": [plain_problem(problem, paths) for problem in series.problems],
    }
