"""Where slices lie: order along the normal, step, shear; every gap checked.

Geometry is proven here from positions alone. File names, instance numbers, SliceLocation and
SpacingBetweenSlices never place a slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Slices lie even when each is within this of its place on the grid, or within this share of
#: the step: positions are written with two or three decimals.
PLACE_TOLERANCE_MM = 0.1
PLACE_TOLERANCE_SHARE = 0.01
#: Of thin slices no more than this share of the step: a missing one of 0.1 mm is not rounding.
PLACE_TOLERANCE_MOST = 0.25
#: Closer than this, two slices are at one place.
SAME_PLACE_MM = 0.01
#: Cosine between row and column direction above which they are not perpendicular (0.6 degrees).
PERPENDICULAR = 0.01
#: Gaps with slices missing are told one by one up to this share of all gaps; beyond it the
#: spacing is uneven as a whole.
MISSING_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A step that is not the stack's.

    Attributes:
        after: Place in the order of the slice before the gap.
        found_mm: Its length along the normal.
        missing: Slices that would fill it; 0 where it is no whole number of steps.
    """

    after: int
    found_mm: float
    missing: int


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """How positions lie along a normal.

    Attributes:
        order: Indices into the positions, ascending along the normal.
        step_mm: The commonest step along the normal; None for one slice.
        step: Vector (3,) from slice to slice, in-plane part included; None where uneven.
        origin: (3,) LPS mm of the first slice's first pixel, by the fitted grid.
        gaps: Steps that differ.
        repeated: Places in the order whose next slice lies at the same place.
        aside: (place in the order, mm) of the slice farthest aside of the line of the others, where
            that and not a step is what is uneven.
        tilt_degrees: Angle between the normal and the step; 0 for an upright stack.
        tilt: (3,) mm, sideways part of the step; of slices unevenly apart on one line, too.
    """

    order: tuple[int, ...]
    step_mm: float | None
    step: Floats | None
    origin: Floats
    gaps: tuple[Gap, ...] = ()
    repeated: tuple[int, ...] = ()
    aside: tuple[int, float] | None = None
    tilt_degrees: float = 0.0
    tilt: Floats = field(default_factory=lambda: np.zeros(3))

    @property
    def is_even(self) -> bool:
        """Whether the slices lie on one regular grid."""
        return not self.gaps and not self.repeated and self.aside is None

    @property
    def are_slices_missing(self) -> bool:
        """Whether single gaps explain the unevenness, each a whole number of steps."""
        is_few = len(self.gaps) <= max(1, MISSING_SHARE * (len(self.order) - 1))
        places = [gap.after for gap in self.gaps]
        touch = any(b - a == 1 for a, b in pairwise(places))
        return all(gap.missing for gap in self.gaps) and is_few and not touch


def unit_cosines(cosines: tuple[float, ...]) -> Floats | None:
    """Two unit vectors (2, 3), of growing column and row index; None for zero or unlike 1."""
    vectors = np.array(cosines, dtype=np.float64).reshape(2, 3)
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1.0) < 0.05).all():
        return None
    units: Floats = vectors / lengths[:, None]
    return units


def angle_degrees(units: Floats) -> float:
    """Angle between the row and the column direction."""
    return math.degrees(math.acos(float(np.clip(units[0] @ units[1], -1.0, 1.0))))


def normal_of(cosines: tuple[float, ...]) -> Floats | None:
    """Unit normal (3,) of a slice: row direction x column direction; None where they fail."""
    units = unit_cosines(cosines)
    if units is None:
        return None
    normal = np.cross(units[0], units[1])
    length = np.linalg.norm(normal)
    if length < 0.1:
        return None
    unit: Floats = normal / length
    return unit


