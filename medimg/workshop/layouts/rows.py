"""Tables beside images: csv files as rows of text, column names as this program calls them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from medimg.values.errors import InputRefused

# Our word for a column: other words for it, in lower case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "file": ("image", "filename", "file_name", "path", "image_path", "image index"),
    "patient": ("patient_id", "patientid", "patient id", "subject", "subject_id"),
    "label": ("diagnosis_label", "class_name", "target"),
    "labels": ("finding labels", "findings_list"),
    "sex": ("gender", "patient gender", "patient sex"),
    "age": ("patient age", "age_years", "age_at_initial_pathologic"),
    "view": ("view position", "viewposition"),
    "slice": ("slice_number", "instance"),
    "split": ("set", "subset", "partition"),
}
_KNOWN_AS = {other: ours for ours, others in COLUMNS.items() for other in others}


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a csv, columns named as in `COLUMNS`; other columns keep their names.

    Raises:
        InputRefused: It cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputRefused(
            f"{path.name} cannot be read ({error}). Check the folder of labelled images."
        ) from error
    return [_named(row) for row in rows]


def _named(row: Mapping[str, str | None]) -> dict[str, str]:
    plain = {key: value or "" for key, value in row.items() if key}
    renamed = {
        _KNOWN_AS[key.lower()]: value
        for key, value in plain.items()
        if key.lower() in _KNOWN_AS and _KNOWN_AS[key.lower()] not in plain
    }
    return {**plain, **renamed}


def header(path: Path) -> frozenset[str]:
    """Column names of a csv, named as `read` names them; empty for a file without rows."""
    rows = read(path) if path.is_file() else []
    return frozenset(rows[0]) if rows else frozenset()


def first(folder: Path, names: tuple[str, ...], columns: frozenset[str]) -> Path | None:
    """The first csv of these names whose header has all of the columns."""
    for name in names:
        if columns <= header(folder / name):
            return folder / name
    return None
