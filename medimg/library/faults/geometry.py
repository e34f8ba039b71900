"""Rows of 'Geometry': where a pixel lies in the patient, and how large it is."""

from __future__ import annotations

from pathlib import Path

from medimg.library.faults.phantom import CORNER, SAGITTAL, oblique_cuts, written
from medimg.library.faults.truth import Row, Truth


def _sagittal(folder: Path) -> Truth:
    return written(folder, oblique_cuts((-22.5, CORNER, -CORNER), (2.5, 0, 0), SAGITTAL))


ROWS: tuple[Row, ...] = (
    Row("sagittal", "sagittal MR, positive x steps", "reads; no problem", _sagittal),
)  # fmt: skip
