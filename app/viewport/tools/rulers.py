"""Lengths and angles drawn by a drag; an angle takes two."""

from __future__ import annotations

from dataclasses import replace

from medimg_workstation.viewport.state import Look, Ruler

from medimg.display.pose import Frame, Point, to_image

#: A drag shorter than this many screen pixels is a click and measures nothing.
SHORTEST = 3.0


def length(look: Look, frame: Frame, start: Point, now: Point) -> Look:
    """Lay a ruler from where the drag began to where it is."""
    if _is_click(start, now):
        return look
    points = (to_image(look.pose, frame, start), to_image(look.pose, frame, now))
    return replace(look, rulers=(*look.rulers, Ruler(look.index, points)))


def angle(look: Look, frame: Frame, start: Point, now: Point) -> Look:
    """Draw the first arm, ending at the vertex; the next drag ends the second arm."""
    if _is_click(start, now):
        return look
    end = to_image(look.pose, frame, now)
    *before, last = look.rulers or (None,)
    is_open = last is not None and last.is_angle and len(last.points) == 2
    if last is not None and is_open and last.index == look.index:
        closed = replace(last, points=(*last.points, end))
        return replace(look, rulers=(*(r for r in before if r is not None), closed))
    points = (to_image(look.pose, frame, start), end)
    return replace(look, rulers=(*look.rulers, Ruler(look.index, points, is_angle=True)))


def _is_click(start: Point, now: Point) -> bool:
    return abs(now[0] - start[0]) + abs(now[1] - start[1]) < SHORTEST
