"""Over the fault table: what is wrong with a series stands on its card, picture and list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from medimg_workstation.pages.read.banner import ProblemSummary
from medimg_workstation.pages.read.problems import MOST, ProblemsDialog
from medimg_workstation.pages.read.series_list import WIDTH, WRAPPED, SeriesCard, badge_room
from medimg_workstation.theme import Theme, face, scaled
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from medimg.display.marks import mark_of, marks
from medimg.reading import read, scan
from medimg.values.problems import PROBLEMS, Problem, Severity, Stops
from medimg.values.series import Scan
from tests.faults.table import chosen, make
from tests.faults.truth import Row
from tests.medimg.reading.truth import kinds

#: Rows that are told by the header and do no harm to the process that reads them.
ROWS = [
    row
    for _, row in chosen()
    if not row.is_hostile and any(PROBLEMS[k].severity is Severity.PROBLEM for k in row.kinds)
]


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_problems_reach_the_window(row: Row, qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    make(row, tmp_path)
    found = scan(tmp_path)
    if not set(row.kinds) <= kinds(found):  # told once the pixels are read
        found = replace(found, series=tuple(read(series).series for series in found.series))
    parent = QWidget()
    qtbot.addWidget(parent)
    told: list[str] = []
    for series in found.series:
        told += [problem.sentence for problem in series.problems]
        if not series.grave:
            continue
        card = SeriesCard(theme, series)
        qtbot.addWidget(card)
        gravest = series.grave[0]
        assert mark_of(gravest, series) in card.accessibleName()
        assert gravest.sentence in card.toolTip() or len(series.problems) > 6
        for problem in series.grave:
            if problem.stops is not Stops.NOTHING:
                assert mark_of(problem, series) in marks(series)
    told += [problem.sentence for problem in found.problems]
    dialog = ProblemsDialog(theme, found, None, parent)
    shown = {one.text() for one in dialog.findChildren(QLabel)}
    assert told and set(told) <= shown


def test_every_kind_has_words() -> None:
    """A badge in few words, what it stops, and what to do where it stops something."""
    for name, kind in PROBLEMS.items():
        assert 0 < len(kind.title.split()) <= 5, name
        assert (kind.severity is Severity.NOTE) <= (kind.stops is Stops.NOTHING), name
        if kind.stops is not Stops.NOTHING:
            assert kind.todo.endswith("."), name


@pytest.mark.parametrize("name", [k for k, v in PROBLEMS.items() if v.severity is Severity.PROBLEM])
def test_a_badge_is_told_whole_on_a_card(name: str, theme: Theme) -> None:
    """A badge that ends in an ellipsis is no word; further problems are counted beside it."""
    badge = f"{PROBLEMS[name].title} +2"
    room = badge_room(scaled(WIDTH) - 16, badge)
    needed = QFontMetrics(face(11)).boundingRect(room, int(WRAPPED), badge)
    assert needed.width() <= room.width() and needed.height() <= room.height()


def test_what_reading_finds_reaches_the_card(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    """Values out of range are seen in pixels alone; the card that was listed before says it."""
    row = next(row for _, row in chosen() if row.id == "signedness-lies")
    make(row, tmp_path)
    (series,) = scan(tmp_path).series
    card = SeriesCard(theme, series)
    qtbot.addWidget(card)
    said = PROBLEMS["values-out-of-range"].title
    assert said not in card.accessibleName()
    card.show_problems(read(series).series)
    assert said in card.accessibleName() and "HU" in card.toolTip()


def test_thousands_of_problems_are_listed_a_page_at_a_time(qtbot: QtBot, theme: Theme) -> None:
    problems = tuple(
        Problem("not-dicom", f"{n}.dcm is named like a DICOM file and is none.", (f"{n}.dcm",))
        for n in range(5 * MOST // 2)
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ProblemsDialog(theme, Scan((), problems), None, parent)
    more = dialog.findChild(QPushButton, "more-problems")
    assert more is not None

    def listed() -> int:
        return sum("is named like" in label.text() for label in dialog.findChildren(QLabel))

    assert (listed(), more.text()) == (MOST, f"Show {3 * MOST // 2} more")
    more.click()
    more.click()
    assert listed() == len(problems) and more.isHidden()
    assert any(label.text() == f"{len(problems)} problems" for label in dialog.findChildren(QLabel))


def test_a_folder_that_is_refused_says_so_in_the_column(qtbot: QtBot, theme: Theme) -> None:
    summary = ProblemSummary(theme)
    qtbot.addWidget(summary)
    summary.show_refused(Problem("truncated", "a.nii breaks off.", ("a.nii",)), 2)
    shown = [label.text() for label in summary.findChildren(QLabel) if not label.isHidden()]
    assert "truncated" in shown and "and 2 more" in shown
