"""The bar at the foot: what runs and waits, and what this program is not."""

from __future__ import annotations

from medimg_workstation.jobs import JobLine
from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.painted import ProgressLine
from medimg_workstation.widgets.text import label, row
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from medimg.display.wording import left
from medimg.values.notice import RESEARCH_NOTICE


class StatusBar(QWidget):
    """Queue at the left, notice at the right."""

    stop_wanted = Signal(int)
    """Stop a job; carries its number."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setFixedHeight(max(28, line_height() + 8))
        self._number = 0
        self._name, self._stage = label("", "strong"), label("", "second")
        self._bar = ProgressLine(theme)
        self._bar.setFixedWidth(160)
        self._left, self._more = label("", "second"), label("", "second")
        self._stop = QToolButton()
        self._stop.setIcon(theme.icon("cross", "text"))
        self._stop.setFixedSize(22, 22)
        self._stop.setObjectName("stop")
        self._stop.setAccessibleName("Stop")
        self._stop.setToolTip("Stop")
        self._stop.clicked.connect(self._ask_stop)
        notice = label(RESEARCH_NOTICE, "small")
        notice.setMinimumWidth(notice.sizeHint().width())
        self.setLayout(
            row(
                self._name,
                self._stage,
                self._bar,
                self._left,
                self._stop,
                self._more,
                None,
                notice,
                gap=12,
                margins=(12, 0, 12, 0),
            )
        )
        self.show_jobs(())

    def show_jobs(self, jobs: tuple[JobLine, ...]) -> None:
        """Draw the first job and how many wait behind it."""
        busy = bool(jobs)
        for widget in (self._stage, self._bar, self._left, self._stop):
            widget.setVisible(busy)
        self._more.setVisible(len(jobs) > 1)
        self._name.setText(jobs[0].name if jobs else "Queue empty")
        role = "strong" if busy else "second"
        if self._name.property("role") != role:
            self._name.setProperty("role", role)
            self._name.style().polish(self._name)
        if not jobs:
            return
        first = jobs[0]
        self._number = first.number
        self._stage.setText(first.stage)
        self._bar.show_fraction(first.fraction)
        self._left.setText(left(first.left_s))
        self._more.setText(f"{len(jobs) - 1} more waiting")

    def _ask_stop(self) -> None:
        self.stop_wanted.emit(self._number)
