"""A figure with its interval, drawn from 0 to 1."""

from __future__ import annotations

from medimg_workstation.theme import Theme
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from medimg.packages.manifest import Figure


class FigureBar(QWidget):
    """A thin track with the interval as a bar and the value as a point."""

    def __init__(self, theme: Theme, figure: Figure) -> None:
        super().__init__()
        self._theme, self._figure = theme, figure
        self.setMinimumSize(120, 16)
        self.setToolTip(f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            middle, width = self.height() / 2, self.width() - 8
            painter.setBrush(self._theme.colour("track"))
            painter.drawRoundedRect(QRectF(4, middle - 1.5, width, 3), 1.5, 1.5)
            colour = self._theme.colour("accent")
            faint = self._theme.colour("accent")
            faint.setAlphaF(0.55)
            low, high = (
                4 + width * min(1, max(0, x)) for x in (self._figure.low, self._figure.high)
            )
            painter.setBrush(faint)
            painter.drawRect(QRectF(low, middle - 2.5, max(1.0, high - low), 5))
            painter.setBrush(colour)
            place = 4 + width * min(1, max(0, self._figure.value))
            painter.drawEllipse(QPointF(place, middle), 4.5, 4.5)
