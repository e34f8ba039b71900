"""The view of packages: list at the left, card in the middle, small print at the right."""

from __future__ import annotations

from medimg_workstation.pages.packages.card_text import CardText
from medimg_workstation.pages.packages.figures import FigureBar
from medimg_workstation.pages.packages.state import Failed, Loading, PackagesState, Ready
from medimg_workstation.pages.read.preparing import METHODS
from medimg_workstation.theme import Theme
from medimg_workstation.widgets.painted import Chip
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import Picture, card, clear, column, label, line, notice, row
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from medimg.display.wording import joined, number
from medimg.packages.manifest import Figure, Package, Rule

_TASKS = {
    "classify": "classify",
    "segment": "outline",
    "outline": "outline from a click",
    "detect": "detect",
}
_KINDS = {"radiograph": "Radiograph", "stack": "Stack"}


class PackageRow(QAbstractButton):
    """One package in the list: title, kind, whether it is whole."""

    def __init__(self, theme: Theme, package: Package, word: str, token: str, icon: str) -> None:
        super().__init__()
        self._theme = theme
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName(f"package-{package.id}")
        second = joined(_KINDS[package.input.kind], _TASKS[package.task], package.version)
        self.setAccessibleName(joined(package.title, second, word))
        mark = label(word, "small", token)
        mark.setMinimumWidth(mark.sizeHint().width())
        head = row(label(package.title, "strong"), Picture(theme, icon, token, 14), mark, gap=6)
        head.setStretch(0, 1)
        layout = column(head, label(second, "second"), gap=2, margins=(10, 8, 10, 8))
        self.setLayout(layout)
        self.setFixedHeight(max(56, layout.minimumSize().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not (self.isChecked() or self.hasFocus()):
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.colour("accent"), 2 if self.hasFocus() else 1))
            if self.isChecked():
                painter.setBrush(self._theme.colour("selected"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)


class PackagesPage(QWidget):
    """List, card, small print."""

    package_chosen = Signal(str)
    """Another card; carries the package's id."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme = theme
        self._state: PackagesState = Loading()
        self._is_drawn = False
        self._list, self._middle, self._right = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(_column_area("series", self._list, 320))
        layout.addWidget(_column_area("page", self._middle, 0), 1)
        layout.addWidget(_column_area("model", self._right, 360))

    def show_state(self, state: PackagesState) -> None:
        """Draw a state, now or when the page is next seen: a card is long."""
        self._state, self._is_drawn = state, False
        if self.isVisible():
            self._draw(state)

    def showEvent(self, event: QShowEvent) -> None:
        if not self._is_drawn:
            self._draw(self._state)
        super().showEvent(event)

    def _draw(self, state: PackagesState) -> None:
        self._is_drawn = True
        for part in (self._list, self._middle, self._right):
            clear(part)
        self._list.setContentsMargins(8, 12, 8, 8)
        self._list.addWidget(label("  Packages", "title"))
        if isinstance(state, Ready):
            self._show_ready(state)
        elif isinstance(state, Failed):
            self._middle.addWidget(notice(self._theme, state.failure.sentence, "danger"))
        else:
            self._middle.addWidget(label("Reading the catalogue …", "muted"))
        for part in (self._list, self._middle, self._right):
            part.addStretch(1)

    def _show_ready(self, state: Ready) -> None:
        for package in state.packages:
            word, token, icon = _check_words(state.checks.get(package.id))
            made = PackageRow(self._theme, package, word, token, icon)
            made.setChecked(package.id == state.selected)
            made.clicked.connect(lambda _on=False, key=package.id: self.package_chosen.emit(key))
            self._list.addWidget(made)
        for damaged in state.damaged:
            self._list.addWidget(
                notice(self._theme, f"{damaged.folder}: {damaged.sentence}", "danger")
            )
        if not state.packages:
            words = "No package is installed. Put one into the packages folder and start again."
            self._list.addWidget(label(words, "second", wrap=True))
        chosen = next((p for p in state.packages if p.id == state.selected), None)
        if chosen is not None:
            self._show_card(chosen, state)
            self._show_small_print(chosen, state.checks.get(chosen.id))

    def _show_card(self, package: Package, state: Ready) -> None:
        self._middle.setContentsMargins(20, 14, 20, 14)
        self._middle.setSpacing(10)
        chips: list[QWidget] = []
        if package.licence.non_commercial:
            chips.append(Chip(self._theme, "non-commercial", "warn", "alert"))
        self._middle.addLayout(
            row(label(package.title, "title"), label(package.version, "muted"), *chips, None)
        )
        self._middle.addWidget(label(package.summary, "muted", wrap=True))
        use = _list_card(self._theme, "What it is for", (package.intended_use,), "check", "ok")
        never = _list_card(self._theme, "Not for", package.not_for, "cross", "danger")
        pair = row(use, never, gap=10)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        self._middle.addLayout(pair)
        self._middle.addWidget(self._figures(package))
        if text := state.cards.get(package.id):
            self._middle.addWidget(_card_text(self._theme, text))

    def _figures(self, package: Package) -> QFrame:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        for i, head in enumerate(("Figure", "", "95 %", "0 to 1", "n")):
            grid.addWidget(label(head, "second"), 0, i)
        grid.setColumnStretch(3, 1)
        for i, (name, figure) in enumerate(_figures_of(package), start=1):
            grid.addWidget(label(name), i, 0)
            grid.addWidget(label(number(figure.value, 2), "figure"), i, 1)
            grid.addWidget(
                label(f"{number(figure.low, 2)}–{number(figure.high, 2)}", "second"), i, 2
            )
            grid.addWidget(FigureBar(self._theme, figure), i, 3)
            grid.addWidget(label(number(figure.n) if figure.n else "", "second"), i, 4)
        if grid.rowCount() < 2:
            return card(column(label("Figures", "strong"), label("Not measured yet.", "second")))
        note = package.merit.note if package.merit else ""
        head = row(label("Figures", "strong"), None, label(note, "second"))
        return card(column(head, grid, gap=8))

    def _show_small_print(self, package: Package, check: str | None) -> None:
        self._right.setSpacing(0)
        word, token, _ = _check_words(check)
        files = _section(
            "Files",
            ((word if check != "" else f"{len(package.files)} hashes match", check or ""),),
            token,
        )
        self._right.addWidget(files)
        takes = [(_rule_name(rule), _rule_words(rule)) for rule in package.input.rules]
        self._right.addWidget(_section("What it takes", tuple(takes)))
        maps = [
            (METHODS.get(m.method, m.method), f"1.0 = {m.scale:.2g} {m.unit}") for m in package.maps
        ]
        if maps:
            self._right.addWidget(_section("Explanation", tuple(maps)))
        licence = package.licence
        rows = [("Weights", licence.weights), ("Training data", licence.data)]
        may = "Non-commercial use only" if licence.non_commercial else "May be used and passed on"
        self._right.addWidget(
            _section("Licences", (*rows, ("", may)), "warn" if licence.non_commercial else "ok")
        )


def _figures_of(package: Package) -> list[tuple[str, Figure]]:
    made: list[tuple[str, Figure]] = []
    if (merit := package.merit) is not None:
        figure = Figure(value=merit.value, low=merit.low, high=merit.high, n=merit.n)
        made.append((merit.name, figure))
    for point in package.operating_points:
        made.append((f"Sensitivity, {point.name}", point.sensitivity))
        made.append((f"Specificity, {point.name}", point.specificity))
    if package.calibration is not None and package.calibration.ece is not None:
        made.append(("Calibration error", package.calibration.ece))
    return made


def _check_words(check: str | None) -> tuple[str, str, str]:
    if check is None:
        return "checking", "muted", "clock"
    return ("whole", "ok", "check") if check == "" else ("blocked", "danger", "refused")


def _rule_name(rule: Rule) -> str:
    return rule.rule.replace("-", " ").capitalize()


def _rule_words(rule: Rule) -> str:
    low, high = rule.minimum, rule.maximum
    parts = [", ".join(rule.accept)]
    if low is not None and high is not None:
        parts.append(f"{low:g} to {high:g}")
    elif low is not None or high is not None:
        parts.append(f"at least {low:g}" if low is not None else f"at most {high:g}")
    if rule.rows:
        parts.append(f"at least {rule.columns} × {rule.rows}")
    if rule.reslice_mm is not None:
        parts.append(f"others resliced up to {rule.reslice_mm:g} mm")
    unknown = {"warn": "unknown warns", "refuse": "unknown is refused", "run": ""}[rule.unknown]
    return "; ".join(part for part in (*parts, unknown) if part)


def _section(title: str, rows: tuple[tuple[str, str], ...], tone: str = "") -> Section:
    section = Section(title)
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setColumnStretch(1, 1)
    for i, (name, words) in enumerate(rows):
        is_last = i == len(rows) - 1
        left_label: QLabel = label(name, "second", tone if not words else "", wrap=True)
        left_label.setFixedWidth(108 if words else 320)
        left_label.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(left_label, i, 0, 1, 1 if words else 2)
        if words:
            grid.addWidget(
                label(words, "small", tone if is_last and not name else "", wrap=True), i, 1
            )
    section.body.addLayout(grid)
    return section


def _list_card(theme: Theme, title: str, lines: tuple[str, ...], icon: str, token: str) -> QFrame:
    rows = []
    for text in lines:
        mark = Picture(theme, icon, token, 14)
        one = row(mark, label(text, "small", wrap=True), gap=10)
        one.setStretch(1, 1)
        one.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
        rows.append(one)
    return card(column(label(title, "strong"), *rows, None, gap=8))


def _card_text(theme: Theme, text: str) -> QFrame:
    head = row(label("Card", "strong"), None)
    return card(column(head, line(), CardText(theme, text), gap=8))


def _column_area(name: str, layout: QVBoxLayout, width: int) -> QWidget:
    body = QWidget()
    body.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    panel = QWidget()
    panel.setObjectName("panel" if width else name)
    panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    panel.setLayout(column(area, gap=0))
    outer = QWidget()
    outer.setObjectName(name)
    outer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    outer.setLayout(column(panel, gap=0))
    if width:
        outer.setFixedWidth(width)
    return outer
