"""How a drag becomes an annotation: the next state of what the hand is drawing."""

from __future__ import annotations

from dataclasses import replace

from medimg.display.annotations import KINDS, Annotation
from medimg.display.cuts import Cut, Vector
from medimg.display.pose import Point

#: A drag shorter than this many screen pixels is a click.
SHORTEST = 3.0


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


def is_point(kind: str) -> bool:
    """Whether a click alone draws it."""
    return KINDS[kind].points == 1
