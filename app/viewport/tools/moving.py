"""Zoom, pan and scroll by a drag."""

from __future__ import annotations

from dataclasses import replace

from medimg_workstation.viewport.state import Look, Surface

from medimg.display.pose import Point, panned, zoomed

#: Screen pixels of a drag that double the zoom.
PIXELS_PER_DOUBLING = 150.0
#: Screen pixels of a drag that go one slice on.
PIXELS_PER_SLICE = 6.0


def zoom(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Zoom about where the drag began: up is nearer."""
    factor = 2.0 ** ((start[1] - now[1]) / PIXELS_PER_DOUBLING)
    return replace(look, pose=zoomed(look.pose, surface.frame, factor, start))


def pan(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Shift the image with the hand."""
    return replace(
        look, pose=panned(look.pose, surface.frame, now[0] - start[0], now[1] - start[1])
    )


def scroll(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Go through the slices: down is on. The viewport keeps the index inside the stack."""
    steps = int((now[1] - start[1]) / PIXELS_PER_SLICE)
    return replace(look, index=look.index + steps)
