"""Folds keep patients together and are alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from medimg.workshop import folds
from medimg.workshop.layouts import Case


def cases() -> list[Case]:
    rows = []
    for number in range(60):
        view = "AP" if number % 3 else "PA"
        for film in range(1 + number % 2):
            name = Path(f"{number}_{film}.png")
            rows.append(Case(f"p{number}", (name,), (None,), {"label": "normal", "view": view}))
    return rows


def test_each_patient_has_one_fold_and_folds_are_alike() -> None:
    dealt = folds.deal(cases(), 5, seed=1)
    assert Counter(dealt.values()) == dict.fromkeys(range(5), 12)
    views = {case.patient: case.row["view"] for case in cases()}
    for fold in range(5):
        members = Counter(views[patient] for patient, number in dealt.items() if number == fold)
        assert members["PA"] == 4


def test_dealing_again_changes_nothing_and_another_seed_does() -> None:
    assert folds.deal(cases(), 5, seed=1) == folds.deal(cases()[::-1], 5, seed=1)
    assert folds.deal(cases(), 5, seed=1) != folds.deal(cases(), 5, seed=2)


def test_folds_survive_the_file(tmp_path: Path) -> None:
    dealt = folds.deal(cases(), 3, seed=0)
    folds.write(dealt, tmp_path / "folds.csv")
    assert folds.read(tmp_path / "folds.csv") == dealt
