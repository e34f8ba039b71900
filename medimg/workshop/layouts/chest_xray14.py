"""ChestX-ray14 as it is published: `Data_Entry_2017*.csv`, `images*/`, `BBox_List_2017.csv`.

X. Wang and others, "ChestX-ray8: Hospital-scale Chest X-ray Database", CVPR 2017.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import rows
from medimg.workshop.layouts.case import Box, Case

BOXES = "BBox_List_2017.csv"
# The published header splits one title over four columns.
BOX_COLUMNS = ("Bbox [x", "y", "w", "h]")
SPLITS = {"train_val_list.txt": "train", "test_list.txt": "test"}


def _index(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("Data_Entry_2017*.csv"))), None)


def recognises(folder: Path) -> bool:
    """Whether the published table is there."""
    return _index(folder) is not None


def cases(folder: Path) -> Iterator[Case]:
    """List the films that the table names.

    Raises:
        InputRefused: A film of the table lies in no folder of images.
    """
    index = _index(folder)
    assert index is not None
    files = {path.name: path for path in sorted(folder.glob("images*/**/*.png"))}
    boxes, splits = _boxes(folder / BOXES), _splits(folder)
    for row in rows.read(index):
        name = row["file"]
        if name not in files:
            raise InputRefused(f"{name} of {index.name} is in no folder of images.")
        said = {**row, "split": splits.get(name, "")}
        yield Case(row["patient"], (files[name],), (None,), said, boxes.get(name, ()))


def _boxes(path: Path) -> dict[str, tuple[Box, ...]]:
    found: dict[str, tuple[Box, ...]] = {}
    for row in rows.read(path) if path.is_file() else []:
        x, y, w, h = (float(row[key]) for key in BOX_COLUMNS)
        box = Box(x, y, w, h, row.get("Finding Label", ""))
        found[row["file"]] = (*found.get(row["file"], ()), box)
    return found


def _splits(folder: Path) -> dict[str, str]:
    return {
        name: split
        for file, split in SPLITS.items()
        if (folder / file).is_file()
        for name in (folder / file).read_text("utf-8").split()
    }
