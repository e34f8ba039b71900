"""Tools of the left mouse button, by name: pure functions from one look to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medimg_workstation.viewport.state import Look
from medimg_workstation.viewport.tools import moving, rulers, windowing

from medimg.display.pose import Frame, Point

#: (look when the button went down, frame, where it went down, where it is now) -> look.
Gesture = Callable[[Look, Frame, Point, Point], Look]


@dataclass(frozen=True, slots=True)
class Tool:
    """One row: what it is called, its key and icon, what a drag does."""

    title: str
    key: str
    icon: str
    drag: Gesture


TOOLS: dict[str, Tool] = {
    "window": Tool("Window / level", "W", "window", windowing.drag),
    "zoom": Tool("Zoom", "Z", "zoom", moving.zoom),
    "pan": Tool("Pan", "P", "pan", moving.pan),
    "scroll": Tool("Scroll", "S", "scroll", moving.scroll),
    "length": Tool("Length", "L", "length", rulers.length),
    "angle": Tool("Angle", "A", "angle", rulers.angle),
}
