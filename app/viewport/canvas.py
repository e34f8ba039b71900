"""One viewport: paints a look at a picture, and turns gestures into the next look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport import paint, paint_annotations
from medimg_workstation.viewport.drawing_hand import DrawingHand, Press, is_click
from medimg_workstation.viewport.over_image import Over, paint_over
from medimg_workstation.viewport.refining import Refiner
from medimg_workstation.viewport.render import Renderer, Scene
from medimg_workstation.viewport.slice_slider import SliceSlider
from medimg_workstation.viewport.state import Look, Overlays, Picture, ReferenceLine, Surface
from medimg_workstation.viewport.tools import TOOLS, Tool, pointing
from medimg_workstation.work import Work
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from medimg.display.annotations import Annotation
from medimg.display.cuts import CutStack, stored
from medimg.display.pose import Frame, Point, to_screen, zoomed
from medimg.values.series import Series

#: Wheel units of one notch.
_NOTCH = 120
#: What a series dragged from the list is called; its data is the series' id.
SERIES_MIME = "application/x-medimg-series"


class Viewport(QWidget):
    """The image, black around it; everything on it is a value or a pure function of values."""

    look_changed = Signal(object)
    """The hand changed something; carries the new `Look`."""
    menu_wanted = Signal(QPoint)
    """A right click without a drag; carries the global place."""
    annotation_drawn = Signal(object)
    """The hand drew an `Annotation` to its end."""
    place_asked = Signal(object, bool)
    """The hand asked for what lies at a place to be outlined; carries the place of the volume's
    world, and whether it is inside (False with Alt: outside) what is meant."""
    planes_turned = Signal(float)
    """The hand turned the crosshair here; carries the degrees, clockwise in the cut."""
    activated = Signal()
    """The hand is at this viewport."""
    maximise_wanted = Signal()
    """A double click: this viewport alone, or all again."""
    series_dropped = Signal(str)
    """A series of the list was dropped here; carries its id."""

    def __init__(self, parent: QWidget | None = None, work: Work | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewport")
        self.setAccessibleName("Image")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setMinimumSize(120, 100)
        self._picture: Picture | None = None
        self._stack: CutStack | None = None
        self._look = Look()
        self._overlays = Overlays()
        self._annotations: tuple[Annotation, ...] = ()
        self._key_slices: frozenset[int] = frozenset()
        self._lines: tuple[ReferenceLine, ...] = ()
        self._message = ("", "", "read")
        self._loading: tuple[str, str, float | None] | None = None
        self._tool = "window"
        self._is_active, self._has_tag = True, False
        self._are_overlays_held = False
        self._press: Press | None = None
        self._hand = DrawingHand()
        self._is_turning = False
        self._cursor: Point | None = None
        self._renderer = Renderer()
        self._refiner = Refiner(self, self._renderer, work)
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

    @property
    def stack(self) -> CutStack | None:
        """The cuts that the viewport scrolls through."""
        return self._stack

    def show_picture(
        self, picture: Picture | None, look: Look, stack: CutStack | None = None
    ) -> None:
        """Put another image under the same overlays, its stored slices unless told otherwise."""
        if picture is not None and stack is None:
            stack = stored(picture.levels.volume.series.geometry)
        if picture is not self._picture or stack != self._stack:
            self._renderer.wipe()
        self._picture, self._look, self._stack = picture, look, stack
        self._press, self._loading = None, None
        self._hand.cancel()
        self._changed()

    def show_message(self, title: str, text: str, icon: str = "read") -> None:
        """Say what to do where there is no image."""
        self._picture, self._stack, self._loading = None, None, None
        self._message = (title, text, icon)
        self._renderer.wipe()
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

    def show_annotations(self, made: tuple[Annotation, ...], keys: frozenset[int]) -> None:
        """Draw other annotations; `keys` are indices of slices that the reader marked."""
        self._annotations, self._key_slices = made, keys
        self.update()

    def show_lines(self, lines: tuple[ReferenceLine, ...], *, has_tag: bool) -> None:
        """Draw where the planes of other viewports lie, and this one's colour before its name."""
        if (lines, has_tag) != (self._lines, self._has_tag):
            self._lines, self._has_tag = lines, has_tag
            self.update()

    def show_active(self, is_active: bool) -> None:
        """Frame the viewport in which keys and tools act."""
        self._is_active = is_active
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
        self.cancel()

    def cancel(self) -> None:
        """Give up what the hand is at; nothing that is done is undone."""
        self._press = None
        self._hand.cancel()
        self.update()

    def change(self, **changes: object) -> None:
        """Replace parts of the look and tell so."""
        self._set_look(replace(self._look, **changes))  # type: ignore[arg-type]

    def follow(self, look: Look) -> None:
        """Take a look that another viewport led to; nobody is told."""
        if self._picture is not None and (kept := self._within(look)) != self._look:
            self._look = kept
            self._changed()

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
        if self._stack is None:
            return Frame((1, 1), 1.0, size)
        first = self._stack.first
        return Frame(first.shape, first.spacing_mm[0] / first.spacing_mm[1], size)

    def surface(self) -> Surface:
        """The cut that is shown, as it lies on the screen."""
        assert self._stack is not None
        return Surface(self.frame(), self._stack.cut(self._look.index))

    def _series(self) -> Series:
        assert self._picture is not None
        return self._picture.levels.volume.series

    def _within(self, look: Look) -> Look:
        count = self._stack.count if self._stack is not None else 1
        return replace(look, index=min(count - 1, max(0, look.index)))

    def _set_look(self, look: Look) -> None:
        if self._picture is None:
            return
        look = self._within(look)
        if look == self._look:
            return
        self._look = look
        self._changed()
        self.look_changed.emit(look)

    def _changed(self) -> None:
        if self._picture is not None and self._stack is not None:
            count = self._stack.count
            gaps = self._picture.gaps if self._stack.is_stored else ()
            self._slider.show_slices(count, self._look.index, gaps)
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
            is_marked = self._is_active and self._picture is not None
            painter.setPen(QPen(QColor(DARK.accent if is_marked else DARK.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1))

    def _paint_picture(self, painter: QPainter, size: QSizeF) -> None:
        assert self._picture is not None
        scene = self._scene()
        whole = self._renderer.draw(scene)
        painter.drawPixmap(0, 0, whole)
        over = Over(
            self._picture,
            scene,
            self._annotations,
            self._hand.shown,
            self._lines,
            self._cursor,
            self._look.index in self._key_slices,
            self._has_tag,
        )
        paint_over(painter, over, size)
        if self._press is not None and self._press.tool.is_lens and self._cursor is not None:
            paint_annotations.paint_lens(painter, whole, QPointF(*self._cursor), size)
        self._refiner.see(scene.levels)

    def _scene(self) -> Scene:
        assert self._picture is not None and self._stack is not None
        frame = self.frame()
        return Scene(
            self._picture.levels,
            self._stack,
            self._look,
            self._overlays,
            frame,
            to_screen(self._look.pose, frame),
            is_held=self._are_overlays_held,
            is_moving=self._press is not None and len(self._picture.levels.volumes) > 1,
            size=self.size(),
            ratio=self.devicePixelRatio(),
        )

    # Gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        if self._picture is None:
            return
        names = {
            Qt.MouseButton.LeftButton: self._tool,
            Qt.MouseButton.MiddleButton: "pan",
            Qt.MouseButton.RightButton: "zoom",
        }
        if (name := names.get(event.button())) is None:
            return
        start = _point(event.position())
        self._press, self._cursor = Press(TOOLS[name], self._look, start), start
        self._hand.press()
        self._is_turning = self._may_turn(TOOLS[name], event)
        if TOOLS[name].acts_at_once and not self._is_turning:
            self._set_look(TOOLS[name].drag(self._look, self.surface(), start, start))
        self.update()

    def _may_turn(self, tool: Tool, event: QMouseEvent) -> bool:
        """Whether a drag turns the other planes about the crosshair: with Ctrl, away from it."""
        has_key = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return has_key and tool is TOOLS["crosshair"] and self._look.point is not None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before, self._cursor = self._cursor, _point(event.position())
        press = self._press
        if press is not None and self._is_turning and before is not None:
            self.planes_turned.emit(pointing.turn(self._look, self.surface(), before, self._cursor))
            return
        if press is None:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._picture is not None:
                tool = TOOLS["crosshair"]
                self._set_look(tool.drag(self._look, self.surface(), self._cursor, self._cursor))
            self.update()
        elif press.tool.draws:
            kind = press.tool.draws
            self._hand.drag(kind, self._look, self.surface(), press.start, self._cursor)
            self.update()
        elif press.tool.is_lens:
            self.update()
        else:
            self._set_look(press.tool.drag(press.look, self.surface(), press.start, self._cursor))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press, self._press = self._press, None
        self.update()
        if press is None:
            return
        now = _point(event.position())
        if press.tool.asks:
            inside = not event.modifiers() & Qt.KeyboardModifier.AltModifier
            self.place_asked.emit(self.surface().place(self._look.pose, now), inside)
        elif press.tool.draws:
            kind = press.tool.draws
            made = self._hand.release(kind, self._look, self.surface(), press.start, now)
            if made is not None:
                self.annotation_drawn.emit(made)
        elif event.button() is Qt.MouseButton.RightButton and is_click(press.start, now):
            self._set_look(press.look)
            self.menu_wanted.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not TOOLS[self._tool].draws:
            self.maximise_wanted.emit()

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._picture is None or self._stack is None:
            return
        self.activated.emit()
        self._wheel += event.angleDelta().y()
        notches, self._wheel = int(self._wheel / _NOTCH), int(np.fmod(self._wheel, _NOTCH))
        if not notches:
            return
        is_single = self._stack.count == 1
        if is_single or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            pose = zoomed(self._look.pose, self.frame(), 1.15**notches, _point(event.position()))
            self.change(pose=pose)
        else:
            self.change(index=self._look.index - notches)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(SERIES_MIME):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        if event.mimeData().hasFormat(SERIES_MIME):
            event.acceptProposedAction()
            self.series_dropped.emit(bytes(event.mimeData().data(SERIES_MIME).data()).decode())

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = self.height()
        top = max(60, height // 10)
        self._slider.setGeometry(self.width() - 18, top, 16, max(40, height - 2 * top))


def _point(place: QPointF) -> Point:
    return place.x(), place.y()
