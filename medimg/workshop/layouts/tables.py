"""Folder and csv: one row an image, with columns `file` and `patient`.

More columns say more: `slice` makes the rows of a patient one stack, `mask` names an outline,
`label`, `labels` ("a|b") or columns of 0 and 1 are labels, `split` fixes the split; `boxes.csv`
beside it lists boxes, `patients.csv` what is known of a patient. A file may be a picture, a DICOM
file or a folder of one DICOM series, NIfTI, NRRD, MetaImage: what `medimg.reading` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import rows
from medimg.workshop.layouts.case import Box, Case

NAMES = ("labels.csv", "slices.csv", "cases.csv", "index.csv")
NEEDED = frozenset({"file"})


def recognises(folder: Path) -> bool:
    """Whether a csv lists images by `file`."""
    return rows.first(folder, NAMES, NEEDED) is not None


def cases(folder: Path) -> Iterator[Case]:
    """List films one by one, stacks by patient in the order of their slices."""
    index = rows.first(folder, NAMES, NEEDED)
    assert index is not None
    listed = rows.read(index)
    boxes = _boxes(folder / "boxes.csv")
    facts = _patients(folder / "patients.csv")
    if "slice" in listed[0]:
        yield from _stacks(folder, listed, facts)
        return
    for row in listed:
        patient = row.get("patient") or row["file"]
        yield Case(
            patient,
            (folder / row["file"],),
            (_mask(folder, row),),
            {**row, **facts.get(patient, {})},
            boxes.get(row["file"], ()),
        )


def _mask(folder: Path, row: dict[str, str]) -> Path | None:
    return folder / row["mask"] if row.get("mask") else None


def _boxes(path: Path) -> dict[str, tuple[Box, ...]]:
    found: dict[str, tuple[Box, ...]] = {}
    for row in rows.read(path) if path.is_file() else []:
        x, y, w, h = (float(row[key]) for key in ("x", "y", "w", "h"))
        box = Box(x, y, w, h, row.get("label", ""))
        found[row["file"]] = (*found.get(row["file"], ()), box)
    return found


def _patients(path: Path) -> dict[str, dict[str, str]]:
    listed = rows.read(path) if path.is_file() else []
    return {row["patient"]: row for row in listed if row.get("patient")}


def _stacks(
    folder: Path, listed: list[dict[str, str]], facts: dict[str, dict[str, str]]
) -> Iterator[Case]:
    slices: dict[str, list[dict[str, str]]] = {}
    for row in listed:
        slices.setdefault(row.get("patient", ""), []).append(row)
    for patient, members in slices.items():
        try:
            members.sort(key=lambda row: int(row["slice"]))
        except ValueError as error:
            raise InputRefused(
                f"A slice of {patient} has no whole number in the column slice. Check the table."
            ) from error
        yield Case(
            patient,
            tuple(folder / row["file"] for row in members),
            tuple(_mask(folder, row) for row in members),
            {**members[0], **facts.get(patient, {})},
            rows=tuple(members),
        )
