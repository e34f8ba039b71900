"""Folds by patient: dealt once, kept as a csv beside the recipe."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from medimg.workshop.layouts import Case

# Folds get equal shares of each combination of these columns, where a data set has them.
STRATA = ("label", "view", "institution")


def deal(cases: Sequence[Case], count: int, seed: int) -> dict[str, int]:
    """Deal patients into folds, alike in label, view and institution.

    Returns:
        Fold number by patient, the same for the same cases and seed.
    """
    stratum: dict[str, tuple[str, ...]] = {}
    for case in cases:
        stratum.setdefault(case.patient, tuple(case.row.get(key, "") for key in STRATA))
    patients = sorted(stratum)
    order = np.random.default_rng(seed).permutation(len(patients))
    shuffled = sorted((patients[i] for i in order), key=lambda patient: stratum[patient])
    return {patient: place % count for place, patient in enumerate(shuffled)}


def write(folds: Mapping[str, int], path: Path) -> None:
    """Write `patient,fold` rows."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["patient", "fold"])
    rows.writerows(sorted(folds.items()))
    path.write_text(text.getvalue(), encoding="utf-8")


def read(path: Path) -> dict[str, int]:
    """Read what `write` wrote."""
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["patient"]: int(row["fold"]) for row in csv.DictReader(stream)}
