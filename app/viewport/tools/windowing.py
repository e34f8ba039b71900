"""Window and level by a drag: right is wider, up is brighter."""

from __future__ import annotations

from dataclasses import replace

from medimg_workstation.viewport.state import Look, Surface

from medimg.display.pose import Point
from medimg.display.window_drag import dragged


def drag(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Change the window; a colour image has none and stays."""
    if look.window is None:
        return look
    return replace(look, window=dragged(look.window, now[0] - start[0], now[1] - start[1]))
