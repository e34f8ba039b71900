"""Text, letters, scale and lines over the image of a viewport: all that is no picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from medimg_workstation.viewport import paint, paint_annotations, paint_layers
from medimg_workstation.viewport.render import Scene, extent
from medimg_workstation.viewport.state import Laid, Picture, ReferenceLine, Surface
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QPainter

from medimg.display import corner_text
from medimg.display.annotations import KINDS, Annotation, is_on
from medimg.display.cuts import letters, spacing_of
from medimg.display.measures import value_at
from medimg.display.orientation import edges
from medimg.display.overlays import PLANE_COLOURS
from medimg.display.pose import Point, zoom_of
from medimg.display.scale_bar import scale_bar
from medimg.values.volume import Volume

LEGEND_WIDTH = 156.0
#: From the left edge to the scale of a map of the files, beside the orientation letter.
EDGE_OF_SCALE = 48.0
#: A viewport narrower than this shows the image without corner text.
NARROWEST_WITH_TEXT = 300
#: In a viewport smaller than this there is no scale bar: it would cover the image.
LOWEST_WITH_SCALE = 260
#: Lines of corner text of a viewport narrower than this: who, and where.
NARROW, NARROW_LINES = 640, 3
#: Up to which width of a viewport the scale bar's top lies how far over the lower edge: above
#: three lines of corner text, above four, beside them.
SCALE_ABOVE = ((NARROW, 94.0), (900, 108.0), (float("inf"), 64.0))


@dataclass(frozen=True, slots=True, eq=False)
class Over:
    """What is drawn over the picture of a scene.

    Attributes:
        annotations: All of the volume; those on this cut are drawn.
        drawing: The one that the hand is at.
        cursor: Where the hand is, on the screen; None while it is elsewhere.
        is_key: Whether the reader marked this image.
        has_tag: Whether the plane's colour stands before its name.
    """

    picture: Picture
    scene: Scene
    annotations: tuple[Annotation, ...] = ()
    drawing: Annotation | None = None
    lines: tuple[ReferenceLine, ...] = ()
    cursor: Point | None = None
    is_key: bool = False
    has_tag: bool = False


def paint_over(painter: QPainter, over: Over, size: QSizeF) -> None:
    """Lines and measures first, words over them."""
    scene, look = over.scene, over.scene.look
    transform = paint.transform_of(scene.matrix)
    series = scene.levels.volume.series
    cut = scene.stack.cut(look.index)
    if not scene.is_held:
        open_at = None
        if look.point is not None:
            column, row = cut.to_pixels(np.array(look.point))[0]
            open_at = (float(column), float(row))
        paint_annotations.paint_reference(painter, over.lines, transform, open_at)
        _paint_annotations(painter, over)
    box = transform.mapRect(extent(scene.frame))
    _paint_legends(painter, over, box, size)
    is_placed = series.geometry.affine is not None and not scene.stack.is_stored
    seen_letters = letters(cut, look.pose) if is_placed else edges(series, look.pose)
    paint.paint_letters(painter, seen_letters, box, size)
    marks = (("key image",) if over.is_key else ()) + over.picture.marks
    paint.paint_marks(painter, marks, size)
    zoom = zoom_of(look.pose, scene.frame)
    if size.height() >= LOWEST_WITH_SCALE:
        geometry = _measured(over).series.geometry
        spacing = spacing_of(cut, geometry, is_stored=scene.stack.is_stored)
        widest = min(320.0, size.width() / 4)
        above = next(above for width, above in SCALE_ABOVE if size.width() < width)
        paint.paint_scale(painter, scale_bar(spacing, zoom, widest), size, above)
    if size.width() >= NARROWEST_WITH_TEXT:
        _paint_corners(painter, over, zoom * scene.ratio, size)


def _paint_corners(painter: QPainter, over: Over, zoom: float, size: QSizeF) -> None:
    scene = over.scene
    look, stack = scene.look, scene.stack
    seen = corner_text.Seen(
        *(stack, look.index, look.window, zoom, _under_cursor(over), look.slab),
        is_named=over.has_tag,
    )
    shown = corner_text.corners(scene.levels.volume.series, seen, look.corners)
    if size.width() < NARROW:
        shown = shown.shortened(NARROW_LINES)
    tag = PLANE_COLOURS.get(stack.plane) if over.has_tag else None
    paint.paint_corners(painter, shown, size, tag)


def _under_cursor(over: Over) -> str:
    """The value under the hand, and its pixel; empty outside the image."""
    scene = over.scene
    if over.cursor is None:
        return ""
    surface = Surface(scene.frame, scene.stack.cut(scene.look.index))
    place = surface.place(scene.look.pose, over.cursor)
    value = value_at(scene.levels.volume, place)
    column, row = surface.cut.to_pixels(np.array(place))[0]
    return f"value {value} at {int(column) + 1}, {int(row) + 1}" if value else ""


def _paint_annotations(painter: QPainter, over: Over) -> None:
    scene = over.scene
    volume, stack, index = _measured(over), scene.stack, scene.look.index
    cut, transform = stack.cut(index), paint.transform_of(scene.matrix)
    for made in over.annotations:
        if is_on(made, stack, index):
            words = KINDS[made.kind].words(made, volume)
            paint_annotations.paint_annotation(painter, made, cut, transform, words)
    if over.drawing is not None:
        made = over.drawing
        words = KINDS[made.kind].words(made, volume) if made.is_complete else ()
        paint_annotations.paint_annotation(painter, made, cut, transform, words)


def _measured(over: Over) -> Volume:
    """The volume with the spacing that an answer puts in doubt marked as such."""
    volume, doubted = over.scene.levels.volume, over.scene.overlays.doubted_spacing
    if doubted is None:
        return volume
    geometry = replace(volume.series.geometry, plane_spacing=doubted)
    return replace(volume, series=replace(volume.series, geometry=geometry))


def _paint_legends(painter: QPainter, over: Over, image: QRectF, size: QSizeF) -> None:
    scene = over.scene
    overlays = scene.overlays
    if scene.is_evidence_seen and overlays.evidence is not None:
        paint.paint_legend(painter, overlays.evidence, _legend_place(image, size))
    if not scene.is_held and (laid := _map_seen(over)) is not None:
        paint_layers.paint_map_scale(painter, laid, (EDGE_OF_SCALE, size.height() * 0.36))


def _map_seen(over: Over) -> Laid | None:
    """The first map of the files that is on this cut."""
    scene = over.scene
    maps = (laid for laid in scene.overlays.shown_layers if laid.levels is not None)
    if not scene.stack.is_stored:
        return next(maps, None)
    return next((laid for laid in maps if scene.look.index in laid.layer.slices), None)


def _legend_place(image: QRectF, size: QSizeF) -> Point:
    """Beside the image where there is room, else over its right edge."""
    right = size.width() - paint.RIGHT_EDGE - LEGEND_WIDTH + 8
    return (min(image.right() + 16, right), max(120.0, size.height() * 0.62 - 60))
