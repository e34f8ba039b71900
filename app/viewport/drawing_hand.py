"""How a drag becomes an annotation: the next state of what the hand is drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from medimg_workstation.viewport.state import Look, Surface
from medimg_workstation.viewport.tools import Tool

from medimg.display.annotations import KINDS, Annotation
from medimg.display.cuts import Cut, Vector
from medimg.display.pose import Point

#: A drag shorter than this many screen pixels is a click.
SHORTEST = 3.0


@dataclass(frozen=True, slots=True)
class Press:
    """A button that is down: its tool, and look and place when it went down."""

    tool: Tool
    look: Look
    start: Point


def dragged(
    kind: str, begun: Annotation | None, cut: Cut, start: Vector, path: tuple[Vector, ...]
) -> Annotation:
    """What is drawn by a drag from `start` along `path`.

    Args:
        begun: An annotation of this kind that still lacks points, on the same cut; the second arm
            of an angle ends where the drag does, a second line begins where it began.
    """
    end = path[-1] if path else start
    if KINDS[kind].points == 0:
        return Annotation(kind, (start, *path), cut)
    if KINDS[kind].points == 1:
        return Annotation(kind, (end,), cut)
    if begun is None or begun.kind != kind or begun.cut != cut:
        return Annotation(kind, (start, end), cut)
    lacking = KINDS[kind].points - len(begun.points)
    added = (end,) if lacking == 1 else (start, end)
    return replace(begun, points=(*begun.points, *added))


def is_click(start: Point, now: Point) -> bool:
    """Whether a drag is too short to measure anything."""
    return abs(now[0] - start[0]) + abs(now[1] - start[1]) < SHORTEST


@dataclass(slots=True)
class DrawingHand:
    """What the hand is drawing in one viewport.

    Attributes:
        drawing: As the drag leaves it.
        begun: An annotation that still lacks points.
    """

    drawing: Annotation | None = None
    begun: Annotation | None = None
    path: tuple[Vector, ...] = ()

    @property
    def shown(self) -> Annotation | None:
        """What is to be seen of it."""
        return self.drawing or self.begun

    def press(self) -> None:
        """Begin a drag."""
        self.path = ()

    def cancel(self) -> None:
        """Give up what is being drawn."""
        self.drawing = self.begun = None

    def drag(self, kind: str, look: Look, surface: Surface, start: Point, now: Point) -> None:
        """Follow the hand from `start`, screen points."""
        first, end = (surface.place(look.pose, point) for point in (start, now))
        self.path = (*self.path, end)
        self.drawing = dragged(kind, self.begun, surface.cut, first, self.path)

    def release(
        self, kind: str, look: Look, surface: Surface, start: Point, now: Point
    ) -> Annotation | None:
        """End a drag: the annotation if it is complete; a click measures nothing."""
        if is_click(start, now) and KINDS[kind].points != 1:
            self.drawing = None
            return None
        self.drag(kind, look, surface, start, now)
        made, self.drawing, self.begun = self.drawing, None, None
        if made is not None and made.is_complete:
            return made
        self.begun = made
        return None
