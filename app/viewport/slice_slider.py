"""The slice slider at the right edge of a viewport, with marks where slices are missing."""

from __future__ import annotations

from medimg_workstation.tokens import DARK
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

_MARGIN = 8.0


class SliceSlider(QWidget):
    """A thin upright slider; gaps are red ticks between the slices around them."""

    moved = Signal(int)
    """The hand chose another slice; carries its index."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(16)
        self.setObjectName("slice-slider")
        self.setAccessibleName("Slice")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._count, self._index = 1, 0
        self._gaps: tuple[tuple[int, int], ...] = ()

    def show_slices(self, count: int, index: int, gaps: tuple[tuple[int, int], ...]) -> None:
        """Draw another place; hidden where there is one slice."""
        self._count, self._index, self._gaps = count, index, gaps
        self.setVisible(count > 1)
        missing = sum(n for _, n in gaps)
        self.setToolTip(f"{missing} slices missing" if missing else "")
        self.setAccessibleDescription(f"Slice {index + 1} of {count}")
        self.update()

    def _y(self, index: float) -> float:
        span = self.height() - 2 * _MARGIN
        return _MARGIN + span * index / max(1, self._count - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            x = self.width() / 2
            painter.setPen(QPen(QColor(DARK.muted), 2))
            painter.drawLine(QPointF(x, _MARGIN), QPointF(x, self.height() - _MARGIN))
            painter.setPen(QPen(QColor(DARK.danger), 3))
            for index, _ in self._gaps:
                y = self._y(index + 0.5)
                painter.drawLine(QPointF(x - 5, y), QPointF(x + 5, y))
            painter.setPen(QPen(QColor(0, 0, 0), 1))
            painter.setBrush(QColor(DARK.text))
            painter.drawRoundedRect(QRectF(x - 5, self._y(self._index) - 7, 10, 14), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event.position().y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def _go(self, y: float) -> None:
        span = max(1.0, self.height() - 2 * _MARGIN)
        index = round((y - _MARGIN) / span * (self._count - 1))
        self.moved.emit(min(self._count - 1, max(0, index)))
