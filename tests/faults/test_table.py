"""The fault table: every row does what it says, and the judges would see it if it did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medimg.engine.client import Child
from medimg.engine.protocol import Role
from medimg.reading import read, scan
from medimg.values.errors import UsageError
from tests.faults.judgement import Verdict, judge_ours, wrong_volume
from tests.faults.phantom import axial_cuts, stack_of, written
from tests.faults.table import SECTIONS, chosen, trial
from tests.faults.truth import Row

ROWS = chosen()
_NAMED_ELSEWHERE = ("files-absent", "member-outside", "duplicate-member", "encrypted")


@pytest.fixture(scope="module")
def reader() -> Iterator[Child]:
    with Child(Role.READER) as child:
        yield child


@pytest.mark.parametrize(("section", "row"), ROWS, ids=[row.id for _, row in ROWS])
def test_row(section: str, row: Row, reader: Child, tmp_path: Path) -> None:
    """What a hospital sends is read right, or a sentence says why not."""
    done = trial(section, row, tmp_path / row.id, reader)
    assert not done.judgement.faults
    assert done.judgement.verdict in (Verdict.RIGHT, Verdict.SAID)
    for problem in done.answer.problems:
        # What an index or an archive names and is not there has but that name.
        is_there = [Path(file).exists() for file in problem.files]
        assert all(is_there[: 1 if problem.kind in _NAMED_ELSEWHERE else None]), problem


def test_rows_have_names_of_their_own() -> None:
    ids = [row.id for rows in SECTIONS.values() for row in rows]
    assert len(set(ids)) == len(ids)


def test_rows_are_chosen_by_id_and_by_section() -> None:
    assert [row.id for _, row in chosen(["missing-slice"])] == ["missing-slice"]
    assert {name for name, _ in chosen(section="geom")} == {"Geometry"}
    with pytest.raises(UsageError, match="No row nonsense"):
        chosen(["nonsense"])


def test_judge_sees_what_is_wrong(reader: Child, tmp_path: Path) -> None:
    """A wrong value, place, order, side or spacing, or a lost slice, does not pass."""
    cuts = axial_cuts(6)
    truth = written(tmp_path, cuts)
    (series,) = scan(tmp_path).series
    volume = read(series)
    assert not list(wrong_volume(truth[0], volume))
    one = cuts[2].truth
    for wrong in (
        {"values": one.values + 2},
        {"position": (one.position[0] + 0.3, *one.position[1:])},  # type: ignore[index]
        {"orientation": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0)},
        {"spacing": (0.8, 0.9)},
    ):
        others = [*cuts[:2], cuts[2].known(**wrong), *cuts[3:]]
        slices = tuple(other.truth for other in others)
        assert list(wrong_volume(replace(truth[0], slices=slices), volume)), wrong
    assert list(wrong_volume(stack_of(cuts[:5]), volume))
    assert list(wrong_volume(replace(truth[0], slices=truth[0].slices[::-1]), volume))


def test_silence_where_a_word_is_owed_is_silent(reader: Child, tmp_path: Path) -> None:
    """A row whose fault nobody plants: good slices, judged as if one were missing."""
    row = Row("x", "x", "x", lambda folder: written(folder, axial_cuts(4)), ("missing-slice",))
    done = trial("Files", row, tmp_path / "x", reader)
    assert done.judgement.verdict is Verdict.SILENT
    calm = judge_ours(replace(row, kinds=()), done.truth, done.answer)
    assert calm.verdict is Verdict.RIGHT and not calm.faults
