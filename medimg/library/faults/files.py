"""Rows of 'Files': what is damaged, mislabelled, compressed, hostile or no image."""

from __future__ import annotations

from pathlib import Path

from medimg.library.faults.phantom import axial_cuts, written
from medimg.library.faults.truth import Row, Truth


def _empty_file(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    (folder / "empty.dcm").touch()
    return truth


ROWS: tuple[Row, ...] = (
    Row("zero-byte-file", "an empty .dcm beside 40 good slices",
        "reads 40; problem empty-file naming it", _empty_file, ("empty-file",),
        files=("empty.dcm",)),
)  # fmt: skip
