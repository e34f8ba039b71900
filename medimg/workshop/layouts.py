"""The data sets that can be trained on and evaluated: one table, one row a folder layout."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from medimg.values.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Layout:
    """How one folder of labelled images is laid out.

    Attributes:
        name: Folder name of the reference copy.
        kind: `radiograph` (a case is one film) or `stack` (a case is one patient's slices).
        index: The csv that lists the images, relative to the folder.
        columns: Columns that the header must have, and by which the layout is known.
        absent: Columns that the header must not have.
        positive: Value of `label` that the classifier looks for; empty for none.
        channel: Colour channel that holds the image; none for grey pictures.
        boxes: Csv of boxes around the positive finding; empty for none.
    """

    name: str
    kind: str
    index: str
    columns: frozenset[str]
    absent: frozenset[str] = frozenset()
    positive: str = ""
    channel: int | None = None
    boxes: str = ""


LAYOUTS: dict[str, Layout] = {
    "cxr-jsrt": Layout(
        "cxr-jsrt", "radiograph", "labels.csv", frozenset({"file", "mask", "organs", "patient"})
    ),
    "cxr-tb-lungs": Layout(
        "cxr-tb-lungs",
        "radiograph",
        "labels.csv",
        frozenset({"file", "mask", "label", "patient", "site", "findings"}),
        absent=frozenset({"organs"}),
    ),
    "cxr-opacity": Layout(
        "cxr-opacity",
        "radiograph",
        "labels.csv",
        frozenset({"file", "label", "patient", "view"}),
        absent=frozenset({"mask"}),
        positive="opacity",
        boxes="boxes.csv",
    ),
    "mri-glioma-seg": Layout(
        "mri-glioma-seg",
        "stack",
        "slices.csv",
        frozenset({"file", "mask", "patient", "slice"}),
        channel=1,
    ),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A box around a finding, in pixels of its image: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Case:
    """One film, or all slices of one patient.

    Attributes:
        patient: Cases are split and resampled by this.
        images: Image files, in slice order.
        masks: Mask files beside them; None where there is none.
        row: The csv's first row of the case; further columns of `patients.csv` joined where
            present.
        boxes: Boxes around the finding on a film.
    """

    patient: str
    images: tuple[Path, ...]
    masks: tuple[Path | None, ...]
    row: Mapping[str, str]
    boxes: tuple[Box, ...] = ()

    @property
    def name(self) -> str:
        """Name of a film, or of the patient whose slices these are."""
        return self.images[0].stem if len(self.images) == 1 else self.patient


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputRefused(
            f"{path.name} cannot be read ({error}). Check the folder of labelled images."
        ) from error
    return [{key: value or "" for key, value in row.items() if key} for row in rows]


def recognise(folder: Path) -> Layout:
    """Tell a folder's layout by the header of its csv.

    Raises:
        InputRefused: No layout of the table fits.
    """
    for layout in LAYOUTS.values():
        index = folder / layout.index
        if not index.is_file():
            continue
        rows = _rows(index)
        header = set(rows[0]) if rows else set()
        if layout.columns <= header and not layout.absent & header:
            return layout
    known = ", ".join(LAYOUTS)
    raise InputRefused(
        f"{folder.name}: no csv of a known layout was found. "
        f"Folders shaped like these are read: {known}."
    )


def _boxes(folder: Path, layout: Layout) -> dict[str, tuple[Box, ...]]:
    path = folder / layout.boxes
    if not layout.boxes or not path.is_file():
        return {}
    found: dict[str, tuple[Box, ...]] = {}
    for row in _rows(path):
        box = Box(*(float(row[key]) for key in ("x", "y", "w", "h")))
        found[row["file"]] = (*found.get(row["file"], ()), box)
    return found


def _films(folder: Path, layout: Layout) -> Iterator[Case]:
    boxes = _boxes(folder, layout)
    for row in _rows(folder / layout.index):
        mask = folder / row["mask"] if row.get("mask") else None
        yield Case(
            row["patient"], (folder / row["file"],), (mask,), row, boxes.get(row["file"], ())
        )


def _stacks(folder: Path, layout: Layout) -> Iterator[Case]:
    patients = folder / "patients.csv"
    facts = {row["patient"]: row for row in _rows(patients)} if patients.is_file() else {}
    slices: dict[str, list[dict[str, str]]] = {}
    for row in _rows(folder / layout.index):
        slices.setdefault(row["patient"], []).append(row)
    for patient, rows in slices.items():
        rows.sort(key=lambda row: int(row["slice"]))
        images = tuple(folder / row["file"] for row in rows)
        masks = tuple(folder / row["mask"] if row["mask"] else None for row in rows)
        yield Case(patient, images, masks, {**rows[0], **facts.get(patient, {})})


def cases(folder: Path, layout: Layout, where: Mapping[str, str] | None = None) -> tuple[Case, ...]:
    """List a folder's cases in the order of its csv.

    Args:
        folder: Holds the layout's csv; files are named relative to it.
        layout: As `recognise` found it.
        where: Column values a case must have, such as `{"site": "montgomery"}`.
    """
    listed = _films(folder, layout) if layout.kind == "radiograph" else _stacks(folder, layout)
    wanted = where or {}
    return tuple(
        case for case in listed if all(case.row.get(key) == value for key, value in wanted.items())
    )
