"""One viewport: paints a look at a picture, and turns gestures into the next look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport import paint, paint_layers
from medimg_workstation.viewport.slice_slider import SliceSlider
from medimg_workstation.viewport.state import Laid, Look, Overlays, Picture
from medimg_workstation.viewport.tools import TOOLS, Gesture
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from medimg.display import corner_text, viewing
from medimg.display.corner_text import CornerState
from medimg.display.levels import Levels, depth_of, draw, table, visible_box
from medimg.display.measures import value_at
from medimg.display.orientation import edges
from medimg.display.overlays import evidence_rgba
from medimg.display.scale_bar import scale_bar
from medimg.display.viewing import Frame, Point
from medimg.values.series import Series

#: Wheel units of one notch.
_NOTCH = 120
_LEGEND_WIDTH = 156.0
#: From the left edge to the scale of a map of the files, beside the orientation letter.
EDGE_OF_SCALE = 48.0
#: A viewport narrower than this shows the image without corner text.
NARROWEST_WITH_TEXT = 420


class Viewport(QWidget):
    """The image, black around it; everything on it is a value or a pure function of values."""

    look_changed = Signal(object)
    """The hand changed something; carries the new `Look`."""
    menu_wanted = Signal(QPoint)
    """A right click without a drag; carries the global place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewport")
        self.setAccessibleName("Image")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 200)
        self._picture: Picture | None = None
        self._look = Look()
        self._overlays = Overlays()
        self._message = ("", "", "read")
        self._loading: tuple[str, str, float | None] | None = None
        self._tool = "window"
        self._are_overlays_held = False
        self._press: tuple[Gesture, Look, Point] | None = None
        self._cursor: Point | None = None
        self._glass_cache: tuple[object, QPixmap] | None = None
        self._image_cache: tuple[object, QImage, QRectF] | None = None
        self._evidence_cache: tuple[object, QImage] | None = None
        self._table_cache: tuple[object, np.ndarray | None] | None = None
        self._slider = SliceSlider(self)
        self._slider.moved.connect(self.go_to_slice)
        self._slider.hide()
        self._wheel = 0

    @property
    def look(self) -> Look:
        """What is shown, as the hand left it."""
        return self._look

    @property
    def picture(self) -> Picture | None:
        """The image that is shown, if one is."""
        return self._picture

    def show_picture(self, picture: Picture | None, look: Look) -> None:
        """Put another image under the same glass."""
        self._picture, self._look = picture, look
        self._image_cache = self._table_cache = self._evidence_cache = None
        self._glass_cache = None
        self._press = None
        self._loading = None
        self._changed()

    def show_message(self, title: str, text: str, icon: str = "read") -> None:
        """Say what to do where there is no image."""
        self._picture, self._loading = None, None
        self._message = (title, text, icon)
        self.setAccessibleDescription(f"{title} {text}")
        self._slider.hide()
        self.update()

    def show_loading(self, stage: str, left: str, fraction: float | None) -> None:
        """Say how far loading is, over whatever image there still is."""
        self._loading = (stage, left, fraction)
        self.update()

    def show_overlays(self, overlays: Overlays) -> None:
        """Lay other regions or another map over the image."""
        self._overlays = overlays
        self.update()

    def hold_overlays(self, held: bool) -> None:
        """Hide everything that lies over the image while held."""
        self._are_overlays_held = held
        self.update()

    def toggle_overlays(self) -> None:
        """Hide everything that lies over the image, or show it again."""
        self.hold_overlays(not self._are_overlays_held)

    def choose_tool(self, name: str) -> None:
        """Give the left button another tool of `TOOLS`."""
        self._tool = name
        self._press = None

    def change(self, **changes: object) -> None:
        """Replace parts of the look and tell so."""
        self._set_look(replace(self._look, **changes))  # type: ignore[arg-type]

    def go_to_slice(self, index: int) -> None:
        """Show another slice, as far as there are any."""
        self.change(index=index)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle."""
        middle = (self.width() / 2, self.height() / 2)
        self.change(pose=viewing.zoomed(self._look.pose, self.frame(), factor, middle))

    def frame(self) -> Frame:
        """The image's and the viewport's size."""
        size = (float(self.width()), float(self.height()))
        if self._picture is None:
            return Frame((1, 1), 1.0, size)
        geometry = self._series().geometry
        return Frame(geometry.shape[1:], geometry.plane_spacing.aspect, size)

    def _series(self) -> Series:
        assert self._picture is not None
        return self._picture.levels.volume.series

    def _set_look(self, look: Look) -> None:
        if self._picture is None:
            return
        last = self._series().geometry.shape[0] - 1
        look = replace(look, index=min(last, max(0, look.index)))
        if look == self._look:
            return
        self._look = look
        self._changed()
        self.look_changed.emit(look)

    def _changed(self) -> None:
        if self._picture is not None:
            count = self._series().geometry.shape[0]
            self._slider.show_slices(count, self._look.index, self._picture.gaps)
            self.setAccessibleDescription(f"{self._series().label}, {self._look.index + 1}/{count}")
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        size = QSizeF(self.size())
        if self._picture is not None:
            self._paint_picture(painter, size)
        elif self._loading is None and self._message[0]:
            paint.paint_message(painter, self._message[0], self._message[1], size, self._message[2])
        if self._loading is not None:
            paint.paint_loading(painter, *self._loading, size)
        colour = DARK.accent if self._picture is not None else DARK.line
        painter.setPen(QPen(QColor(colour), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1))

    def _paint_picture(self, painter: QPainter, size: QSizeF) -> None:
        assert self._picture is not None
        frame, look = self.frame(), self._look
        matrix = viewing.to_screen(look.pose, frame)
        to_screen = paint.transform_of(matrix)
        painter.drawPixmap(0, 0, self._glass(frame, matrix))
        series = self._series()
        spacing = series.geometry.plane_spacing
        if not self._are_overlays_held:
            for ruler in look.rulers:
                if ruler.index == look.index:
                    paint.paint_ruler(painter, ruler, to_screen, spacing)
        box = to_screen.mapRect(_extent(frame))
        if self._overlays.evidence is not None and self._is_evidence_seen():
            paint.paint_legend(painter, self._overlays.evidence, self._legend_place(box))
        if (scaled := self._map_seen()) is not None:
            paint_layers.paint_map_scale(painter, scaled, (EDGE_OF_SCALE, size.height() * 0.36))
        paint.paint_letters(painter, edges(series, look.pose), box, size)
        paint.paint_marks(painter, self._picture.marks, size)
        zoom = viewing.zoom_of(look.pose, frame)
        widest = min(320.0, size.width() / 4)
        paint.paint_scale(painter, scale_bar(spacing, zoom, widest), size)
        if size.width() >= NARROWEST_WITH_TEXT:
            ratio = self.devicePixelRatio()
            seen = corner_text.Seen(look.index, look.window, zoom * ratio, self._under())
            paint.paint_corners(painter, corner_text.corners(series, seen, look.corners), size)

    def _is_evidence_seen(self) -> bool:
        overlays = self._overlays
        has = overlays.evidence is not None and overlays.is_evidence_shown
        return has and not self._are_overlays_held

    def _map_seen(self) -> Laid | None:
        """The first map of the files that is on this slice."""
        if self._are_overlays_held:
            return None
        maps = (laid for laid in self._overlays.shown_layers if laid.levels is not None)
        return next((laid for laid in maps if self._look.index in laid.layer.slices), None)

    def _glass(self, frame: Frame, matrix: np.ndarray) -> QPixmap:
        """Image, regions and map as one picture of the viewport; text over it changes oftener."""
        # A film is drawn at half its fineness while the hand moves, and whole again at rest.
        is_moving = self._press is not None and len(self._levels().volumes) > 1
        look = replace(self._look, rulers=(), corners=CornerState.OFF)
        key = (look, frame, is_moving, self._overlays, self._are_overlays_held)
        if self._glass_cache is None or self._glass_cache[0] != key:
            ratio = self.devicePixelRatio()
            pixmap = QPixmap(self.size() * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(QColor(0, 0, 0))
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            to_screen = paint.transform_of(matrix)
            image, over = self._grey(frame, matrix, is_moving=is_moving)
            paint.paint_image(painter, image, over, to_screen)
            if not self._are_overlays_held:
                self._paint_overlays(painter, to_screen, frame)
            painter.end()
            self._glass_cache = (key, pixmap)
        return self._glass_cache[1]

    def _paint_overlays(self, painter: QPainter, to_screen: QTransform, frame: Frame) -> None:
        overlays, index = self._overlays, self._look.index
        shown = [o for o in overlays.regions if o.region.label not in overlays.hidden]
        paths = [(o, paint.region_path(o, index, to_screen)) for o in shown]
        has_evidence = self._is_evidence_seen()
        for outlined, path in paths:
            paint.paint_fill(painter, path, outlined, under_evidence=has_evidence)
        if has_evidence:
            paint.paint_image(painter, self._evidence(), _extent(frame), to_screen)
        for outlined, path in paths:
            selected = outlined.region.label == overlays.selected
            paint.paint_outline(painter, path, outlined, selected=selected)
        self._paint_layers(painter, to_screen)

    def _paint_layers(self, painter: QPainter, to_screen: QTransform) -> None:
        """What others marked: maps first, lines over them, a shutter over all."""
        overlays, index = self._overlays, self._look.index
        for laid in overlays.shown_layers:
            paint_layers.paint_map(painter, laid, index, to_screen)
        for laid in overlays.shown_layers:
            selected = laid.key == overlays.selected_layer
            paint_layers.paint_layer(painter, laid, index, to_screen, selected=selected)
        if overlays.presentation is not None:
            paint_layers.paint_shutter(painter, overlays.presentation, index, to_screen)

    def _legend_place(self, image: QRectF) -> Point:
        """Beside the image where there is room, else over its right edge."""
        right = self.width() - paint.RIGHT_EDGE - _LEGEND_WIDTH + 8
        return (min(image.right() + 16, right), max(120.0, self.height() * 0.62 - 60))

    def _levels(self) -> Levels:
        assert self._picture is not None
        return self._picture.levels

    def _grey(self, frame: Frame, matrix: np.ndarray, *, is_moving: bool) -> tuple[QImage, QRectF]:
        look, prepared = self._look, self._levels()
        zoom = viewing.zoom_of(look.pose, frame) * self.devicePixelRatio()
        zoom = zoom / 2 if is_moving else zoom
        width, height = frame.size
        screen = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
        box = visible_box((screen @ np.linalg.inv(matrix).T)[:, :2], frame.shape)
        key = (look.index, look.window, look.is_inverted, depth_of(prepared, zoom), box)
        if self._image_cache is None or self._image_cache[0] != key:
            drawn = draw(prepared, look.index, look.window, zoom, self._table(), box)
            pixels = 255 - drawn.pixels if look.is_inverted else drawn.pixels
            at = drawn.box
            over = QRectF(at.left, at.top, at.right - at.left, at.bottom - at.top)
            self._image_cache = (key, paint.qimage(pixels), over)
        return self._image_cache[1], self._image_cache[2]

    def _table(self) -> np.ndarray | None:
        window = self._look.window
        if self._table_cache is None or self._table_cache[0] != window:
            made = table(self._levels(), window) if window is not None else None
            self._table_cache = (window, made)
        return self._table_cache[1]

    def _evidence(self) -> QImage:
        mapped, style = self._overlays.evidence, self._overlays.style
        assert mapped is not None
        key = (mapped, self._look.index, style)
        if self._evidence_cache is None or self._evidence_cache[0] != key:
            rgba = evidence_rgba(mapped.levels[self._look.index], style, signed=mapped.is_signed)
            self._evidence_cache = (key, paint.qimage(rgba))
        return self._evidence_cache[1]

    def _under(self) -> str:
        if self._cursor is None or self._picture is None:
            return ""
        point = viewing.to_image(self._look.pose, self.frame(), self._cursor)
        value = value_at(self._picture.levels.volume, self._look.index, point)
        return f"value {value} at {int(point[0]) + 1}, {int(point[1]) + 1}" if value else ""

    # Gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._picture is None:
            return
        names = {
            Qt.MouseButton.LeftButton: self._tool,
            Qt.MouseButton.MiddleButton: "pan",
            Qt.MouseButton.RightButton: "zoom",
        }
        if (name := names.get(event.button())) is not None:
            self._press = (TOOLS[name].drag, self._look, _point(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = _point(event.position())
        if self._press is None:
            self.update()
            return
        gesture, start_look, start = self._press
        self._set_look(gesture(start_look, self.frame(), start, self._cursor))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press, self._press = self._press, None
        self.update()
        if press is None or event.button() is not Qt.MouseButton.RightButton:
            return
        dx, dy = event.position().x() - press[2][0], event.position().y() - press[2][1]
        if abs(dx) + abs(dy) < 4:
            self._set_look(press[1])
            self.menu_wanted.emit(event.globalPosition().toPoint())

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._picture is None:
            return
        self._wheel += event.angleDelta().y()
        notches, self._wheel = int(self._wheel / _NOTCH), int(np.fmod(self._wheel, _NOTCH))
        if not notches:
            return
        is_single = self._series().geometry.shape[0] == 1
        if is_single or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            pose = viewing.zoomed(
                self._look.pose, self.frame(), 1.15**notches, _point(event.position())
            )
            self.change(pose=pose)
        else:
            self.change(index=self._look.index - notches)

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = self.height()
        top = max(60, height // 10)
        self._slider.setGeometry(self.width() - 18, top, 16, max(40, height - 2 * top))


def _extent(frame: Frame) -> QRectF:
    """The whole slice, (column, row) edges."""
    return QRectF(0, 0, frame.shape[1], frame.shape[0])


def _point(place: QPointF) -> Point:
    return place.x(), place.y()
