"""The table of problems, and the value that names one."""

from __future__ import annotations

import pytest

from medimg.values.problems import PROBLEMS, Problem, Severity, Stops


@pytest.mark.parametrize(("kind", "row"), PROBLEMS.items())
def test_each_row_is_usable(kind: str, row: object) -> None:
    """A problem stops something and says what to do; a note stops nothing."""
    kept = PROBLEMS[kind]
    assert len(kept.title.split()) <= 5, "a badge is two or three words"
    if kept.severity is Severity.NOTE:
        assert kept.stops is Stops.NOTHING
    else:
        assert kept.todo.endswith(".")


def test_words_of_the_table() -> None:
    """A problem takes badge, severity and advice from its kind."""
    problem = Problem("missing-slice", "Slice 14 of 120 is missing.", ("a.dcm",))
    assert problem.title == "slice missing"
    assert problem.severity is Severity.PROBLEM
    assert problem.stops is Stops.VOLUME
    assert problem.todo == "Export the series again."


def test_better_advice_stands() -> None:
    """Advice that knows more than the table is kept."""
    assert Problem("truncated", "Cut off.", todo="Copy it again.").todo == "Copy it again."


def test_unknown_kind() -> None:
    """A kind that is not in the table is a slip of the programmer."""
    with pytest.raises(ValueError, match="no-such"):
        Problem("no-such", "…")
