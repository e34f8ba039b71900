"""One viewport: paints a look at a picture, and turns gestures into the next look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport import paint, paint_layers
from medimg_workstation.viewport.composite import Composite, Scene, extent
from medimg_workstation.viewport.slice_slider import SliceSlider
from medimg_workstation.viewport.state import Laid, Look, Overlays, Picture
from medimg_workstation.viewport.tools import TOOLS, Gesture
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from medimg.display import corner_text
from medimg.display.measures import value_at
from medimg.display.orientation import edges
from medimg.display.pose import Frame, Point, to_image, to_screen, zoom_of, zoomed
from medimg.display.scale_bar import scale_bar
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
        self._composite = Composite()
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
        """Put another image under the same overlays."""
        self._picture, self._look = picture, look
        self._composite.wipe()
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
        self.change(pose=zoomed(self._look.pose, self.frame(), factor, middle))

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
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            size = QSizeF(self.size())
            if self._picture is not None:
                self._paint_picture(painter, size)
            elif self._loading is None and self._message[0]:
                paint.paint_message(
                    painter, self._message[0], self._message[1], size, self._message[2]
                )
            if self._loading is not None:
                paint.paint_loading(painter, *self._loading, size)
            colour = DARK.accent if self._picture is not None else DARK.line
            painter.setPen(QPen(QColor(colour), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1))

    def _paint_picture(self, painter: QPainter, size: QSizeF) -> None:
        assert self._picture is not None
        frame, look = self.frame(), self._look
        matrix = to_screen(look.pose, frame)
        transform = paint.transform_of(matrix)
        scene = self._scene(frame, matrix)
        painter.drawPixmap(0, 0, self._composite.draw(scene))
        series = self._series()
        spacing = self._overlays.doubted_spacing or series.geometry.plane_spacing
        if not self._are_overlays_held:
            for ruler in look.rulers:
                if ruler.index == look.index:
                    paint.paint_ruler(painter, ruler, transform, spacing)
        box = transform.mapRect(extent(frame))
        if scene.is_evidence_seen and self._overlays.evidence is not None:
            paint.paint_legend(painter, self._overlays.evidence, self._legend_place(box))
        if (scaled := self._map_seen()) is not None:
            paint_layers.paint_map_scale(painter, scaled, (EDGE_OF_SCALE, size.height() * 0.36))
        paint.paint_letters(painter, edges(series, look.pose), box, size)
        paint.paint_marks(painter, self._picture.marks, size)
        zoom = zoom_of(look.pose, frame)
        widest = min(320.0, size.width() / 4)
        paint.paint_scale(painter, scale_bar(spacing, zoom, widest), size)
        if size.width() >= NARROWEST_WITH_TEXT:
            ratio = self.devicePixelRatio()
            seen = corner_text.Seen(look.index, look.window, zoom * ratio, self._under())
            paint.paint_corners(painter, corner_text.corners(series, seen, look.corners), size)

    def _scene(self, frame: Frame, matrix: np.ndarray) -> Scene:
        assert self._picture is not None
        levels = self._picture.levels
        return Scene(
            levels,
            self._look,
            self._overlays,
            frame,
            matrix,
            is_held=self._are_overlays_held,
            is_moving=self._press is not None and len(levels.volumes) > 1,
            size=self.size(),
            ratio=self.devicePixelRatio(),
        )

    def _map_seen(self) -> Laid | None:
        """The first map of the files that is on this slice."""
        if self._are_overlays_held:
            return None
        maps = (laid for laid in self._overlays.shown_layers if laid.levels is not None)
        return next((laid for laid in maps if self._look.index in laid.layer.slices), None)

    def _legend_place(self, image: QRectF) -> Point:
        """Beside the image where there is room, else over its right edge."""
        right = self.width() - paint.RIGHT_EDGE - _LEGEND_WIDTH + 8
        return (min(image.right() + 16, right), max(120.0, self.height() * 0.62 - 60))

    def _under(self) -> str:
        if self._cursor is None or self._picture is None:
            return ""
        point = to_image(self._look.pose, self.frame(), self._cursor)
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
            pose = zoomed(self._look.pose, self.frame(), 1.15**notches, _point(event.position()))
            self.change(pose=pose)
        else:
            self.change(index=self._look.index - notches)

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = self.height()
        top = max(60, height // 10)
        self._slider.setGeometry(self.width() - 18, top, 16, max(40, height - 2 * top))


def _point(place: QPointF) -> Point:
    return place.x(), place.y()
