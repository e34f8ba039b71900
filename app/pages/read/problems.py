"""The list of problems: which series or file, what happened, what to do."""

from __future__ import annotations

from medimg_workstation.theme import Theme
from medimg_workstation.widgets.text import Picture, button, card, column, label, row
from PySide6.QtWidgets import QDialog, QScrollArea, QVBoxLayout, QWidget

from medimg.display.wording import joined, number
from medimg.values.problems import Problem, Severity
from medimg.values.series import Scan, Series


class ProblemsDialog(QDialog):
    """Every problem and note of a scan; the open series first, with what reading found."""

    def __init__(self, theme: Theme, scan: Scan, current: Series | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Problems")
        self.resize(620, 560)
        body = QWidget()
        self._rows = QVBoxLayout(body)
        self._rows.setContentsMargins(0, 0, 8, 0)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        listed = [current] if current else []
        listed += [s for s in scan.series if current is None or s.id != current.id]
        for series in listed:
            where = joined(
                f"Series {series.number}" if series.number is not None else "", series.label
            )
            for problem in series.problems:
                self._add(theme, where, problem)
        for object_ in scan.objects:
            for problem in object_.problems:
                self._add(theme, object_.title, problem)
        for problem in scan.problems:
            self._add(theme, joined(*problem.files[:2]) or "Files", problem)
        self._rows.addStretch(1)
        count = self._rows.count() - 1
        title = label(f"{number(count)} problems and notes", "title")
        close = button("Close", self.accept)
        self.setLayout(column(title, area, row(None, close), gap=12, margins=(20, 16, 20, 16)))

    def _add(self, theme: Theme, where: str, problem: Problem) -> None:
        grave = problem.severity is Severity.PROBLEM
        icon = Picture(theme, "alert" if grave else "info", "warn" if grave else "muted", 16)
        kind = label(problem.title, "second", "warn" if grave else "")
        head = row(icon, label(where, "strong"), None, kind)
        parts = [label(problem.sentence, "small", wrap=True)]
        if problem.todo:
            parts.append(label(problem.todo, "second", wrap=True))
        self._rows.addWidget(card(column(head, *parts, gap=4)))
