"""The list of problems: which series or file, what happened, what to do."""

from __future__ import annotations

from medimg_workstation.theme import Theme
from medimg_workstation.widgets.text import Picture, button, card, column, label, row
from PySide6.QtWidgets import QDialog, QScrollArea, QVBoxLayout, QWidget

from medimg.display.wording import joined, number
from medimg.values.problems import Problem, Severity, file_names
from medimg.values.series import Scan, Series

#: Cards that are made at once; a disc may hold thousands of files that are no images.
MOST = 60


class ProblemsDialog(QDialog):
    """Every problem and note of a scan; the open series first, with what reading found."""

    def __init__(self, theme: Theme, scan: Scan, current: Series | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Problems")
        self.resize(620, 560)
        self._theme = theme
        self._left = told(scan, current)
        body = QWidget()
        self._rows = QVBoxLayout(body)
        self._rows.setContentsMargins(0, 0, 8, 0)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        self._more = button("", self._add_next)
        self._more.setObjectName("more-problems")
        title = label(_counted([problem for _, problem in self._left]), "title")
        close = button("Close", self.accept)
        self._rows.addWidget(self._more)
        self._rows.addStretch(1)
        self._add_next()
        self.setLayout(column(title, area, row(None, close), gap=12, margins=(20, 16, 20, 16)))

    def _add_next(self) -> None:
        now, self._left = self._left[:MOST], self._left[MOST:]
        for where, problem in now:
            self._rows.insertWidget(self._rows.count() - 2, self._card(where, problem))
        self._more.setText(f"Show {number(len(self._left))} more")
        self._more.setVisible(bool(self._left))

    def _card(self, where: str, problem: Problem) -> QWidget:
        grave = problem.severity is Severity.PROBLEM
        token = "warn" if grave else "muted"
        icon = Picture(self._theme, "alert" if grave else "info", token, 16)
        kind = label(problem.title, "second", "warn" if grave else "")
        head = row(icon, label(where, "strong"), None, kind)
        parts = [label(problem.sentence, "small", wrap=True)]
        if problem.todo:
            parts.append(label(problem.todo, "second", wrap=True))
        return card(column(head, *parts, gap=4))


def told(scan: Scan, current: Series | None) -> list[tuple[str, Problem]]:
    """All problems and notes with where each is: of the open series, the others, the files."""
    listed = [current] if current else []
    listed += [s for s in scan.series if current is None or s.id != current.id]
    found: list[tuple[str, Problem]] = []
    for series in listed:
        where = joined(f"Series {series.number}" if series.number is not None else "", series.label)
        found += [(where, problem) for problem in series.problems]
    for object_ in scan.objects:
        found += [(object_.title, problem) for problem in object_.problems]
    for problem in scan.problems:
        found.append((joined(*file_names(problem.files)[:2]) or "Files", problem))
    return found


def _counted(problems: list[Problem]) -> str:
    grave = sum(problem.severity is Severity.PROBLEM for problem in problems)
    words = ((grave, "problem"), (len(problems) - grave, "note"))
    counts = [f"{number(count)} {noun}{'s' * (count != 1)}" for count, noun in words if count]
    return " and ".join(counts) or "No problems"
