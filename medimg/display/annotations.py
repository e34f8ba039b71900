"""What a reader draws: lengths, angles, regions of interest, arrows and words, as one family.

An annotation lies in the volume's world (LPS mm), with the cut on which it was drawn, so that any
plane through its points shows it. `KINDS` is the one table: tools, keys, drawing and lists read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.display.cuts import Cut, CutStack, Vector
from medimg.display.measures import angle, cobb, length, scale_of, value_at
from medimg.display.rois import statistics
from medimg.values.volume import Volume

Floats = NDArray[np.float64]

#: Corners of the polygon that stands for an ellipse.
ELLIPSE_CORNERS = 72
#: A point may lie so far off a plane, in mm beyond half a step, and still be drawn on it.
OFF_PLANE = 0.05


@dataclass(frozen=True, slots=True)
class Annotation:
    """One thing that a reader drew.

    Attributes:
        kind: Key of `KINDS`.
        points: Of the volume's world, in the order in which they were set.
        cut: On which it was drawn.
        text: The reader's words.
    """

    kind: str
    points: tuple[Vector, ...]
    cut: Cut
    text: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all its points are set."""
        return len(self.points) >= max(1, KINDS[self.kind].points)

    def pixels_on(self, cut: Cut) -> Floats:
        """(column, row) of its points on a cut, (n, 2)."""
        return cut.to_pixels(np.array(self.points))


#: (column, row) of the points -> lines to draw, each (n, 2).
Lines = Callable[[Floats], list[Floats]]
Words = Callable[[Annotation, Volume], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row.

    Attributes:
        points: How many it has; 0 for as many as the hand draws.
        lines: What is drawn of it, in pixels of the cut.
        words: What is written beside it, most important first.
        is_closed: Whether it encloses an area.
        has_ends: Whether its lines end in cross strokes.
    """

    title: str
    key: str
    icon: str
    points: int
    lines: Lines
    words: Words
    is_closed: bool = False
    has_ends: bool = False


def is_on(annotation: Annotation, stack: CutStack, index: int) -> bool:
    """Whether all points of an annotation lie on a cut of a stack, to half a step."""
    away = np.abs(stack.cut(index).distance_mm(np.array(annotation.points)))
    return bool(away.max() <= stack.between_mm / 2 + OFF_PLANE)


def outline_of(annotation: Annotation) -> Floats:
    """The closed outline on the cut on which it was drawn, (n, 2) of (column, row)."""
    return KINDS[annotation.kind].lines(annotation.pixels_on(annotation.cut))[0]


def _pairs(points: Floats) -> list[Floats]:
    return [points[i : i + 2] for i in range(0, len(points) - 1, 2)]


def _chain(points: Floats) -> list[Floats]:
    return [points] if len(points) > 1 else []


def _closed(points: Floats) -> list[Floats]:
    return [np.concatenate([points, points[:1]])]


def _rectangle(points: Floats) -> list[Floats]:
    (x0, y0), (x1, y1) = points[0], points[-1]
    return [np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])]


def _ellipse(points: Floats) -> list[Floats]:
    middle, half = (points[0] + points[-1]) / 2, np.abs(points[-1] - points[0]) / 2
    turn = np.linspace(0.0, 2 * np.pi, ELLIPSE_CORNERS + 1)
    return [middle + half * np.stack([np.cos(turn), np.sin(turn)], axis=1)]


def _arrow(points: Floats) -> list[Floats]:
    """From the first point to the tip at the last one."""
    if len(points) < 2:
        return []
    back = points[0] - points[-1]
    size = float(np.linalg.norm(back)) or 1.0
    along = back / size * min(size / 3, 12.0)
    across = np.array([-along[1], along[0]]) * 0.45
    tip = points[-1]
    return [points, np.array([tip + along + across, tip, tip + along - across])]


def _length(made: Annotation, volume: Volume) -> tuple[str, ...]:
    return (str(length(made.points[0], made.points[1], scale_of(volume.series.geometry))),)


def _bidirectional(made: Annotation, volume: Volume) -> tuple[str, ...]:
    """Long axis first, whichever was drawn first (RECIST 1.1)."""
    scale = scale_of(volume.series.geometry)
    pairs = zip(made.points[::2], made.points[1::2], strict=False)
    sizes = sorted((length(a, b, scale) for a, b in pairs), key=lambda m: -m.value)
    return (" × ".join(str(one) for one in sizes),)


def _angle(made: Annotation, volume: Volume) -> tuple[str, ...]:
    start, vertex, end = made.points[:3]
    return (str(angle(start, vertex, end)),)


def _cobb(made: Annotation, volume: Volume) -> tuple[str, ...]:
    return (f"Cobb {cobb(made.points[:2], made.points[2:4])}",)


def _statistics(made: Annotation, volume: Volume) -> tuple[str, ...]:
    return statistics(volume, made.cut, outline_of(made)).words


def _probe(made: Annotation, volume: Volume) -> tuple[str, ...]:
    return (value_at(volume, made.points[0]) or "outside",)


def _text(made: Annotation, volume: Volume) -> tuple[str, ...]:
    return (made.text,) if made.text else ()


KINDS: dict[str, Kind] = {
    "length": Kind("Length", "L", "length", 2, _pairs, _length, has_ends=True),
    "bidirectional": Kind(
        "Two diameters", "Shift+D", "bidirectional", 4, _pairs, _bidirectional, has_ends=True
    ),
    "angle": Kind("Angle", "A", "angle", 3, _chain, _angle),
    "cobb": Kind("Cobb angle", "Shift+A", "cobb", 4, _pairs, _cobb),
    "ellipse": Kind("Ellipse", "E", "ellipse", 2, _ellipse, _statistics, is_closed=True),
    "rectangle": Kind("Rectangle", "Shift+E", "rectangle", 2, _rectangle, _statistics, True),
    "freehand": Kind("Freehand region", "G", "freehand", 0, _closed, _statistics, True),
    "probe": Kind("Value at a point", "Q", "probe", 1, lambda points: [], _probe),
    "arrow": Kind("Arrow", "Shift+L", "arrow", 2, _arrow, _text),
    "text": Kind("Words", "Shift+T", "text", 1, lambda points: [], _text),
}
