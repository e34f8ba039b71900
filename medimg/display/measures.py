"""Lengths, angles and values at points of a volume's world, with their unit and its basis.

Points are LPS mm, or pixels of their true shape where the place is not known (`cuts.world_affine`),
so that a measure is the same in every plane that shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimg.display.cuts import Vector, world_affine
from medimg.display.wording import number
from medimg.values.geometry import Geometry, MeasuredAt
from medimg.values.volume import Unit, Volume

#: Words after a length: a radiograph's mm need them (it magnifies), a section's do not.
BASIS = {
    MeasuredAt.PATIENT: "",
    MeasuredAt.CALIBRATED: "calibrated",
    MeasuredAt.CORRECTED: "corrected",
    MeasuredAt.DETECTOR: "at the detector",
    MeasuredAt.DOUBTFUL: "in doubt",
    MeasuredAt.UNKNOWN: "spacing unknown",
}
#: Words after a value, by its unit.
UNIT = {
    Unit.HU: " HU",
    Unit.SUVBW: " SUVbw",
    Unit.GRAY: " Gy",
    Unit.ARBITRARY: "",
    Unit.COLOUR: "",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured figure: value, unit, and what the unit refers to ("at the detector")."""

    value: float
    unit: str
    basis: str = ""

    def __str__(self) -> str:
        digits = 0 if self.unit.startswith("px") else 1
        space = "" if self.unit == "°" else " "
        text = f"{number(self.value, digits)}{space}{self.unit}"
        return f"{text} {self.basis}" if self.basis and self.unit.startswith("mm") else text


@dataclass(frozen=True, slots=True)
class Scale:
    """What one unit of a volume's world is: millimetres, or columns of an image without spacing.

    Attributes:
        per_unit: Measured units for each unit of the world.
        unit: "mm" or "px".
    """

    per_unit: float
    unit: str
    basis: str


def scale_of(geometry: Geometry) -> Scale:
    """What lengths in the world of a grid are measured in."""
    spacing = geometry.plane_spacing
    basis = BASIS[spacing.measured_at]
    if geometry.affine is not None:
        return Scale(1.0, "mm", basis if spacing.is_known else "")
    if spacing.column_mm is None:
        # Not square but without mm: width is the unit, height follows the aspect.
        return Scale(1.0, "px", basis)
    return Scale(spacing.column_mm, "mm", basis)


def length(start: Vector, end: Vector, scale: Scale) -> Measure:
    """Distance of two points."""
    return Measure(math.dist(start, end) * scale.per_unit, scale.unit, scale.basis)


def angle(start: Vector, vertex: Vector, end: Vector) -> Measure:
    """Angle at `vertex` in degrees, 0 to 180."""
    return Measure(_degrees(_between(vertex, start), _between(vertex, end)), "°")


def cobb(line: Sequence[Vector], other: Sequence[Vector]) -> Measure:
    """Angle between two lines in degrees, 0 to 90, whichever way they were drawn.

    Cobb 1948: between the upper end plate of the upper vertebra and the lower of the lower one.
    """
    found = _degrees(_between(line[0], line[1]), _between(other[0], other[1]))
    return Measure(min(found, 180.0 - found), "°")


def value_at(volume: Volume, point: Vector) -> str:
    """The stored value of the voxel that holds a point, with its unit; empty outside."""
    back = np.linalg.inv(world_affine(volume.series.geometry))
    index = back[:3, :3] @ np.array(point) + back[:3, 3]
    at = np.floor(index + 0.5).astype(int)
    if (at < 0).any() or (at >= np.array(volume.array.shape[:3])).any():
        return ""
    place = (int(at[0]), int(at[1]), int(at[2]))
    if volume.padding is not None and volume.padding[place]:
        return "padding"
    value = volume.array[place]
    if volume.unit is Unit.COLOUR:
        return "R {} G {} B {}".format(*(int(v) for v in value))
    return value_words(float(value), volume.unit)


def value_words(value: float, unit: Unit) -> str:
    """A value with its unit; whole numbers without decimals."""
    return number(value, 0 if value.is_integer() else 2) + UNIT[unit]


def _between(start: Vector, end: Vector) -> np.ndarray:
    between: np.ndarray = np.array(end) - np.array(start)
    return between


def _degrees(one: np.ndarray, other: np.ndarray) -> float:
    norms = float(np.linalg.norm(one) * np.linalg.norm(other))
    if norms == 0:
        return 0.0
    return math.degrees(math.acos(float(np.clip(one @ other / norms, -1.0, 1.0))))
