"""The shipped nodule outline gives the outputs it promises, and its card says what was measured."""

from __future__ import annotations

import csv

import msgspec

from medimg.inference.vector_check import prove
from medimg.packages.catalogue import find, verify
from medimg.workshop import facts
from medimg.workshop.cards import shown
from medimg.workshop.outcome import Results
from medimg.workshop.outline.recipe import load

PACKAGE = find("ct-lung-nodule-outline")
RESULTS = msgspec.json.decode((PACKAGE.folder / "results.json").read_bytes(), type=Results)


def rows(name: str) -> list[dict[str, str]]:
    with (PACKAGE.folder / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_its_vector_is_reproduced() -> None:
    verify(PACKAGE)
    assert prove(PACKAGE).is_good


def test_the_card_says_what_was_measured() -> None:
    written = (PACKAGE.folder / "docs" / "README.md").read_text("utf-8")
    for one in (*RESULTS.figures.values(), *RESULTS.groups.values()):
        assert shown(one) in written
    assert facts.load(PACKAGE.folder).card.limits.strip() in written


def test_it_is_clear_of_one_reader() -> None:
    figures = RESULTS.figures
    assert figures["dice"].value >= 0.82
    assert figures["dice"].low > figures["one_reader_dice"].value
    assert figures["dice_beyond_one_reader"].low > 0
    assert figures["ends_crossed"].value <= 0.30
    assert figures["false_accepts"].value <= 0.04


def test_folds_clicks_and_curves_belong_together() -> None:
    recipe = load(PACKAGE.folder / "recipe.toml")
    fold = {row["patient"]: int(row["fold"]) for row in rows("folds.csv")}
    assert set(fold.values()) == set(range(recipe.data.folds))
    scored = {str(fold[row["patient"]]) for row in rows("out_of_fold.csv")}
    curves = rows("curves.csv")
    assert scored <= {row["fold"] for row in curves} and "final" in {row["fold"] for row in curves}
    dices = [float(row["dice"]) for row in rows("out_of_fold.csv")]
    assert abs(sum(dices) / len(dices) - RESULTS.figures["dice"].value) < 1e-3
