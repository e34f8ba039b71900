"""`medimg data check`: what a folder of labelled cases holds, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.packages.manifest import Figure
from medimg.values.errors import InputRefused
from medimg.workshop import duplicates, folds, layouts, shortcuts
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.volumes import volume_of

SEED = 0
# Duplicates that are named in the sentence.
NAMED = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found in a folder.

    Attributes:
        layout: Name of its form.
        labels: Cases of each label.
        split: Cases of each part of the split: the folder's own, or folds.
        warnings: What weakens a figure on these data, in sentences.
        refusals: What forbids one.
        shortcuts: By label, the AUC of each factor that is no anatomy.
    """

    layout: str
    cases: int
    images: int
    patients: int
    labels: dict[str, int]
    split: dict[str, int]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    shortcuts: dict[str, dict[str, Figure]]


def _label(case: Case, target: str) -> str:
    if target:
        present = any(
            Images(targets=(target,)).targets_of(row)[0] for row in case.rows or (case.row,)
        )
        return target if present else f"no {target}"
    return case.row.get("label", "")


def _parts(cases: Sequence[Case], count: int) -> list[str]:
    """The part of the split that each case is in: the folder's own, or folds by patient."""
    own = [case.row.get("split", "") for case in cases]
    if all(own) and len(set(own)) > 1:
        return own
    dealt = folds.deal(cases, count, SEED)
    return [f"fold {dealt[case.patient]}" for case in cases]


def _middles(
    cases: Sequence[Case], progress: Progress | None
) -> tuple[list[NDArray[np.generic]], list[int], list[str]]:
    """The middle slice of each case, the cases that gave one, and sentences on the others."""
    found: list[NDArray[np.generic]] = []
    read: list[int] = []
    problems = []
    for index, case in enumerate(cases):
        try:
            array = volume_of(_only_middle(case), Images()).array
            found.append(array[len(array) // 2])
            read.append(index)
        except InputRefused as error:
            problems.append(str(error))
        if progress:
            progress(index + 1, len(cases))
    return found, read, problems


def _only_middle(case: Case) -> Case:
    middle = len(case.images) // 2
    return Case(case.patient, (case.images[middle],), (None,), case.row)


def _balance(cases: Sequence[Case], labels: Sequence[str], parts: Sequence[str]) -> list[str]:
    said = []
    for label in sorted(set(labels)):
        people = {case.patient for case, one in zip(cases, labels, strict=True) if one == label}
        if len(people) == 1:
            said.append(f'The label "{label}" comes from one patient only.')
        absent = sorted(
            set(parts) - {p for p, one in zip(parts, labels, strict=True) if one == label}
        )
        if absent and len(set(labels)) > 1:
            said.append(f'The label "{label}" is missing from {", ".join(absent)}.')
    by_patient: dict[str, set[str]] = {}
    for case, label in zip(cases, labels, strict=True):
        by_patient.setdefault(case.patient, set()).add(label)
    several = Counter(case.patient for case in cases)
    single = sum(len(by_patient[name]) == 1 for name, count in several.items() if count > 1)
    crowd = sum(count > 1 for count in several.values())
    if crowd and single > 0.5 * crowd and len(set(labels)) > 1:
        said.append(
            f"Of {crowd} patients with several cases {single} have one label only: what a patient "
            "looks like can stand for the label."
        )
    return said


def _crossing(cases: Sequence[Case], parts: Sequence[str]) -> list[str]:
    """Patients on both sides of the split."""
    where: dict[str, set[str]] = {}
    for case, part in zip(cases, parts, strict=True):
        where.setdefault(case.patient, set()).add(part)
    crossing = sorted(name for name, found in where.items() if len(found) > 1)
    if not crossing:
        return []
    return [f"{len(crossing)} patients are in more than one part of the split. Split by patient."]


def _alike(
    cases: Sequence[Case], pictures: Sequence[NDArray[np.generic]], parts: Sequence[str]
) -> list[str]:
    small = np.stack([duplicates.thumbnail(one) for one in pictures])
    found = duplicates.pairs(small, parts)
    if not found:
        return []
    named = "; ".join(f"{cases[a].name} and {cases[b].name}" for a, b in found[:NAMED])
    return [
        f"{len(found)} pairs of nearly equal images lie in different parts of the split "
        f"({named}). Give them one patient or cluster, and split again."
    ]


def check(
    folder: Path,
    count: int = 5,
    target: str = "",
    group: str = "",
    progress: Progress | None = None,
) -> Check:
    """Look through a folder.

    Args:
        folder: Of a known form.
        count: Folds to deal where the folder brings no split.
        target: Column of 0 and 1, or word of `labels`, in the place of `label`.
        group: Column in the patient's place.
        progress: Told how many cases have been read, of how many.

    Raises:
        InputRefused: The folder is of no known form, or nothing of it can be read.
    """
    cases = layouts.cases(folder, group=group)
    pictures, read, problems = _middles(cases, progress)
    if not pictures:
        raise InputRefused(f"{folder.name}: no case can be read. {problems[:1]}")
    kept = [cases[index] for index in read]
    labels, parts = [_label(case, target) for case in kept], _parts(kept, count)
    warnings = [f"{len(problems)} cases cannot be read: {problems[0]}"] if problems else []
    warnings += _balance(kept, labels, parts)
    found = _audit(kept, pictures, labels, parts)
    for label, each in found.items():
        warnings += [
            f'{name[0].upper()}{name[1:]} alone predicts "{label}" with an AUC of '
            f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]."
            for name, one in each.items()
            if one.low > shortcuts.WORTH_SAYING
        ]
    return Check(
        layout=layouts.recognise(folder).name,
        cases=len(cases),
        images=sum(len(case.images) for case in cases),
        patients=len({case.patient for case in cases}),
        labels=dict(sorted(Counter(labels).items())),
        split=dict(sorted(Counter(parts).items())),
        warnings=tuple(warnings),
        refusals=(*_crossing(kept, parts), *_alike(kept, pictures, parts)),
        shortcuts=found,
    )


def _audit(
    cases: Sequence[Case],
    pictures: Sequence[NDArray[np.generic]],
    labels: Sequence[str],
    parts: Sequence[str],
) -> dict[str, dict[str, Figure]]:
    kinds = sorted(set(labels))
    if len(kinds) < 2:
        return {}
    rows = [case.row for case in cases]
    measured = [shortcuts.factors(picture) for picture in pictures]
    features = {name: np.asarray([one[name] for one in measured]) for name in shortcuts.FACTORS}
    for column in shortcuts.COLUMNS:
        values = shortcuts.column_features(rows, column)
        if values is not None:
            features[column] = values
    fold = np.unique(np.asarray(parts), return_inverse=True)[1].astype(np.int64)
    patients = [case.patient for case in cases]
    # With two labels the second says the same as the first.
    return {
        kind: shortcuts.audit(features, np.asarray(labels) == kind, fold, patients)
        for kind in (kinds if len(kinds) > 2 else kinds[1:])
    }
