"""One marked part in a list: colour, name, figures in columns, and an eye that hides it."""

from __future__ import annotations

from dataclasses import dataclass

from medimg_workstation.theme import Theme, face, line_height
from medimg_workstation.widgets.painted import Swatch
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QToolButton

from medimg.display.overlays import Colour

#: Room of the eye at the right; column heads leave it free, too.
EYE = 26
_NAME = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a row, flush right in a column of its own; an empty one takes no room."""

    text: str
    width: int


@dataclass(frozen=True, slots=True)
class Marked:
    """What a row shows.

    Attributes:
        key: Tells it from the others of its list.
        object_name: For the hand and for tests.
    """

    key: str
    object_name: str
    name: str
    colour: Colour
    columns: tuple[Column, ...]
    tip: str


class MarkedRow(QAbstractButton):
    """One marked part; the row is the button, the eye at its right hides it."""

    hidden_changed = Signal(str, bool)
    """The eye was used; carries the key and whether the part is hidden now."""

    def __init__(self, theme: Theme, marked: Marked, *, is_hidden: bool = False) -> None:
        super().__init__()
        self._theme, self._marked = theme, marked
        words = (marked.name, *(column.text for column in marked.columns))
        self.setAccessibleName(", ".join(word for word in words if word))
        self.setObjectName(marked.object_name)
        self.setCheckable(True)
        self.setFixedHeight(max(28, line_height(weight=600) + 8))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(marked.tip)
        self._eye = self._eye_button(is_hidden)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.addWidget(Swatch(marked.colour))
        layout.addStretch(1)
        layout.addWidget(self._eye)

    @property
    def key(self) -> str:
        """Which part it is."""
        return self._marked.key

    def _eye_button(self, is_hidden: bool) -> QToolButton:
        eye = QToolButton()
        eye.setCheckable(True)
        eye.setChecked(is_hidden)
        eye.setFixedSize(24, 24)
        eye.setIconSize(QSize(16, 16))
        eye.setIcon(self._theme.icon("eye-off" if is_hidden else "eye", "muted"))
        eye.setAccessibleName(f"Hide {self._marked.name}")
        eye.setToolTip("Hide or show")
        eye.toggled.connect(self._toggle_eye)
        return eye

    def _toggle_eye(self, hidden: bool) -> None:
        self._eye.setIcon(self._theme.icon("eye-off" if hidden else "eye", "muted"))
        self.hidden_changed.emit(self.key, hidden)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.isChecked() or self.hasFocus():
                painter.setBrush(self._theme.colour("selected" if self.isChecked() else "panel"))
                focus = QPen(self._theme.colour("accent"), 2)
                painter.setPen(focus if self.hasFocus() else Qt.PenStyle.NoPen)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
            painter.setPen(self._theme.colour("text"))
            painter.setFont(face(13, 600 if self.isChecked() else 400))
            middle = Qt.AlignmentFlag.AlignVCenter
            right = self.width() - EYE - 4
            for column in reversed([one for one in self._marked.columns if one.text]):
                right -= column.width
                box = QRectF(right, 0, column.width, self.height())
                painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, column.text)
            box = QRectF(_NAME, 0, right - _NAME - 4, self.height())
            name = painter.fontMetrics().elidedText(
                self._marked.name, Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, middle, name)
