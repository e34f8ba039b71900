"""The patient banner: whose image it is, which study, which series; always visible."""

from __future__ import annotations

from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.text import Picture, button, label, line, row
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from medimg.display.marks import mark_of
from medimg.display.wording import age, date, images, joined, number, person_name, sex
from medimg.values.problems import Problem
from medimg.values.series import Series

#: Tokens of the stripes of patients, in turn, and their width.
STRIPES, STRIPE_PX = ("accent", "warn", "ok", "danger"), 6


class Banner(QWidget):
    """Name · id · birth date (age) · sex │ study │ series."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(max(40, line_height(15, 600) + 16))
        self._theme, self._stripe = theme, ""
        self._name = label("", "patient")
        self._who = label("", "muted")
        self._study = label("")
        self._when = label("", "muted")
        self._series = label("", "muted")
        self._lines = [line(upright=True), line(upright=True)]
        for part in self._lines:
            part.setFixedHeight(20)
        self.setLayout(
            row(
                self._name,
                self._who,
                self._lines[0],
                self._study,
                self._when,
                self._lines[1],
                self._series,
                None,
                gap=10,
                margins=(12, 0, 12, 0),
            )
        )
        self.show_series(None, 0, 0)

    def show_patients(self, place: int, count: int) -> None:
        """Mark the banner by a stripe, another one for each patient, where several are open."""
        stripe = STRIPES[place % len(STRIPES)] if count > 1 else ""
        if stripe != self._stripe:
            self._stripe = stripe
            self.update()
        words = f"Patient {place + 1} of {count} that are open" if count > 1 else ""
        self.setToolTip(words)
        self.setAccessibleDescription(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._stripe:
            with QPainter(self) as painter:
                painter.fillRect(QRect(0, 0, STRIPE_PX, self.height()), self._colour())

    def _colour(self) -> QColor:
        return self._theme.colour(self._stripe)

    def show_series(self, series: Series | None, place: int, count: int) -> None:
        """Say whose image this is; None says that nothing is open."""
        for part in self._lines:
            part.setVisible(series is not None)
        if series is None:
            _say((self._name, "No patient"), (self._who, "open a folder or a file"))
            _say((self._study, ""), (self._when, ""), (self._series, ""))
            return
        patient, study = series.patient, series.study
        years = age(patient)
        born = f"born {date(patient.birth_date)}" if patient.birth_date else ""
        born = f"{born} ({years})" if born and years else born or years
        name = person_name(patient.name) or "no name"
        _say((self._name, name), (self._who, joined(patient.id, born, sex(patient))))
        title = study.description or joined(series.modality, series.body_part.title())
        _say((self._study, title), (self._when, joined(date(study.date), study.accession_number)))
        where = f"Series {place} of {count}"
        _say((self._series, joined(where, series.label, images(series))))


def _say(*pairs: tuple[QLabel, str]) -> None:
    for target, text in pairs:
        target.setText(text)
        target.setVisible(bool(text))


class ProblemSummary(QWidget):
    """The head of the model's column: how many problems, which, and a door to all of them."""

    list_wanted = Signal()
    """The reader wants to see every problem."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(max(40, line_height(15, 600) + 16))
        self._theme = theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 8, 0)
        self._row.setSpacing(8)
        self._open = button("", self.list_wanted.emit, "quiet")
        self._open.setIcon(theme.icon("chevron-down", "muted"))
        self._open.setObjectName("problems")
        self._open.setAccessibleName("List of problems")
        self._open.setToolTip("List of problems")

    def show_refused(self, problem: Problem, others: int) -> None:
        """Say in few words why nothing is shown; the whole sentence stands in the viewport."""
        self._empty()
        self._row.addWidget(Picture(self._theme, "alert", "warn", 18))
        more = f"and {number(others)} more" if others else ""
        self._row.addWidget(label(problem.title, "strong", "warn"))
        self._row.addWidget(label(more, "second"), 1)

    def _empty(self) -> None:
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            if widget is not None and widget is not self._open:
                widget.hide()
                widget.deleteLater()
        self._open.setVisible(False)

    def show_series(self, series: Series | None, others: int = 0) -> None:
        """Summarise a series' problems; `others` counts files outside of any series."""
        self._empty()
        if series is None:
            self._row.addWidget(label("Model", "muted"), 1)
            return
        grave = list(series.grave)
        notes = [p for p in series.problems if p not in grave]
        if not grave and not notes and not others:
            self._row.addWidget(Picture(self._theme, "check", "ok", 18))
            self._row.addWidget(label("No problems found", "", "ok"), 1)
            return
        shown = grave or notes
        noun, token = ("problem", "warn") if grave else ("note", "muted")
        icon = "alert" if grave else "info"
        self._row.addWidget(Picture(self._theme, icon, token, 18))
        if shown:
            words = f"{len(shown)} {noun}{'s' if len(shown) > 1 else ''}"
            count = label(words, "strong", "warn" if grave else "")
            count.setMinimumWidth(count.sizeHint().width())
            self._row.addWidget(count)
            listed = ", ".join(dict.fromkeys(mark_of(p, series) for p in shown))
            self._row.addWidget(label(listed, "second"), 1)
        else:
            self._row.addWidget(
                label(f"{others} file{'s' if others > 1 else ''} not used", "muted"), 1
            )
        self._row.addWidget(self._open)
        self._open.setVisible(True)
