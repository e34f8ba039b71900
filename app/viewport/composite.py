"""Image, regions, layers and map as one picture of the viewport; text over it changes oftener."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from medimg_workstation.viewport import paint, paint_layers
from medimg_workstation.viewport.state import Look, Overlays
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap, QTransform

from medimg.display.corner_text import CornerState
from medimg.display.levels import Levels, depth_of, draw, table, visible_box
from medimg.display.overlays import evidence_rgba
from medimg.display.pose import Frame, zoom_of


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is to be drawn, and on what.

    Attributes:
        matrix: (3, 3), (column, row, 1) to screen pixels.
        is_held: Whether all that lies over the image is hidden.
        is_moving: A film is drawn at half its fineness while the hand moves, and whole at rest.
        size, ratio: Of the viewport, and device pixels per screen pixel.
    """

    levels: Levels
    look: Look
    overlays: Overlays
    frame: Frame
    matrix: np.ndarray
    is_held: bool
    is_moving: bool
    size: QSize
    ratio: float

    @property
    def is_evidence_seen(self) -> bool:
        """Whether the map of evidence is drawn."""
        has = self.overlays.evidence is not None and self.overlays.is_evidence_shown
        return has and not self.is_held


class Composite:
    """Draws scenes, and keeps of the last one what the next one shares with it."""

    def __init__(self) -> None:
        self._whole: tuple[object, QPixmap] | None = None
        self._over: tuple[object, QPixmap] | None = None
        self._image: tuple[object, QImage, QRectF] | None = None
        self._evidence: tuple[object, QImage] | None = None
        self._table: tuple[object, np.ndarray | None] | None = None

    def wipe(self) -> None:
        """Forget all: another image lies under it."""
        self._whole = self._over = self._image = self._evidence = self._table = None

    def draw(self, scene: Scene) -> QPixmap:
        """The whole picture."""
        look = replace(scene.look, rulers=(), corners=CornerState.OFF)
        key = (look, scene.frame, scene.is_moving, scene.overlays, scene.is_held, scene.ratio)
        if self._whole is None or self._whole[0] != key:
            pixmap = _pane(scene, QColor(0, 0, 0))
            painter = _painter(pixmap)
            to_screen = paint.transform_of(scene.matrix)
            image, over = self._grey(scene)
            paint.paint_image(painter, image, over, to_screen)
            if not scene.is_held and scene.overlays.is_anything:
                painter.drawPixmap(0, 0, self._laid_over(scene, to_screen))
            painter.end()
            self._whole = (key, pixmap)
        return self._whole[1]

    def _laid_over(self, scene: Scene, to_screen: QTransform) -> QPixmap:
        """All that lies over the image; a change of the window alone does not draw it anew."""
        key = (scene.look.index, scene.look.pose, scene.frame, scene.overlays, scene.ratio)
        if self._over is None or self._over[0] != key:
            pixmap = _pane(scene, QColor(Qt.GlobalColor.transparent))
            painter = _painter(pixmap)
            self._paint_findings(painter, scene, to_screen)
            _paint_layers(painter, scene, to_screen)
            painter.end()
            self._over = (key, pixmap)
        return self._over[1]

    def _paint_findings(self, painter: QPainter, scene: Scene, to_screen: QTransform) -> None:
        """The model's: fills, the map of evidence over them, outlines over all."""
        overlays, index = scene.overlays, scene.look.index
        shown = [o for o in overlays.regions if o.region.id not in overlays.hidden]
        paths = [(o, paint.region_path(o, index, to_screen)) for o in shown]
        for outlined, path in paths:
            paint.paint_fill(painter, path, outlined, under_evidence=scene.is_evidence_seen)
        if scene.is_evidence_seen:
            paint.paint_image(painter, self._map(scene), extent(scene.frame), to_screen)
        for outlined, path in paths:
            selected = outlined.region.id == overlays.selected
            paint.paint_outline(painter, path, outlined, selected=selected)

    def _grey(self, scene: Scene) -> tuple[QImage, QRectF]:
        look, frame, levels = scene.look, scene.frame, scene.levels
        zoom = zoom_of(look.pose, frame) * scene.ratio
        zoom = zoom / 2 if scene.is_moving else zoom
        width, height = frame.size
        screen = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
        box = visible_box((screen @ np.linalg.inv(scene.matrix).T)[:, :2], frame.shape)
        key = (look.index, look.window, look.is_inverted, depth_of(levels, zoom), box)
        if self._image is None or self._image[0] != key:
            drawn = draw(levels, look.index, look.window, zoom, self._greys(scene), box)
            pixels = 255 - drawn.pixels if look.is_inverted else drawn.pixels
            at = drawn.box
            over = QRectF(at.left, at.top, at.right - at.left, at.bottom - at.top)
            self._image = (key, paint.qimage(pixels), over)
        return self._image[1], self._image[2]

    def _greys(self, scene: Scene) -> np.ndarray | None:
        window = scene.look.window
        if self._table is None or self._table[0] != window:
            made = table(scene.levels, window) if window is not None else None
            self._table = (window, made)
        return self._table[1]

    def _map(self, scene: Scene) -> QImage:
        mapped, style, index = scene.overlays.evidence, scene.overlays.style, scene.look.index
        assert mapped is not None
        key = (mapped, index, style)
        if self._evidence is None or self._evidence[0] != key:
            rgba = evidence_rgba(mapped.levels[index], style, signed=mapped.is_signed)
            self._evidence = (key, paint.qimage(rgba))
        return self._evidence[1]


def extent(frame: Frame) -> QRectF:
    """The whole slice, (column, row) edges."""
    return QRectF(0, 0, frame.shape[1], frame.shape[0])


def _paint_layers(painter: QPainter, scene: Scene, to_screen: QTransform) -> None:
    """What others marked: maps first, lines over them, a shutter over all."""
    overlays, index = scene.overlays, scene.look.index
    for laid in overlays.shown_layers:
        paint_layers.paint_map(painter, laid, index, to_screen)
    for laid in overlays.shown_layers:
        selected = laid.key == overlays.selected_layer
        paint_layers.paint_layer(painter, laid, index, to_screen, selected=selected)
    if overlays.presentation is not None:
        paint_layers.paint_shutter(painter, overlays.presentation, index, to_screen)


def _pane(scene: Scene, ground: QColor) -> QPixmap:
    """An empty picture of the viewport's size."""
    pixmap = QPixmap(scene.size * scene.ratio)
    pixmap.setDevicePixelRatio(scene.ratio)
    pixmap.fill(ground)
    return pixmap


def _painter(pixmap: QPixmap) -> QPainter:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter
