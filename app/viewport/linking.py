"""How viewports follow one another: by place in the patient, never by slice number; pure functions.

Two viewports are linked where their images share a frame of reference (PS3.3 C.7.4.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from medimg_workstation.viewport.state import Look, Picture, ReferenceLine

from medimg.display.cuts import CutStack, Vector, line_of, vector
from medimg.display.overlays import PLANE_COLOURS, Colour
from medimg.display.pose import Frame, linear, to_image, zoom_of
from medimg.values.volume import Unit

#: Cosine of the angle of normals above which planes count as parallel (8 degrees).
ALIKE = 0.99
#: A plane that is nearest to none of the patient's.
OTHER_COLOUR: Colour = (200, 208, 220)


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """One viewport as the others see it."""

    picture: Picture
    stack: CutStack
    look: Look
    frame: Frame

    @property
    def space(self) -> str:
        """Frame of reference; without one, the series itself; empty where nothing has a place."""
        series = self.picture.levels.volume.series
        if series.geometry.affine is None:
            return ""
        return series.geometry.frame_of_reference_uid or series.id

    @property
    def series_id(self) -> str:
        """The series that it shows."""
        return self.picture.levels.volume.series.id

    def is_parallel(self, other: Linked) -> bool:
        """Whether both show the same plane, each in its place."""
        return abs(float(self.stack.first.normal @ other.stack.first.normal)) > ALIKE


def led(led_: Linked, before: Look) -> Look:
    """The leading viewport's own look: a crosshair moves with the cut that is scrolled."""
    look = led_.look
    if look.point is None or look.index == before.index or look.point != before.point:
        return look
    return replace(look, point=_onto(led_, look.point))


def followed(led_: Linked, before: Look, other: Linked) -> Look:
    """The look of another viewport after the hand changed the leading one from `before`."""
    now, look = led_.look, other.look
    if now.corners != before.corners:
        look = replace(look, corners=now.corners)
    if now.window != before.window and now.window is not None and _share_window(led_, other):
        look = replace(look, window=now.window)
    if not led_.space or led_.space != other.space:
        return look
    if now.point is not None and now.point != before.point:
        look = replace(look, point=now.point)
        if now.index == before.index or not led_.is_parallel(other):
            look = replace(look, index=other.stack.nearest(now.point))
    if now.index != before.index and led_.is_parallel(other):
        look = replace(look, index=other.stack.nearest(_middle(led_)))
    if (now.pose.zoom, now.pose.pan) != (before.pose.zoom, before.pose.pan):
        look = _zoomed(led_, other, look)
    return look


def reference_lines(one: Linked, others: Sequence[Linked]) -> tuple[ReferenceLine, ...]:
    """Where the planes of other viewports of the same space cross this one."""
    cut = one.stack.cut(one.look.index)
    lines: dict[tuple[object, ...], ReferenceLine] = {}
    for other in others:
        if not one.space or other.space != one.space or one.is_parallel(other):
            continue
        plane = other.stack.cut(other.look.index)
        ends = line_of(cut, plane)
        if ends is not None:
            colour = PLANE_COLOURS.get(other.stack.plane, OTHER_COLOUR)
            key = tuple(round(value, 3) for end in ends for value in end)
            lines[key] = ReferenceLine(*ends, colour)
    return tuple(lines.values())


def _share_window(led_: Linked, other: Linked) -> bool:
    """The same series, or values of one scale: HU mean the same in every CT."""
    if led_.series_id == other.series_id:
        return led_.look.window is not None
    units = {one.picture.levels.volume.unit for one in (led_, other)}
    return units == {Unit.HU} and bool(led_.space) and led_.space == other.space


def _middle(one: Linked) -> Vector:
    rows, columns = one.stack.first.shape
    return one.stack.cut(one.look.index).to_mm((columns / 2, rows / 2))


def _onto(one: Linked, point: Vector) -> Vector:
    """A point moved across onto the cut that is shown."""
    cut = one.stack.cut(one.look.index)
    away = float(cut.distance_mm(np.array(point))[0])
    return vector(np.array(point) - away * cut.normal)


def _zoomed(led_: Linked, other: Linked, look: Look) -> Look:
    """The same magnification in mm; in parallel planes also the same place in the middle."""
    pose, cut = led_.look.pose, led_.stack.first
    if pose.zoom is None:
        return replace(look, pose=replace(look.pose, zoom=None, pan=(0.0, 0.0)))
    per_mm = zoom_of(pose, led_.frame) / cut.spacing_mm[1]
    zoom = per_mm * other.stack.first.spacing_mm[1]
    changed = replace(look.pose, zoom=zoom)
    if not led_.is_parallel(other):
        return replace(look, pose=changed)
    centre = _place_in_the_middle(led_)
    pixel = other.stack.cut(look.index).to_pixels(np.array(centre))[0]
    rows, columns = other.stack.first.shape
    scale = np.diag([zoom, zoom * other.frame.aspect])
    shift = -(linear(changed) @ scale) @ (pixel - np.array([columns / 2, rows / 2]))
    return replace(look, pose=replace(changed, pan=(float(shift[0]), float(shift[1]))))


def _place_in_the_middle(one: Linked) -> Vector:
    """The place under the middle of a viewport."""
    middle = (one.frame.size[0] / 2, one.frame.size[1] / 2)
    return one.stack.cut(one.look.index).to_mm(to_image(one.look.pose, one.frame, middle))
