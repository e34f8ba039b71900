"""Labels, buttons and boxes by role, so that views read as a list of what they show."""

from __future__ import annotations

from collections.abc import Callable

from medimg_workstation.theme import Theme
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


class Elided(QLabel):
    """One line that ends in … where it is too long; the whole text is its tool tip."""

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetrics(self.font())
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        with QPainter(self) as painter:
            painter.setPen(self.palette().windowText().color())
            painter.drawText(self.rect(), int(self.alignment()), text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        fits = QFontMetrics(self.font()).horizontalAdvance(self.text()) <= self.width()
        self.setToolTip("" if fits else self.text())
        super().resizeEvent(event)


class Wrapped(QLabel):
    """Several lines that are never cut: as high as its words need at the width it was given.

    Nested layouts ask for heights at widths that they do not keep, and squeeze what stands below.
    """

    def resizeEvent(self, event: QResizeEvent) -> None:
        needed = max(0, self.heightForWidth(event.size().width()))
        if needed != self.minimumHeight():
            self.setMinimumHeight(needed)
        super().resizeEvent(event)


def label(text: str, role: str = "", tone: str = "", *, wrap: bool = False) -> QLabel:
    """A label of a role of the style sheet; plain text only, whatever a header says."""
    result = Wrapped(text) if wrap else Elided(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if role:
        result.setProperty("role", role)
    if tone:
        result.setProperty("tone", tone)
    vertical = QSizePolicy.Policy.Minimum if wrap else QSizePolicy.Policy.Preferred
    result.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
    return result


def rich(text: str, role: str = "") -> QLabel:
    """A label whose own words carry emphasis; never for text from a file."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.RichText)
    if role:
        result.setProperty("role", role)
    return result


class Picture(QLabel):
    """A tinted icon that is not a button; follows the theme."""

    def __init__(self, theme: Theme, icon: str, token: str, size: int = 16) -> None:
        super().__init__()
        self._theme, self._icon, self._token, self._size = theme, icon, token, size
        self.setFixedSize(size, size)
        self._tint()
        theme.changed.connect(self._tint)

    def _tint(self) -> None:
        self.setPixmap(self._theme.pixmap(self._icon, self._token, self._size))


def button(
    text: str, call: Callable[[], None] | None = None, look: str = "", *, small: bool = False
) -> QPushButton:
    """A button with its text as accessible name."""
    result = QPushButton(text)
    if look:
        result.setProperty("look", look)
    if small:
        result.setProperty("size", "small")
    result.setAccessibleName(text)
    result.setCursor(Qt.CursorShape.PointingHandCursor)
    if call is not None:
        result.clicked.connect(lambda _checked=False: call())
    return result


def row(
    *widgets: QWidget | int | None, gap: int = 8, margins: tuple[int, ...] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """Widgets from left to right; None is a stretch, a number a space in pixels."""
    return _fill(QHBoxLayout(), widgets, gap, margins)


def column(
    *widgets: QWidget | QLayout | int | None, gap: int = 8, margins: tuple[int, ...] = (0, 0, 0, 0)
) -> QVBoxLayout:
    """Widgets from top to bottom; None is a stretch, a number a space in pixels."""
    return _fill(QVBoxLayout(), widgets, gap, margins)


def _fill(layout, widgets, gap, margins):  # type: ignore[no-untyped-def]
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        elif isinstance(widget, int):
            layout.addSpacing(widget)
        elif isinstance(widget, QLayout):
            layout.addLayout(widget)
        else:
            layout.addWidget(widget)
    return layout


def card(layout: QLayout, tone: str = "") -> QFrame:
    """A raised box around a layout."""
    frame = QFrame()
    frame.setProperty("kind", "card")
    frame.setProperty("tone", tone)
    layout.setContentsMargins(12, 10, 12, 10)
    frame.setLayout(layout)
    return frame


def notice(theme: Theme, sentence: str, tone: str = "warn") -> QFrame:
    """An outlined warning: icon and one sentence."""
    frame = QFrame()
    frame.setProperty("kind", "notice")
    frame.setProperty("tone", tone)
    icon = Picture(theme, "alert" if tone == "warn" else "refused", tone, 16)
    text = label(sentence, "small", wrap=True)
    layout = row(icon, text, gap=10, margins=(10, 8, 10, 8))
    layout.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
    layout.setStretch(1, 1)
    frame.setLayout(layout)
    return frame


def line(*, upright: bool = False) -> QFrame:
    """A one-pixel line."""
    frame = QFrame()
    frame.setProperty("kind", "line")
    if upright:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame


def clear(layout: QBoxLayout) -> None:
    """Take everything out of a layout and let it go."""
    while layout.count():
        item = layout.takeAt(0)
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)  # type: ignore[arg-type]
