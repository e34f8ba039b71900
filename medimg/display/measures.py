"""Lengths, angles and values under a point, with their unit and what it refers to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from medimg.display.pose import Point
from medimg.display.wording import number
from medimg.values.geometry import MeasuredAt, PlaneSpacing
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
_UNIT = {
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
        digits = 0 if self.unit == "px" else 1
        space = "" if self.unit == "°" else " "
        text = f"{number(self.value, digits)}{space}{self.unit}"
        return f"{text} {self.basis}" if self.basis and self.unit == "mm" else text


def length(start: Point, end: Point, spacing: PlaneSpacing) -> Measure:
    """Distance of two image points (column, row), in mm where the spacing is known, else px."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    basis = BASIS[spacing.measured_at]
    if spacing.row_mm is None or spacing.column_mm is None:
        # Not square but without mm: width is the unit, height follows the aspect.
        return Measure(math.hypot(dx, dy * spacing.aspect), "px", basis)
    return Measure(math.hypot(dx * spacing.column_mm, dy * spacing.row_mm), "mm", basis)


def angle(start: Point, vertex: Point, end: Point, spacing: PlaneSpacing) -> Measure:
    """Angle at `vertex` in degrees, 0 to 180, on pixels of their true shape."""
    sides = [
        np.array([p[0] - vertex[0], (p[1] - vertex[1]) * spacing.aspect]) for p in (start, end)
    ]
    norms = [float(np.linalg.norm(side)) for side in sides]
    if min(norms) == 0:
        return Measure(0.0, "°")
    cosine = float(np.clip(sides[0] @ sides[1] / (norms[0] * norms[1]), -1.0, 1.0))
    return Measure(math.degrees(math.acos(cosine)), "°")


def value_at(volume: Volume, index: int, point: Point) -> str:
    """The stored value under an image point (column, row edges) with its unit; empty outside."""
    column, row = math.floor(point[0]), math.floor(point[1])
    _, rows, columns = volume.series.geometry.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return ""
    if volume.padding is not None and volume.padding[index, row, column]:
        return "padding"
    value = volume.array[index, row, column]
    if volume.unit is Unit.COLOUR:
        return "R {} G {} B {}".format(*(int(v) for v in value))
    is_whole = float(value).is_integer()
    return number(float(value), 0 if is_whole else 2) + _UNIT[volume.unit]
