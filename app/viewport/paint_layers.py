"""Painting of what the files say: lines, maps with their scale, shutters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from medimg_workstation.theme import face
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport.on_cut import Patch
from medimg_workstation.viewport.paint import (
    FLAGS_LEFT,
    paint_image,
    paint_plate,
    paint_tag,
    polygon,
    qimage,
)
from medimg_workstation.viewport.state import Laid
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from medimg.display.contours import thinned
from medimg.display.layers import map_table, scale_words, shutter_rgba
from medimg.display.overlays import OUTLINE_PX, SELECTED_OUTLINE_PX, legend_rgb
from medimg.display.pose import Point
from medimg.values.layers import Presentation, Shape

#: Points of an outline nearer to one another on the screen are drawn as one.
POINT_STEP_PX = 2.0


def layer_path(shapes: Sequence[Shape], to_screen: QTransform) -> QPainterPath:
    """All lines of a layer on one cut, in screen pixels."""
    path = QPainterPath()
    step = POINT_STEP_PX / max(1e-6, abs(to_screen.determinant()) ** 0.5)
    for shape in shapes:
        if len(shape.points) > 1:
            path.addPolygon(to_screen.map(polygon(thinned(shape.points, step))))
            if shape.is_closed:
                path.closeSubpath()
    return path


def paint_layer(
    painter: QPainter,
    laid: Laid,
    shapes: Sequence[Shape],
    to_screen: QTransform,
    *,
    selected: bool,
) -> None:
    """A layer of the files: lines at full strength, dashed where drawn on another series."""
    pen = QPen(QColor(*laid.colour), SELECTED_OUTLINE_PX if selected else OUTLINE_PX)
    # Round joins and square ends cost twice the time, and cannot be told apart at this width.
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if not laid.layer.is_own_series:
        pen.setDashPattern([4.0, 3.0])
    painter.strokePath(layer_path(shapes, to_screen), pen)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shape in shapes:
        if len(shape.points) == 1 and not shape.text:
            _cross(painter, to_screen.map(polygon(shape.points))[0])
        if shape.text:
            _words(painter, shape, to_screen)


def _words(painter: QPainter, shape: Shape, to_screen: QTransform) -> None:
    """What is written beside a shape: above its highest point."""
    first = min(to_screen.map(polygon(shape.points)), key=lambda point: point.y())
    for place, text in enumerate(shape.text.splitlines()):
        paint_tag(painter, text, QPointF(first.x(), first.y() - 14 + 18 * place))


def _cross(painter: QPainter, at: QPointF) -> None:
    painter.drawLine(at - QPointF(6, 0), at + QPointF(6, 0))
    painter.drawLine(at - QPointF(0, 6), at + QPointF(0, 6))


def paint_map(painter: QPainter, patch: Patch | None, to_screen: QTransform) -> None:
    """A map of the files over its box on one cut."""
    if patch is None:
        return
    at = patch.box
    over = QRectF(at.left, at.top, at.right - at.left, at.bottom - at.top)
    paint_image(painter, qimage(map_table()[patch.levels]), over, to_screen)


def paint_map_scale(painter: QPainter, laid: Laid, at: Point) -> None:
    """The scale of a map of the files: its name, its ends, their unit. 108 x 188 from `at`."""
    x, y = at
    paint_plate(painter, QRectF(x - 8, y - 8, 116, 188))
    painter.setPen(QColor(DARK.text))
    painter.setFont(face(11, 600))
    name = painter.fontMetrics().elidedText(laid.layer.name, Qt.TextElideMode.ElideRight, 102)
    painter.drawText(QRectF(x, y, 104, 15), FLAGS_LEFT, name)
    bar = QRectF(x, y + 22, 14, 120)
    rows = legend_rgb(120, signed=False)[::-1]
    painter.drawImage(bar, qimage(np.repeat(rows[:, None], 14, axis=1)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(DARK.line), 1))
    painter.drawRect(bar)
    painter.setPen(QColor(DARK.text))
    painter.setFont(face(11))
    for text, share in zip(scale_words(laid.layer), (0.04, 0.96), strict=True):
        place = QRectF(x + 22, bar.top() + share * bar.height() - 8, 84, 16)
        painter.drawText(place, FLAGS_LEFT, text)
    painter.setPen(QColor(DARK.muted))
    painter.drawText(QRectF(x, bar.bottom() + 6, 104, 15), FLAGS_LEFT, "from the file")


def paint_shutter(
    painter: QPainter, shown: Presentation, index: int, to_screen: QTransform
) -> None:
    """The grey of a presentation state where it shuts the image off."""
    if shown.shutter is None or index not in shown.slices:
        return
    rows, columns = shown.shutter.shape
    image = qimage(shutter_rgba(shown.shutter, shown.shutter_grey))
    paint_image(painter, image, QRectF(0, 0, columns, rows), to_screen)
