"""Image, regions, layers and map as one picture of the viewport; text over it changes oftener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from medimg_workstation.viewport import paint, paint_layers
from medimg_workstation.viewport.on_cut import OnCut
from medimg_workstation.viewport.state import Look, Overlays
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap, QTransform

from medimg.display.corner_text import CornerState
from medimg.display.cuts import Cut, CutStack, Slab, world_affine
from medimg.display.levels import (
    CutValues,
    Levels,
    depth_of,
    draw,
    on_cut,
    table,
    visible_box,
    windowed,
)
from medimg.display.overlays import evidence_rgba
from medimg.display.pose import Frame, zoom_of
from medimg.display.sampling import is_on_grid, planes_of

#: Voxels that may be interpolated on the window's thread: about 20 ms.
AT_ONCE = 130_000


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is to be drawn, and on what.

    Attributes:
        stack: Of cuts; the look's index tells which.
        matrix: (3, 3), (column, row, 1) to screen pixels.
        is_held: Whether all that lies over the image is hidden.
        is_moving: A film is drawn at half its fineness while the hand moves, and whole at rest.
        size, ratio: Of the viewport, and device pixels per screen pixel.
    """

    levels: Levels
    stack: CutStack
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

    @property
    def is_plain(self) -> bool:
        """Whether a stored slice is drawn as it is, so that its halved copies can be used."""
        return self.stack.is_stored and not self.look.slab.thickness_mm


#: Cut and slab of which values are wanted.
Wanted = tuple[Cut, Slab]


class Renderer:
    """Draws scenes, and keeps of the last one what the next one shares with it.

    A cut that takes long to interpolate is first drawn coarsely; `wanted` then names it, and
    `give` takes its values, which another thread may compute (`computed`).
    """

    def __init__(self) -> None:
        self.wanted: Wanted | None = None
        self.wipe()

    def wipe(self) -> None:
        """Forget all: another image lies under it."""
        self._whole: tuple[object, QPixmap] | None = None
        self._over: tuple[object, QPixmap] | None = None
        self._image: tuple[object, QImage, QRectF] | None = None
        self._evidence: tuple[object, QImage] | None = None
        self._table: tuple[object, np.ndarray | None] | None = None
        self._values: tuple[object, CutValues] | None = None
        self._on_cut: tuple[Levels, OnCut] | None = None
        self.wanted = None

    def give(self, wanted: Wanted, values: CutValues) -> None:
        """Take the values of a cut that was drawn coarsely."""
        self._values = (wanted, values)
        self._whole = self._image = None

    def draw(self, scene: Scene) -> QPixmap:
        """The whole picture."""
        look = replace(scene.look, corners=CornerState.OFF, point=None)
        key = (
            *(look, scene.stack, scene.frame, scene.is_moving),
            *(scene.overlays, scene.is_held, scene.ratio),
        )
        if self._whole is None or self._whole[0] != key:
            pixmap = _pane(scene, QColor(0, 0, 0))
            painter = _painter(pixmap)
            to_screen = paint.transform_of(scene.matrix)
            image, over = self._grey(scene)
            paint.paint_image(painter, image, over, to_screen, is_blocky=look.is_blocky)
            if not scene.is_held and scene.overlays.is_anything:
                painter.drawPixmap(0, 0, self._laid_over(scene, to_screen))
            painter.end()
            self._whole = (key, pixmap)
        return self._whole[1]

    def _overlay_cuts(self, scene: Scene) -> OnCut:
        if self._on_cut is None or self._on_cut[0] is not scene.levels:
            self._on_cut = (scene.levels, OnCut(scene.levels.volume.series.geometry))
        return self._on_cut[1]

    def _laid_over(self, scene: Scene, to_screen: QTransform) -> QPixmap:
        """All that lies over the image; a change of the window alone does not draw it anew."""
        look = scene.look
        key = (look.index, scene.stack, look.pose, scene.frame, scene.overlays, scene.ratio)
        if self._over is None or self._over[0] != key:
            pixmap = _pane(scene, QColor(Qt.GlobalColor.transparent))
            painter = _painter(pixmap)
            self._paint_findings(painter, scene, to_screen)
            _paint_layers(painter, scene, self._overlay_cuts(scene), to_screen)
            painter.end()
            self._over = (key, pixmap)
        return self._over[1]

    def _paint_findings(self, painter: QPainter, scene: Scene, to_screen: QTransform) -> None:
        """The model's: fills, the map of evidence over them, outlines over all."""
        overlays, index = scene.overlays, scene.look.index
        shown = [o for o in overlays.regions if o.region.id not in overlays.hidden]
        cuts = self._overlay_cuts(scene)
        paths = [
            (o, paint.region_path(cuts.polygons(o, scene.stack, index), to_screen)) for o in shown
        ]
        for outlined, path in paths:
            paint.paint_fill(painter, path, outlined, under_evidence=scene.is_evidence_seen)
        if scene.is_evidence_seen:
            paint.paint_image(painter, self._map(scene), extent(scene.frame), to_screen)
        for outlined, path in paths:
            selected = outlined.region.id == overlays.selected
            paint.paint_outline(painter, path, outlined, selected=selected)

    def _grey(self, scene: Scene) -> tuple[QImage, QRectF]:
        return self._stored_slice(scene) if scene.is_plain else self._cut(scene)

    def _stored_slice(self, scene: Scene) -> tuple[QImage, QRectF]:
        look, frame, levels = scene.look, scene.frame, scene.levels
        zoom = zoom_of(look.pose, frame) * scene.ratio
        zoom = zoom / 2 if scene.is_moving and len(levels.volumes) > 1 else zoom
        width, height = frame.size
        screen = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
        box = visible_box((screen @ np.linalg.inv(scene.matrix).T)[:, :2], frame.shape)
        key = (look.index, look.window, look.is_inverted, depth_of(levels, zoom), box)
        if self._image is None or self._image[0] != key:
            drawn = draw(levels, look.index, look.window, zoom, self._greys(scene), box)
            at = drawn.box
            over = QRectF(at.left, at.top, at.right - at.left, at.bottom - at.top)
            self._image = (key, _image(drawn.pixels, look), over)
        return self._image[1], self._image[2]

    def _cut(self, scene: Scene) -> tuple[QImage, QRectF]:
        look = scene.look
        cut = scene.stack.cut(look.index)
        values = self._cut_values(scene, cut)
        key = (id(values), look.window, look.is_inverted)
        if self._image is None or self._image[0] != key:
            pixels = windowed(scene.levels, values, look.window, self._greys(scene))
            self._image = (key, _image(pixels, look), extent(scene.frame))
        return self._image[1], self._image[2]

    def _cut_values(self, scene: Scene, cut: Cut) -> CutValues:
        """Values of a cut, kept while the window alone changes; coarse where they take long."""
        wanted = (cut, scene.look.slab)
        if self._values is not None and self._values[0] == wanted:
            return self._values[1]
        affine = world_affine(scene.levels.volume.series.geometry)
        cost = 0
        if not is_on_grid(affine, cut):
            cost = cut.shape[0] * cut.shape[1] * planes_of(affine, cut, scene.look.slab)
        if cost <= AT_ONCE:
            made = on_cut(scene.levels, cut, scene.look.slab)
            self._values, self.wanted = (wanted, made), None
            return made
        self.wanted = wanted
        coarse = coarser(cut, (cost / AT_ONCE) ** 0.5)
        key = (coarse, scene.look.slab)
        if self._values is None or self._values[0] != key:
            self._values = (key, on_cut(scene.levels, coarse, scene.look.slab))
        return self._values[1]

    def _greys(self, scene: Scene) -> np.ndarray | None:
        window = scene.look.window
        if self._table is None or self._table[0] != window:
            made = table(scene.levels, window) if window is not None else None
            self._table = (window, made)
        return self._table[1]

    def _map(self, scene: Scene) -> QImage:
        mapped, style, index = scene.overlays.evidence, scene.overlays.style, scene.look.index
        assert mapped is not None
        key = (mapped, scene.stack, index, style)
        if self._evidence is None or self._evidence[0] != key:
            levels = self._overlay_cuts(scene).evidence(mapped, scene.stack, index)
            rgba = evidence_rgba(levels, style, signed=mapped.is_signed)
            self._evidence = (key, paint.qimage(rgba))
        return self._evidence[1]


