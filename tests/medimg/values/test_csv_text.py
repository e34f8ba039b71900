"""No cell of a table that the product writes is a formula."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from medimg.values.csv_text import original, table

LIVE = [
    *('=HYPERLINK("http://example.org","open")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\n=1"),
    *("＝1", "＋1", "－1", "＠1"),
]


@pytest.mark.parametrize("words", LIVE)
def test_a_text_that_a_spreadsheet_would_run_is_marked(words: str) -> None:
    """The cell is read back as text, and as the very text where we read it."""
    (row,) = csv.DictReader(StringIO(table(["label"], [{"label": words}]), newline=""))
    assert row["label"] == f"'{words}"
    assert original(row["label"]) == words


@pytest.mark.parametrize("words", ["", "Right lung", "'quoted'", "a=b", "3 - 4"])
def test_other_texts_are_left_alone(words: str) -> None:
    (row,) = csv.DictReader(StringIO(table(["label", "x"], [{"label": words}]), newline=""))
    assert row == {"label": words, "x": ""}
    assert original(words) == words


@pytest.mark.parametrize("words", ["\r=1", "a\r=1", "a\r\n=1,=2"])
def test_a_carriage_return_begins_no_row_of_formulas(words: str) -> None:
    """A cell with a return inside was written without quotes, and what followed was a new row."""
    text = table(["label", "x"], [{"label": words, "x": 1}])
    (row,) = csv.DictReader(StringIO(text, newline=""))
    assert "\r" not in text and row["x"] == "1"
    assert row["label"].lstrip("'") == words.replace("\r\n", "\n").replace("\r", "\n")


def test_negative_numbers_stay_numbers() -> None:
    assert table(["score"], [{"score": -1.5}, {"score": -2}]) == "score\n-1.5\n-2\n"
