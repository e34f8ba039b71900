"""Painting of one viewport, layer by layer; each function draws one thing it is given.

Inside a viewport the dark tokens hold in both themes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from medimg_workstation.theme import face, line_height, tinted
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport.state import Mapped, Outlined
from PySide6.QtCore import QByteArray, QDataStream, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTransform,
)

from medimg.display.contours import Polygon
from medimg.display.corner_text import Corners
from medimg.display.orientation import Edges
from medimg.display.overlays import (
    FILL,
    FILL_UNDER_EVIDENCE,
    OUTLINE_PX,
    SELECTED_OUTLINE_PX,
    Colour,
    legend_rgb,
)
from medimg.display.pose import Point
from medimg.display.scale_bar import ScaleBar

EDGE = 6.0
#: The slice slider lies at the right edge.
RIGHT_EDGE = 20.0
_PLATE = QColor(0, 0, 0, round(0.64 * 255))
_LINE_PX = 15.0
#: Room of the coloured square before a plane's name.
TAG_PX = 15.0
#: Before the points of a polygon in a stream of Qt's: how many there are.
_COUNT = struct.Struct(">I")
FLAGS_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def qimage(pixels: np.ndarray) -> QImage:
    """An image of (h, w) grey, (h, w, 3) or (h, w, 4) bytes; keeps its own copy."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        kind, stride = QImage.Format.Format_Grayscale8, width
    elif pixels.shape[2] == 3:
        kind, stride = QImage.Format.Format_RGB888, 3 * width
    else:
        kind, stride = QImage.Format.Format_RGBA8888, 4 * width
    image = QImage(pixels.data, width, height, stride, kind)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        # What Qt blends fastest; `convertToFormat` copies, too.
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()


def transform_of(matrix: np.ndarray) -> QTransform:
    """A (3, 3) map as Qt writes it, which is transposed."""
    m = matrix.T
    return QTransform(*(float(v) for v in (m[0, 0], m[0, 1], m[1, 0], m[1, 1], m[2, 0], m[2, 1])))


def paint_image(
    painter: QPainter,
    image: QImage,
    over: QRectF,
    to_screen: QTransform,
    *,
    is_blocky: bool = False,
) -> None:
    """An image of whatever resolution over its place on the slice, (column, row) edges."""
    painter.save()
    painter.setTransform(to_screen, combine=True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_blocky)
    painter.drawImage(over, image)
    painter.restore()


def polygon(points: np.ndarray) -> QPolygonF:
    """Points (n, 2) as Qt has them; read as a stream, twenty times faster than one by one."""
    stream = QDataStream(QByteArray(_COUNT.pack(len(points)) + points.astype(">f8").tobytes()))
    made = QPolygonF()
    stream >> made
    return made


def region_path(outlines: Sequence[Polygon], to_screen: QTransform) -> QPainterPath:
    """A region's outlines on one cut, in screen pixels; holes stay open."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for outline in outlines:
        path.addPolygon(to_screen.map(polygon(outline)))
        path.closeSubpath()
    return path


def paint_fill(
    painter: QPainter, path: QPainterPath, region: Outlined, *, under_evidence: bool
) -> None:
    """A region's fill: 25 % of a finding, 10 % of anatomy, 5 % under evidence."""
    colour = QColor(*region.colour)
    colour.setAlphaF(FILL_UNDER_EVIDENCE if under_evidence else FILL[region.region.kind])
    painter.fillPath(path, colour)


def paint_outline(
    painter: QPainter, path: QPainterPath, region: Outlined, *, selected: bool
) -> None:
    """A region's outline at full strength."""
    pen = QPen(QColor(*region.colour), SELECTED_OUTLINE_PX if selected else OUTLINE_PX)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)