def computed(levels: Levels, wanted: Wanted) -> Callable[[], CutValues]:
    """What another thread does for a cut that takes long."""
    return lambda: on_cut(levels, *wanted)


def coarser(cut: Cut, factor: float) -> Cut:
    """The same rectangle in larger pixels."""
    rows, columns = (max(1, round(n / factor)) for n in cut.shape)
    step = (
        cut.spacing_mm[0] * cut.shape[0] / rows,
        cut.spacing_mm[1] * cut.shape[1] / columns,
    )
    corner = cut.matrix[:, 2]
    origin = corner + (np.array(cut.down) * step[0] + np.array(cut.right) * step[1]) / 2
    x, y, z = (float(v) for v in origin)
    return replace(cut, origin=(x, y, z), spacing_mm=step, shape=(rows, columns))


def extent(frame: Frame) -> QRectF:
    """The whole slice, (column, row) edges."""
    return QRectF(0, 0, frame.shape[1], frame.shape[0])


def _image(pixels: np.ndarray, look: Look) -> QImage:
    return paint.qimage(255 - pixels if look.is_inverted else pixels)


def _paint_layers(painter: QPainter, scene: Scene, cuts: OnCut, to_screen: QTransform) -> None:
    """What others marked: maps first, lines over them, a shutter over all."""
    overlays, index = scene.overlays, scene.look.index
    for laid in overlays.shown_layers:
        paint_layers.paint_map(painter, cuts.layer_map(laid, scene.stack, index), to_screen)
    for laid in overlays.shown_layers:
        selected = laid.key == overlays.selected_layer
        shapes = cuts.shapes(laid, scene.stack, index)
        paint_layers.paint_layer(painter, laid, shapes, to_screen, selected=selected)
    if overlays.presentation is not None and scene.stack.is_stored:
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
