"""Over the fault table: what is wrong with a series stands on its card, picture and list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from medimg_workstation.pages.read.problems import ProblemsDialog
from medimg_workstation.pages.read.series_list import SeriesCard
from medimg_workstation.theme import Theme
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from medimg.display.marks import mark_of, marks
from medimg.library.faults.table import chosen, make
from medimg.library.faults.truth import Row
from medimg.reading import read, scan
from medimg.values.problems import PROBLEMS, Severity, Stops
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