def place(positions: Floats, normal: Floats) -> Placed:
    """Order positions (n, 3), LPS mm, along a normal and check every step.

    A stack is even where each slice lies within `PLACE_TOLERANCE_MM`, or `PLACE_TOLERANCE_SHARE`
    of the step, of its place on the grid from the first slice to the last; so the far end is
    placed right too.
    """
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    points, along = positions[order], along[order]
    indices = tuple(int(i) for i in order)
    if len(points) < 2:
        return Placed(indices, None, None, points[0])
    steps = np.diff(along)
    repeated = tuple(int(i) for i in np.flatnonzero(steps < SAME_PLACE_MM))
    apart = steps[steps >= SAME_PLACE_MM]
    if not apart.size:
        return Placed(indices, None, None, points[0], repeated=repeated)
    # The lower of two middles: of one step and one gap, the step is the common one.
    common = float(np.quantile(apart, 0.5, method="lower"))
    gaps = tuple(_gaps(steps, common))
    step = (points[-1] - points[0]) / (len(points) - 1)
    if not gaps and not repeated:
        off = points - (points[0] + np.arange(len(points))[:, None] * step)
        if np.linalg.norm(off, axis=1).max() > _tolerance(common):
            aside = _aside(points, normal)
            if aside[1] > _tolerance(common):
                return Placed(indices, common, None, points[0], aside=aside)
            gaps = (_worst(steps, common),)
    if gaps or repeated:
        lean = _lean(points, normal, common)
        degrees = math.degrees(math.atan2(float(np.linalg.norm(lean)), common))
        return Placed(indices, common, None, points[0], gaps, repeated, None, degrees, lean)
    sideways = step - (step @ normal) * normal
    if np.linalg.norm(sideways) * (len(points) - 1) < PLACE_TOLERANCE_MM:
        step, sideways = (step @ normal) * normal, np.zeros(3)
    tilt = math.degrees(math.atan2(float(np.linalg.norm(sideways)), float(step @ normal)))
    return Placed(indices, common, step, points[0], tilt_degrees=tilt, tilt=sideways)


def _lean(points: Floats, normal: Floats, step_mm: float) -> Floats:
    """Sideways part (3,) of a step of slices on one line, however far apart; 0 where on none."""
    along, whole = (points - points[0]) @ normal, points[-1] - points[0]
    sideways = (whole - along[-1] * normal) / along[-1]
    off = points - points[0] - along[:, None] * (normal + sideways)
    is_line = float(np.linalg.norm(off, axis=1).max()) <= _tolerance(step_mm)
    is_upright = float(np.linalg.norm(sideways)) * along[-1] < PLACE_TOLERANCE_MM
    result: Floats = sideways * step_mm if is_line and not is_upright else np.zeros(3)
    return result


def _tolerance(step_mm: float) -> float:
    absolute = min(PLACE_TOLERANCE_MM, PLACE_TOLERANCE_MOST * step_mm)
    return max(absolute, PLACE_TOLERANCE_SHARE * step_mm)


def _gaps(steps: Floats, common: float) -> Any:
    """Steps that differ from the common one."""
    for place_, found in enumerate(steps):
        if found < SAME_PLACE_MM or abs(found - common) <= _tolerance(common):
            continue
        whole = round(found / common)
        fits = whole >= 2 and abs(found - whole * common) <= _tolerance(common) * whole
        yield Gap(place_, float(found), whole - 1 if fits else 0)


def _aside(points: Floats, normal: Floats) -> tuple[int, float]:
    """The slice farthest aside of the others' line, and how far: medians are not led astray."""
    sideways = points - (points @ normal)[:, None] * normal
    lean = np.median(np.diff(sideways, axis=0), axis=0)
    rest = sideways - np.arange(len(points))[:, None] * lean
    off = np.linalg.norm(rest - np.median(rest, axis=0), axis=1)
    return int(np.argmax(off)), float(off.max())


def _worst(steps: Floats, common: float) -> Gap:
    """The step that differs most, where none differs by itself but their sum does."""
    worst = int(np.argmax(np.abs(steps - common)))
    return Gap(worst, float(steps[worst]), 0)
