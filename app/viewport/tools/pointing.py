"""The crosshair: a point of the patient that all linked views show."""

from __future__ import annotations

from dataclasses import replace

from medimg_workstation.viewport.state import Look, Surface

from medimg.display.pose import Point


def point(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Lay the crosshair under the hand."""
    return replace(look, point=surface.place(look.pose, now))
