"""Widgets painted by hand from tokens: chips, bars, the switch."""

from __future__ import annotations

from medimg_workstation.theme import Theme, face, line_height
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from medimg.values.findings import Decision, Finding

#: Token and icon of each decision; the word stands beside them.
DECISIONS = {
    Decision.FLAGGED: ("danger", "diamond"),
    Decision.BORDERLINE: ("warn", "diamond-half"),
    Decision.NOT_FLAGGED: ("muted", "circle"),
}


class Chip(QWidget):
    """An outlined pill, as high as its word needs: a shape and a word."""

    def __init__(self, theme: Theme, text: str, token: str, icon: str = "") -> None:
        super().__init__()
        self._theme, self._text, self._token, self._icon = theme, text, token, icon
        self._font = face(12, 500)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(self.sizeHint())

    @property
    def text(self) -> str:
        """The word."""
        return self._text

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        width = metrics.horizontalAdvance(self._text)
        return QSize(width + 18 + (16 if self._icon else 0), metrics.height() + 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = self._theme.colour(self._token)
            outline = self._theme.colour("line") if self._token == "muted" else colour
            painter.setPen(QPen(outline, 1))
            round_ = (self.height() - 1) / 2
            outer = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(outer, round_, round_)
            left = 9
            if self._icon:
                icon = self._theme.pixmap(self._icon, self._token, 12)
                painter.drawPixmap(left - 2, (self.height() - 12) // 2, icon)
                left += 14
            painter.setFont(self._font)
            painter.setPen(colour)
            room = QRectF(left, 0, self.width(), self.height() - 1)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._text)


class ProbabilityBar(QWidget):
    """A calibrated probability with its interval and the operating point it is held against."""

    HEIGHT = 22

    def __init__(self, theme: Theme, finding: Finding) -> None:
        super().__init__()
        self._theme, self._finding = theme, finding
        self.setFixedHeight(self.HEIGHT)
        self.setMinimumWidth(80)
        point = finding.operating_point
        self.setToolTip(f"Operating point “{point.name}”: {point.threshold * 100:.0f} of 100")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_probability(painter, QRectF(self.rect()), self._finding, self._theme)


def paint_probability(painter: QPainter, box: QRectF, finding: Finding, theme: Theme) -> None:
    """The bar: track 6 high, interval, point of 4 x 14, dashed operating point with a triangle."""
    middle = box.bottom() - 9
    left, width = box.left() + 2, box.width() - 4

    def at(share: float) -> float:
        return left + width * share

    colour = theme.colour(DECISIONS[finding.decision][0])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("track"))
    painter.drawRoundedRect(QRectF(box.left(), middle - 3, box.width(), 6), 3, 3)
    interval = QColor(colour)
    interval.setAlphaF(0.5)
    painter.setBrush(interval)
    low, high = at(finding.low), at(finding.high)
    painter.drawRoundedRect(QRectF(low, middle - 3, max(2.0, high - low), 6), 3, 3)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(at(finding.probability) - 2, middle - 7, 4, 14), 1, 1)
    x = at(finding.operating_point.threshold)
    painter.setPen(QPen(theme.colour("text"), 1.2, Qt.PenStyle.CustomDashLine))
    pen = painter.pen()
    pen.setDashPattern([2, 1.6])
    painter.setPen(pen)
    painter.drawLine(QPointF(x, middle - 7), QPointF(x, middle + 8))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("text"))
    top = middle - 12
    painter.drawPolygon(QPolygonF([QPointF(x - 4, top), QPointF(x + 4, top), QPointF(x, top + 5)]))


class BarKey(QWidget):
    """What the parts of a probability bar mean."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(line_height(11) + 6)
        self.setAccessibleName("dashed: operating point; bar: 95 % interval; stroke: probability")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(face(11))
            middle, x = self.height() / 2, 0.0
            muted, text = self._theme.colour("muted"), self._theme.colour("text")
            for word in ("operating point", "95 % interval", "probability"):
                painter.setPen(Qt.PenStyle.NoPen)
                if word == "operating point":
                    painter.setBrush(text)
                    tip = [
                        QPointF(x, middle - 7),
                        QPointF(x + 7, middle - 7),
                        QPointF(x + 3.5, middle - 2),
                    ]
                    painter.drawPolygon(QPolygonF(tip))
                    painter.drawRect(QRectF(x + 3, middle - 1, 1.2, 3))
                    painter.drawRect(QRectF(x + 3, middle + 3, 1.2, 3))
                    x += 12
                elif word == "95 % interval":
                    painter.setBrush(muted)
                    painter.drawRoundedRect(QRectF(x, middle - 3, 18, 6), 3, 3)
                    x += 23
                else:
                    painter.setBrush(text)
                    painter.drawRoundedRect(QRectF(x, middle - 7, 3.5, 14), 1, 1)
                    x += 9
                painter.setPen(muted)
                width = QFontMetrics(painter.font()).horizontalAdvance(word)
                room = QRectF(x, 0, width + 2, self.height())
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, word)
                x += width + 14


class ProgressLine(QWidget):
    """A thin bar of how far something is; an unknown fraction draws an empty track."""

    def __init__(self, theme: Theme, token: str = "accent") -> None:
        super().__init__()
        self._theme, self._token = theme, token
        self._fraction: float | None = None
        self.setFixedHeight(4)
        self.setMinimumWidth(60)

    def show_fraction(self, fraction: float | None) -> None:
        """Draw another fraction, 0 to 1."""
        self._fraction = fraction
        self.setAccessibleDescription("" if fraction is None else f"{fraction * 100:.0f} %")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            box = QRectF(self.rect())
            painter.setBrush(self._theme.colour("track"))
            painter.drawRoundedRect(box, 2, 2)
            if self._fraction:
                painter.setBrush(self._theme.colour(self._token))
                box.setWidth(max(4.0, box.width() * min(1.0, self._fraction)))
                painter.drawRoundedRect(box, 2, 2)


class Switch(QAbstractButton):
    """On or off, 32 x 18."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setCheckable(True)
        self.setFixedSize(34, 20)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            on = self.isChecked()
            painter.setPen(
                QPen(self._theme.colour("text"), 2) if self.hasFocus() else Qt.PenStyle.NoPen
            )
            painter.setBrush(self._theme.colour("accent" if on else "track"))
            painter.drawRoundedRect(QRectF(1, 1, 32, 18), 9, 9)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("on_accent" if on else "muted"))
            painter.drawEllipse(QRectF(17 if on else 3, 3, 14, 14))


class Swatch(QWidget):
    """A region's colour, 12 x 12: outlined, faintly filled."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        self._colour = QColor(*colour)
        self.setFixedSize(14, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            fill = QColor(self._colour)
            fill.setAlphaF(0.35)
            painter.setBrush(fill)
            painter.setPen(QPen(self._colour, 1.5))
            painter.drawRoundedRect(QRectF(1, 1, 12, 12), 2, 2)
