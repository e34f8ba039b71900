"""The crosshair: a point of the patient that all linked views show, and its turn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from medimg_workstation.viewport.state import Look, Surface

from medimg.display.pose import Point


def point(look: Look, surface: Surface, start: Point, now: Point) -> Look:
    """Lay the crosshair under the hand."""
    return replace(look, point=surface.place(look.pose, now))


def turn(look: Look, surface: Surface, before: Point, now: Point) -> float:
    """Degrees by which a drag turned the crosshair, clockwise in the cut (columns to rows)."""
    assert look.point is not None
    middle = surface.cut.to_pixels(np.array(look.point))[0]
    angles = []
    for place in (before, now):
        pixel = surface.cut.to_pixels(np.array(surface.place(look.pose, place)))[0]
        across, down = (pixel - middle) * np.array(surface.cut.spacing_mm)[::-1]
        angles.append(math.degrees(math.atan2(down, across)))
    return (angles[1] - angles[0] + 180.0) % 360.0 - 180.0