def paint_plate(painter: QPainter, box: QRectF) -> None:
    """Black at 64 %, on which corner text stays readable over a bright lung."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(box, 2, 2)


def paint_corners(
    painter: QPainter, corners: Corners, size: QSizeF, tag: Colour | None = None
) -> None:
    """Corner text on plates; as many lines as a third of the height bears, most important first.

    Args:
        tag: Colour of the plane, drawn before its name at the lower left.
    """
    most = max(1, int(size.height() / 3 / _LINE_PX))
    right = size.width() - RIGHT_EDGE
    bottom = size.height() - EDGE
    widest = (size.width() - EDGE - RIGHT_EDGE) * 0.42
    _block(painter, corners.top_left[:most], QPointF(EDGE, EDGE), widest, strong_first=True)
    _block(painter, corners.top_right[:most], QPointF(right, EDGE), widest, from_right=True)
    left_lines, right_lines = corners.bottom_left[:most], corners.bottom_right[:most]
    left_top = bottom - len(left_lines) * _LINE_PX - 4
    right_top = bottom - len(right_lines) * _LINE_PX - 4
    wider = widest * (1.3 if len(right_lines) < 2 else 1.0)
    _block(painter, left_lines, QPointF(EDGE, left_top), wider, tag=tag)
    _block(painter, right_lines, QPointF(right, right_top), widest, from_right=True)


def _block(
    painter: QPainter,
    lines: tuple[str, ...],
    corner: QPointF,
    widest: float,
    *,
    from_right: bool = False,
    strong_first: bool = False,
    tag: Colour | None = None,
) -> None:
    if not lines:
        return
    plain, strong = face(11), face(11, 600)
    metrics = QFontMetricsF(strong if strong_first else plain)
    elide = Qt.TextElideMode.ElideRight
    shown = [metrics.elidedText(line, elide, widest) for line in lines]
    indent = TAG_PX if tag is not None else 0.0
    width = max(metrics.horizontalAdvance(line) for line in shown) + 12 + indent
    left = corner.x() - width if from_right else corner.x()
    paint_plate(painter, QRectF(left, corner.y(), width, len(shown) * _LINE_PX + 4))
    painter.setPen(QColor(DARK.text))
    across = Qt.AlignmentFlag.AlignRight if from_right else Qt.AlignmentFlag.AlignLeft
    for i, text in enumerate(shown):
        painter.setFont(strong if strong_first and i == 0 else plain)
        box = QRectF(left + 6, corner.y() + 2 + i * _LINE_PX, width - 12, _LINE_PX)
        if tag is not None and i == 0:
            painter.setPen(QPen(QColor(*tag), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box.left() + 1, box.top() + 3.5, 8, 8), 2, 2)
            painter.setPen(QColor(DARK.text))
            box.setLeft(box.left() + TAG_PX)
        painter.drawText(box, across | Qt.AlignmentFlag.AlignVCenter, text)


def paint_letters(painter: QPainter, edges: Edges, image: QRectF, size: QSizeF) -> None:
    """Orientation letters at the edges of the image where it leaves a margin, else of the view."""
    painter.setFont(face(13, 600))
    middle = QPointF(size.width() / 2, size.height() / 2)
    left = max(EDGE + 10, image.left() - 16)
    right = min(size.width() - RIGHT_EDGE - 12, image.right() + 16)
    top, bottom = EDGE + 10, size.height() - EDGE - 10
    for text, x, y in (
        (edges.left, left, middle.y()),
        (edges.right, right, middle.y()),
        (edges.top, middle.x(), top),
        (edges.bottom, middle.x(), bottom),
    ):
        width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 10
        box = QRectF(x - width / 2, y - 9, width, 18)
        paint_plate(painter, box)
        painter.setPen(QColor(DARK.warn if text == "?" else DARK.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_marks(painter: QPainter, marks: tuple[str, ...], size: QSizeF) -> None:
    """Marks in words in the middle of the top, below the letter there."""
    if not marks:
        return
    painter.setFont(face(11, 500))
    metrics = QFontMetricsF(painter.font())
    shown = marks[:4] if len(marks) <= 4 else (*marks[:3], f"{len(marks) - 3} more")
    widths = [metrics.horizontalAdvance(mark) + 30 for mark in shown]
    left = (size.width() - sum(widths) - 8 * (len(widths) - 1)) / 2
    for mark, width in zip(shown, widths, strict=True):
        box = QRectF(left, EDGE + 26, width, 19)
        paint_plate(painter, box)
        painter.setPen(QPen(QColor(DARK.warn), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.drawPixmap(QPointF(box.left() + 6, box.top() + 3), tinted("alert", DARK.warn, 13))
        painter.drawText(box.adjusted(23, 0, 0, 0), FLAGS_LEFT, mark)
        left += width + 8


def paint_scale(painter: QPainter, bar: ScaleBar, size: QSizeF, above: float) -> None:
    """The scale bar, so many pixels above the lower edge."""
    painter.setFont(face(11))
    width = max(bar.length, QFontMetricsF(painter.font()).horizontalAdvance(bar.label)) + 16
    box = QRectF((size.width() - width) / 2, size.height() - above, width, 30)
    paint_plate(painter, box)
    left, y = (size.width() - bar.length) / 2, box.top() + 8
    painter.setPen(QPen(QColor(DARK.text), 1.4))
    painter.drawLine(QPointF(left, y), QPointF(left + bar.length, y))
    for x in (left, left + bar.length):
        painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))
    painter.drawText(box.adjusted(0, 12, 0, 0), Qt.AlignmentFlag.AlignCenter, bar.label)


def paint_tag(painter: QPainter, text: str, at: QPointF) -> None:
    """A few words on a plate, centred at a place."""
    painter.setFont(face(12, 600))
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 12
    box = QRectF(at.x() - width / 2, at.y() - 9, width, 18)
    paint_plate(painter, box)
    painter.setPen(QColor(DARK.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_legend(painter: QPainter, mapped: Mapped, at: Point) -> None:
    """The legend of a map: what for, the fixed scale, what its 1.0 is. 128 x 260 from `at`."""
    x, y = at
    unit = mapped.explanation.scale_unit
    lines_top = ("Evidence for", mapped.label)
    lines_bottom = (
        mapped.method,
        f"1.0 = {mapped.explanation.scale:.2g} {unit},",
        "fixed for this package",
    )
    paint_plate(painter, QRectF(x - 8, y - 8, 148, 268))
    painter.setPen(QColor(DARK.text))
    painter.setFont(face(11, 600))
    metrics = QFontMetricsF(painter.font())
    for i, text in enumerate(lines_top):
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, 134)
        painter.drawText(QRectF(x, y + i * 15, 136, 15), FLAGS_LEFT, shown)
    bar = QRectF(x, y + 38, 14, 160)
    rows = legend_rgb(160, signed=mapped.is_signed)[::-1]
    painter.drawImage(bar, qimage(np.repeat(rows[:, None], 14, axis=1)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(DARK.line), 1))
    painter.drawRect(bar)
    painter.setPen(QColor(DARK.text))
    painter.setFont(face(11))
    texts = ("1.0", "0", "−1.0") if mapped.is_signed else ("1.0", "0.5", "0")
    for share, text in zip((0.03, 0.5, 0.97), texts, strict=True):
        place = QRectF(x + 22, bar.top() + share * bar.height() - 8, 60, 16)
        painter.drawText(place, FLAGS_LEFT, text)
    painter.setPen(QColor(DARK.muted))
    for i, text in enumerate(lines_bottom):
        painter.drawText(QRectF(x, bar.bottom() + 8 + i * 15, 140, 15), FLAGS_LEFT, text)


def paint_message(painter: QPainter, title: str, text: str, size: QSizeF, icon: str) -> None:
    """A viewport without an image: what is so and what to do, inside a dashed frame."""
    painter.setPen(QPen(QColor(DARK.line), 1, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(12.5, 12.5, size.width() - 25, size.height() - 25))
    middle = QPointF(size.width() / 2, size.height() / 2)
    painter.drawPixmap(QPointF(middle.x() - 16, middle.y() - 64), tinted(icon, DARK.muted, 32))
    painter.setPen(QColor(DARK.text))
    painter.setFont(face(18, 600))
    wide = QRectF(40, middle.y() - 20, size.width() - 80, 26)
    painter.drawText(wide, Qt.AlignmentFlag.AlignCenter, title)
    painter.setFont(face(13))
    painter.setPen(QColor(DARK.muted))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    half = min(size.width() - 80, 520.0) / 2
    painter.drawText(QRectF(middle.x() - half, middle.y() + 14, half * 2, 90), int(flags), text)


def paint_loading(
    painter: QPainter, stage: str, left: str, fraction: float | None, size: QSizeF
) -> None:
    """How far loading is: stage, bar and time left on a plate at the lower middle."""
    high = max(18, line_height(12))
    box = QRectF(size.width() / 2 - 150, size.height() - 110, 300, high + 26)
    painter.setPen(QPen(QColor(DARK.line), 1))
    painter.setBrush(QColor(0, 0, 0, 215))
    painter.drawRoundedRect(box, 6, 6)
    inner = box.adjusted(12, 6, -12, -6)
    painter.setFont(face(12))
    painter.setPen(QColor(DARK.text))
    top = QRectF(inner.left(), inner.top(), inner.width(), high)
    painter.drawText(top, FLAGS_LEFT, stage)
    painter.setPen(QColor(DARK.muted))
    painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, left)
    track = QRectF(inner.left(), inner.bottom() - 6, inner.width(), 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(DARK.track))
    painter.drawRoundedRect(track, 2, 2)
    if fraction:
        painter.setBrush(QColor(DARK.accent))
        track.setWidth(track.width() * min(1.0, fraction))
        painter.drawRoundedRect(track, 2, 2)
