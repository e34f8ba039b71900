"""Painting of what readers draw, of the crosshair and of other views' planes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from medimg_workstation.theme import face
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport.paint import paint_plate, polygon
from medimg_workstation.viewport.state import ReferenceLine
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)

from medimg.display.annotations import KINDS, Annotation
from medimg.display.cuts import Cut
from medimg.display.pose import Point

#: Half the gap that the crosshair leaves open, so that what it points at is seen.
GAP_PX = 14.0
LINE_PX = 16.0
_SHADOW = QColor(0, 0, 0, 190)


def paint_annotation(
    painter: QPainter,
    made: Annotation,
    cut: Cut,
    to_screen: QTransform,
    words: Sequence[str],
) -> None:
    """An annotation on a cut: white on a dark edge, what it measures beside it."""
    kind, pixels = KINDS[made.kind], made.pixels_on(cut)
    lines = kind.lines(pixels) if len(pixels) > 1 else []
    drawn = [to_screen.map(polygon(np.asarray(line, dtype=np.float64))) for line in lines]
    ends = [end for line in drawn for end in _ends(line)] if kind.has_ends else []
    if len(pixels) == 1 or not drawn:
        ends += _cross(to_screen.map(polygon(pixels))[0])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((_SHADOW, 4.0), (QColor(DARK.text), 1.6)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for line in drawn:
            painter.drawPolyline(line)
        for start, end in ends:
            painter.drawLine(start, end)
    if words:
        points = to_screen.map(polygon(pixels))
        _words(
            painter, words, [points.at(i) for i in range(points.size())], is_below=kind.is_closed
        )


def _words(
    painter: QPainter, words: Sequence[str], points: list[QPointF], *, is_below: bool
) -> None:
    """Above the highest point, or, of what encloses an area, below the lowest."""
    painter.setFont(face(12, 600))
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(text) for text in words) + 12
    height = len(words) * LINE_PX + 4
    if is_below:
        lowest = max(point.y() for point in points)
        middle = sum(point.x() for point in points) / len(points)
        box = QRectF(middle - width / 2, lowest + 6, width, height)
    else:
        top = min(points, key=lambda point: point.y())
        box = QRectF(top.x() - width / 2, top.y() - 10 - height, width, height)
    paint_plate(painter, box)
    painter.setPen(QColor(DARK.text))
    for i, text in enumerate(words):
        row = QRectF(box.left(), box.top() + 2 + i * LINE_PX, width, LINE_PX)
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, text)


def _ends(line: QPolygonF) -> list[tuple[QPointF, QPointF]]:
    a, b = line.at(0), line.at(line.size() - 1)
    dx, dy = b.x() - a.x(), b.y() - a.y()
    norm = (dx * dx + dy * dy) ** 0.5 or 1.0
    across = QPointF(-dy / norm * 5, dx / norm * 5)
    return [(p - across, p + across) for p in (a, b)]


def _cross(at: QPointF) -> list[tuple[QPointF, QPointF]]:
    right, down = QPointF(5, 0), QPointF(0, 5)
    return [(at - right, at + right), (at - down, at + down)]


def paint_reference(
    painter: QPainter, lines: Sequence[ReferenceLine], to_screen: QTransform, open_at: Point | None
) -> None:
    """Where other planes cross this one; open around the crosshair (column, row)."""
    gap = to_screen.map(QPointF(*open_at)) if open_at is not None else None
    for line in lines:
        start, end = to_screen.map(QPointF(*line.start)), to_screen.map(QPointF(*line.end))
        painter.setPen(QPen(QColor(*line.colour), 1.2))
        for a, b in _opened(start, end, gap):
            painter.drawLine(a, b)


def _opened(start: QPointF, end: QPointF, gap: QPointF | None) -> list[tuple[QPointF, QPointF]]:
    """A line in two parts where it passes the crosshair, else whole."""
    along = np.array([end.x() - start.x(), end.y() - start.y()])
    size = float(np.linalg.norm(along))
    if gap is None or size < 1e-6:
        return [(start, end)]
    unit = along / size
    offset = np.array([gap.x() - start.x(), gap.y() - start.y()])
    at = float(offset @ unit)
    if float(np.linalg.norm(offset - at * unit)) > GAP_PX:
        return [(start, end)]
    step = QPointF(*unit)
    parts = []
    if at > GAP_PX:
        parts.append((start, start + step * (at - GAP_PX)))
    if at < size - GAP_PX:
        parts.append((start + step * (at + GAP_PX), end))
    return parts


def paint_lens(painter: QPainter, whole: QPixmap, at: QPointF, size: QSizeF) -> None:
    """What lies under the hand, magnified in a circle."""
    radius, factor = min(110.0, size.height() / 4), 2.5
    painter.save()
    circle = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    path = QPainterPath()
    path.addEllipse(circle)
    painter.setClipPath(path)
    painter.fillRect(circle, QColor(0, 0, 0))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    ratio = whole.devicePixelRatio()
    part = radius / factor
    source = QRectF(at.x() - part, at.y() - part, 2 * part, 2 * part)
    source = QRectF(source.topLeft() * ratio, source.size() * ratio)
    painter.drawPixmap(circle, whole, source)
    painter.restore()
    painter.setPen(QPen(QColor(DARK.muted), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(circle)
