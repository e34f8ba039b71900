"""The batch page's view: one bar in five states with counts, a row a case with its reason."""

from __future__ import annotations

from pathlib import Path

from medimg_workstation.pages.batch.state import (
    BatchState,
    Empty,
    Ended,
    Failed,
    Plan,
    Row,
    Running,
)
from medimg_workstation.pages.batch.table import count
from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.text import Picture, button, card, clear, column, label, notice, row
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medimg.display.wording import duration, joined, left, number

#: State: (token, icon) in the order of the bar.
STATES = {
    "done": ("ok", "check"),
    "refused": ("warn", "refused"),
    "failed": ("danger", "cross"),
    "running": ("accent", "play"),
    "waiting": ("track", "clock"),
}
_COLUMNS = ("#", "Case", "Package", "Status", "Model, of 100 such images", "Time", "Reason")


class StateBar(QWidget):
    """Counts of the five states as one bar."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts: dict[str, int] = {}
        self.setFixedHeight(12)

    def show_counts(self, counts: dict[str, int]) -> None:
        """Draw other counts."""
        self._counts = counts
        words = ", ".join(f"{value} {state}" for state, value in counts.items())
        self.setAccessibleDescription(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self._theme.colour("track"))
            total = max(1, sum(self._counts.values()))
            x = 0.0
            for state, (token, _) in STATES.items():
                width = self.width() * self._counts.get(state, 0) / total
                painter.fillRect(QRectF(x, 0, width, self.height()), self._theme.colour(token))
                x += width


class BatchPage(QWidget):
    """Title and what to do, the bar, the table."""

    new_wanted = Signal()
    stop_wanted = Signal()
    results_wanted = Signal(str)
    """Open the index of a folder of results; carries the folder."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._plan: Plan | None = None
        self._rows: tuple[Row, ...] | None = None
        self._build()
        self.show_state(Empty())

    def _build(self) -> None:
        self._title, self._second = label("Batch", "title"), label("", "second")
        self._open = button("Open results", self._ask_results)
        self._new = button("New batch…", self.new_wanted.emit)
        self._stop = button("Stop", self.stop_wanted.emit)
        self._open.setIcon(self._theme.icon("folder"))
        self._stop.setIcon(self._theme.icon("cross"))
        self._stop.setObjectName("stop-batch")
        head = row(self._title, self._second, self._open, self._new, self._stop)
        head.setStretch(1, 1)
        self._count, self._left = label("", "title"), label("", "muted")
        self._stage = label("", "second")
        self._bar = StateBar(self._theme)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(16)
        self._progress = card(
            column(row(self._count, self._left, None, self._stage), self._bar, self._legend, gap=10)
        )
        self._notices = QVBoxLayout()
        self._empty = label("", "muted", wrap=True)
        self._table = _table()
        self.setLayout(
            column(
                head,
                self._notices,
                self._progress,
                self._empty,
                self._table,
                gap=12,
                margins=(20, 12, 20, 12),
            )
        )

    def show_state(self, state: BatchState) -> None:
        """Draw a state."""
        clear(self._notices)
        is_empty = isinstance(state, Empty)
        for widget in (self._progress, self._table, self._open):
            widget.setVisible(not is_empty)
        self._stop.setVisible(isinstance(state, Running))
        self._new.setEnabled(not isinstance(state, Running))
        self._empty.setVisible(is_empty)
        if isinstance(state, Empty):
            self._empty.setText(
                "A batch runs packages over every case of a folder: one record each, a table and "
                "an index. Cases that do not fit are skipped with the reason. Choose New batch…"
            )
            return
        self._plan = state.plan
        self._title.setText(Path(state.plan.source).name)
        writes = "writes " + ", ".join(kind.upper() for kind in ("h5", *state.plan.kinds))
        self._second.setText(joined(state.plan.title, *state.plan.explain, writes))
        if isinstance(state, Failed):
            words = f"{state.failure.sentence} {state.failure.todo}".strip()
            self._notices.addWidget(notice(self._theme, words, "danger"))
        if isinstance(state, Ended):
            for sentence in state.problems[:3]:
                self._notices.addWidget(notice(self._theme, sentence))
        self._show_counts(state)
        if state.rows != self._rows:
            self._rows = state.rows
            self._fill(state.rows)

    def _show_counts(self, state: Running | Ended | Failed) -> None:
        counts = {name: count(state.rows, name) for name in ("done", "refused", "failed")}
        if isinstance(state, Running):
            step = state.step
            self._count.setText(
                f"{number(step.done)} of {number(step.total)}" if step.total else "…"
            )
            self._left.setText(left(step.left_s))
            self._stage.setText(joined(step.case, step.stage))
            counts["running"] = 1
            counts["waiting"] = max(0, step.total - step.done - 1)
        else:
            self._count.setText(number(len(state.rows)))
            stopped = isinstance(state, Ended) and state.is_stopped
            self._left.setText("stopped; begin again to go on" if stopped else "rows")
            resumed = state.resumed if isinstance(state, Ended) else 0
            self._stage.setText(f"{resumed} from an earlier run" if resumed else "")
        self._bar.show_counts(counts)
        clear(self._legend)
        for name, value in counts.items():
            token, icon = STATES[name]
            self._legend.addWidget(
                Picture(self._theme, icon, "muted" if token == "track" else token, 14)
            )
            self._legend.addWidget(label(f"{name}  {number(value)}", "small"))
        self._legend.addStretch(1)

    def _fill(self, rows: tuple[Row, ...]) -> None:
        self._table.setRowCount(len(rows))
        for i, one in enumerate(rows):
            token, icon = STATES.get(one.state, ("muted", "info"))
            time = duration(one.seconds) if one.seconds is not None else ""
            words = (str(len(rows) - i), one.case, one.package, one.state)
            words += (joined(one.said, one.decision), time, one.reason)
            for j, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setToolTip(text if j in {1, 4, 6} else "")
                if j == 3:
                    item.setIcon(self._theme.icon(icon, token))
                    item.setForeground(QColor(self._theme.colour(token)))
                self._table.setItem(i, j, item)

    def _ask_results(self) -> None:
        if self._plan is not None:
            self.results_wanted.emit(self._plan.out)


def _table() -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS))
    table.setObjectName("batch-table")
    table.setAccessibleName("Cases")
    table.setHorizontalHeaderLabels(list(_COLUMNS))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(max(44, line_height() + 24))
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    for place, width in enumerate((48, 230, 190, 110, 290, 70)):
        table.setColumnWidth(place, width)
    header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
    return table
