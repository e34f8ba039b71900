"""Tools of the left mouse button, by name: pure functions from one look to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medimg_workstation.viewport.state import Look, Surface
from medimg_workstation.viewport.tools import moving, pointing, windowing

from medimg.display.annotations import KINDS
from medimg.display.pose import Point

#: (look when the button went down, surface, where it went down, where it is now) -> look.
Gesture = Callable[[Look, Surface, Point, Point], Look]


@dataclass(frozen=True, slots=True)
class Tool:
    """One row: what it is called, its key and icon, what a drag does.

    Attributes:
        acts_at_once: Whether pressing the button already does something.
        draws: Key of `annotations.KINDS` for a tool that draws one; empty for any other.
        asks: Whether a click hands its place to a package that outlines what lies there.
        is_lens: Whether what lies under the hand is magnified while the button is down.
    """

    title: str
    key: str
    icon: str
    drag: Gesture
    acts_at_once: bool = False
    draws: str = ""
    asks: bool = False
    is_lens: bool = False


def _stay(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    return look


TOOLS: dict[str, Tool] = {
    "window": Tool("Window / level", "W", "window", windowing.drag),
    "zoom": Tool("Zoom", "Z", "zoom", moving.zoom),
    "pan": Tool("Pan", "P", "pan", moving.pan),
    "scroll": Tool("Scroll", "S", "scroll", moving.scroll),
    "crosshair": Tool("Crosshair", "Shift+X", "crosshair", pointing.point, acts_at_once=True),
    "lens": Tool("Magnifier", "M", "lens", _stay, is_lens=True),
    "outline": Tool("Outline by a click", "O", "wand", _stay, asks=True),
    **{
        name: Tool(kind.title, kind.key, kind.icon, _stay, draws=name)
        for name, kind in KINDS.items()
    },
}
