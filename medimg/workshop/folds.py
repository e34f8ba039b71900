"""Folds by patient: dealt once, kept as a csv beside the recipe."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from medimg.values import csv_text
from medimg.values.csv_text import Cell
from medimg.workshop.layouts.case import Case, Images

# Folds get equal shares of each combination of these columns, where a data set has them.
STRATA = ("label", "view", "institution")
NOTHING_SAID = Images()


def deal(
    cases: Sequence[Case], count: int, seed: int, images: Images = NOTHING_SAID
) -> dict[str, int]:
    """Deal patients into folds, alike in the finding, label, view and institution.

    Returns:
        Fold number by patient, the same for the same cases and seed.
    """
    stratum: dict[str, tuple[str, ...]] = {}
    for case in cases:
        columns = (case.row.get(key, "") for key in STRATA)
        stratum.setdefault(case.patient, (str(images.has_finding(case)), *columns))
    patients = sorted(stratum)
    order = np.random.default_rng(seed).permutation(len(patients))
    shuffled = sorted((patients[i] for i in order), key=lambda patient: stratum[patient])
    return {patient: place % count for place, patient in enumerate(shuffled)}


def write(folds: Mapping[str, int], path: Path) -> None:
    """Write `patient,fold` rows."""
    rows: list[dict[str, Cell]] = [{"patient": p, "fold": k} for p, k in sorted(folds.items())]
    path.write_text(csv_text.table(("patient", "fold"), rows), encoding="utf-8")


def read(path: Path) -> dict[str, int]:
    """Read what `write` wrote."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {csv_text.original(row["patient"]): int(row["fold"]) for row in rows}
