"""The folders of labelled images that can be trained on and evaluated: one table by form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import (
    chest_xray14,
    cifar,
    class_folders,
    coco,
    decathlon,
    hdf5,
    strips,
    tables,
)
from medimg.workshop.layouts.case import Box, Case, Images, Part, Source

__all__ = ["LAYOUTS", "Box", "Case", "Images", "Layout", "Part", "Source", "cases", "recognise"]


@dataclass(frozen=True, slots=True)
class Layout:
    """One form of folder.

    Attributes:
        about: What a folder of this form looks like, for messages and the manual.
        recognises: Whether a folder has the form.
        cases: Its cases, in a fixed order.
    """

    name: str
    about: str
    recognises: Callable[[Path], bool]
    cases: Callable[[Path], Iterator[Case]]


#: The most particular form first: a folder is of the first that recognises it.
LAYOUTS: dict[str, Layout] = {
    one.name: one
    for one in (
        Layout(
            "decathlon",
            "dataset.json with volumes and label maps in NIfTI",
            decathlon.recognises,
            decathlon.cases,
        ),
        Layout(
            "chest-xray14",
            "Data_Entry_2017.csv beside folders of films",
            chest_xray14.recognises,
            chest_xray14.cases,
        ),
        Layout(
            "strips",
            "a csv with file, mask, patient, slices and raters: slices one under the other",
            strips.recognises,
            strips.cases,
        ),
        Layout(
            "table",
            "labels.csv (or slices.csv, cases.csv, index.csv) with a column file",
            tables.recognises,
            tables.cases,
        ),
        Layout("coco", "annotations/*.json beside pictures", coco.recognises, coco.cases),
        Layout("cifar-10", "binary batches of CIFAR-10", cifar.recognises, cifar.cases),
        Layout("hdf5", "one HDF5 file with images and label", hdf5.recognises, hdf5.cases),
        Layout(
            "class-folders",
            "one folder of pictures a class",
            class_folders.recognises,
            class_folders.cases,
        ),
    )
}


def recognise(folder: Path) -> Layout:
    """Tell a folder's form.

    Raises:
        InputRefused: No layout of the table fits.
    """
    for layout in LAYOUTS.values():
        if folder.is_dir() and layout.recognises(folder):
            return layout
    known = "; ".join(layout.about for layout in LAYOUTS.values())
    raise InputRefused(f"{folder.name} is of no known layout. Known are: {known}.")


def cases(
    folder: Path, where: Mapping[str, str] | None = None, group: str = ""
) -> tuple[Case, ...]:
    """List a folder's cases.

    Args:
        folder: Of a known form.
        where: Column values a case must have, such as `{"site": "montgomery"}`.
        group: Column that takes the patient's place where cases are split, such as `cluster`.

    Raises:
        InputRefused: The folder is of no known form, is damaged, or a case has no group.
    """
    wanted = where or {}
    listed = recognise(folder).cases(folder)
    kept = [
        case for case in listed if all(case.row.get(key) == value for key, value in wanted.items())
    ]
    if not group:
        return tuple(kept)
    nameless = next((case.name for case in kept if not case.row.get(group)), None)
    if nameless is not None:
        raise InputRefused(f"{nameless} has nothing in the column {group}. Check the table.")
    return tuple(replace(case, patient=case.row[group]) for case in kept)
