"""Cuts: planes through a volume, in the patient's LPS millimetres, and stacks of parallel ones.

A stored slice, a coronal reformat and an oblique plane are the same kind of value, so whatever lies
in LPS or on the volume's grid shows in all of them. A volume whose place in the patient is not
known has a world of its own (`world_affine`): its stored slices are cut as any others, and
`reason_against_planes` tells why it gives no further planes.

Pixel coordinates of a cut are (column, row) with pixel *edges* at whole numbers, as in `pose`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medimg.display.orientation import Edges, held, letters_of
from medimg.display.pose import Point, Pose
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.problems import Severity, Stops
from medimg.values.series import Series

Floats = NDArray[np.float64]
#: x, y, z in LPS mm, or in the volume's own world where its place is not known.
Vector = tuple[float, float, float]

#: Sine of the angle below which two directions count as parallel: a pixel in 1000.
PARALLEL = 1e-3
#: Share of a pixel by which an extent may fail to be a whole number of pixels: rounding of headers.
ROUNDING = 0.02

#: Directions in which rows and columns run on the screen, as radiologists look: from the feet, the
#: front, the left. PS3.3 C.7.6.2.1.1 has x to the left, y to the back, z to the head.
SCREEN: dict[Plane, tuple[Vector, Vector]] = {
    Plane.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Plane.CORONAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    Plane.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


class Projection(Enum):
    """How the values across a slab become one."""

    MEAN = "mean"
    MAXIMUM = "MIP"
    MINIMUM = "MinIP"


@dataclass(frozen=True, slots=True)
class Slab:
    """How thick a cut is, and what is drawn of its thickness; 0 mm is the plane itself."""

    thickness_mm: float = 0.0
    projection: Projection = Projection.MEAN


@dataclass(frozen=True, slots=True)
class Cut:
    """A rectangle of a plane.

    Attributes:
        origin: Centre of pixel [0, 0], LPS mm.
        right, down: Unit vectors along which columns and rows grow.
        spacing_mm: (between rows, between columns).
        shape: (rows, columns).
    """

    origin: Vector
    right: Vector
    down: Vector
    spacing_mm: tuple[float, float]
    shape: tuple[int, int]

    @property
    def normal(self) -> Floats:
        """Unit vector across the plane: right x down."""
        across = np.cross(np.array(self.right), np.array(self.down))
        return vector_over(across, float(np.linalg.norm(across)))

    @property
    def matrix(self) -> Floats:
        """(3, 3): (column, row, 1) of pixel edges to LPS mm."""
        columns = np.array(self.right) * self.spacing_mm[1]
        rows = np.array(self.down) * self.spacing_mm[0]
        corner = np.array(self.origin) - (columns + rows) / 2.0
        return np.stack([columns, rows, corner], axis=1)

    def to_mm(self, point: Point) -> Vector:
        """The LPS point under (column, row)."""
        return vector(self.matrix @ np.array([point[0], point[1], 1.0]))

    def to_pixels(self, points: Floats) -> Floats:
        """(column, row) of LPS points (n, 3), seen along the normal, (n, 2)."""
        basis = np.column_stack([self.matrix[:, :2], self.normal])
        offsets = np.atleast_2d(points) - self.matrix[:, 2]
        found: Floats = np.linalg.solve(basis, offsets.T).T[:, :2].astype(np.float64)
        return found

    def distance_mm(self, points: Floats) -> Floats:
        """Signed distances of LPS points (n, 3) from the plane, along its normal, (n,)."""
        found: Floats = (np.atleast_2d(points) - np.array(self.origin)) @ self.normal
        return found


@dataclass(frozen=True, slots=True)
class CutStack:
    """Parallel cuts at even steps: what one viewport scrolls through.

    Attributes:
        first: The cut of index 0.
        step_mm: From each cut to the next, LPS mm; need not be at right angles to the cuts.
        plane: Whose patient plane it is, or is nearest to.
        is_stored: Whether these are the slices as they were taken.
    """

    first: Cut
    step_mm: Vector
    count: int
    plane: Plane = Plane.UNKNOWN
    is_stored: bool = False

    def cut(self, index: int) -> Cut:
        """The cut at an index."""
        shifted = np.array(self.first.origin) + index * np.array(self.step_mm)
        return replace(self.first, origin=vector(shifted))

    @property
    def between_mm(self) -> float:
        """Distance of neighbours across the planes."""
        return abs(float(np.array(self.step_mm) @ self.first.normal))

    def nearest(self, point: Vector) -> int:
        """Index of the cut nearest to an LPS point, within the stack."""
        across = float(np.array(self.step_mm) @ self.first.normal)
        place = float(self.first.distance_mm(np.array(point))[0]) / across
        return min(self.count - 1, max(0, round(place)))

    def reaches(self, point: Vector) -> bool:
        """Whether a cut lies within half a step of an LPS point."""
        distance = abs(float(self.cut(self.nearest(point)).distance_mm(np.array(point))[0]))
        return distance <= self.between_mm / 2 + ROUNDING


def vector(array: Floats) -> Vector:
    """An array of three as a value that can be compared."""
    return float(array[0]), float(array[1]), float(array[2])


def vector_over(array: Floats, length: float) -> Floats:
    """An array divided by a length."""
    result: Floats = np.asarray(array, dtype=np.float64) / length
    return result


def world_affine(geometry: Geometry) -> Floats:
    """Index [slice, row, column] to the world in which a volume is cut, (4, 4).

    LPS mm where the place in the patient is known; else pixels of its true shape: x along columns,
    y along rows, z along slices, in units of a column.
    """
    if geometry.affine is not None:
        return geometry.affine
    affine = np.zeros((4, 4))
    affine[2, 0] = affine[0, 2] = affine[3, 3] = 1.0
    affine[1, 1] = geometry.plane_spacing.aspect
    return affine


def stored(geometry: Geometry) -> CutStack:
    """The slices as they are stored; a leaning stack (gantry tilt) keeps its lean."""
    affine = world_affine(geometry)
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    first = Cut(
        vector(affine[:3, 3]),
        vector(affine[:3, 2] / steps[2]),
        vector(affine[:3, 1] / steps[1]),
        (float(steps[1]), float(steps[2])),
        geometry.shape[1:],
    )
    return CutStack(first, vector(affine[:3, 0]), geometry.shape[0], geometry.plane, True)


def reason_against_planes(series: Series) -> str:
    """Why no further planes can be cut through a series, with what to do; empty where they can."""
    stopping = [p for p in series.stops(Stops.VOLUME) if p.severity is Severity.PROBLEM]
    if series.geometry.shape[0] < 2:
        return "This series has one image, so there is only one plane."
    if series.geometry.affine is not None:
        return ""
    if stopping:
        return f"Other planes would lie: {stopping[0].sentence} {stopping[0].todo}".strip()
    return "Other planes would lie: the place of the slices in the patient is not known."


def patient_plane(geometry: Geometry, plane: Plane) -> CutStack:
    """Cut a volume along a plane of the patient, as radiologists look at it.

    Axial cuts keep the order of stored axial slices, else run from head to foot; coronal ones run
    from front to back, sagittal ones from right to left.

    Raises:
        ValueError: The place in the patient is not known.
    """
    if geometry.affine is None:
        raise ValueError("this grid has no place in the patient")
    right, down = SCREEN[plane]
    across = {
        Plane.AXIAL: (0.0, 0.0, 1.0 if _runs_upwards(geometry) else -1.0),
        Plane.CORONAL: (0.0, 1.0, 0.0),
        Plane.SAGITTAL: (1.0, 0.0, 0.0),
    }[plane]
    made = replace(through(geometry, right, down, across), plane=plane)
    own = stored(geometry)
    return own if _is_alike(made, own) else made


def through(geometry: Geometry, right: Vector, down: Vector, across: Vector) -> CutStack:
    """All cuts of a direction that meet a volume.

    Where a direction runs along an axis of the volume, pixels are its voxels; else they are as
    fine as the finest axis.

    Args:
        geometry: Of the volume; its place must be known.
        right, down: Unit vectors at right angles.
        across: Direction in which the cuts follow one another, at right angles to both.
    """
    affine = world_affine(geometry)
    steps = [_step_along(affine, np.array(d)) for d in (across, down, right)]
    finest = float(np.linalg.norm(affine[:3, :3], axis=0).min())
    row_mm, column_mm = (finest if step is None else step for step in steps[1:])
    step_mm = steps[0] if steps[0] is not None else _spacing_nearest(affine, np.array(across))
    corners = np.array(list(product(*((-0.5, n - 0.5) for n in geometry.shape))))
    places = corners @ affine[:3, :3].T + affine[:3, 3]
    origin, counts = np.zeros(3), []
    for direction, step in ((across, step_mm), (down, row_mm), (right, column_mm)):
        along = places @ np.array(direction)
        low, high = float(along.min()), float(along.max())
        count = max(1, math.ceil((high - low) / step - ROUNDING))
        counts.append(count)
        start = (low + high) / 2 - (count - 1) / 2 * step
        origin += start * np.array(direction)
    first = Cut(vector(origin), right, down, (row_mm, column_mm), (counts[1], counts[2]))
    return CutStack(first, vector(np.array(across) * step_mm), counts[0])


def tilted(stack: CutStack, geometry: Geometry, axis: Vector, degrees: float) -> CutStack:
    """An oblique stack: the planes turned about an axis of the patient.

    Args:
        axis: Unit vector; the normal of the plane in which the hand turned the crosshair.
        degrees: Right-handed about the axis.
    """
    right = _rotated(np.array(stack.first.right), np.array(axis), math.radians(degrees))
    down = _rotated(np.array(stack.first.down), np.array(axis), math.radians(degrees))
    return _as(stack, geometry, right, down)


def letters(cut: Cut, pose: Pose | None = None) -> Edges:
    """Letters at the edges of the screen for a cut in LPS that is held in a pose."""
    return held(letters_of(np.array(cut.right)), letters_of(np.array(cut.down)), pose)


def spacing_of(cut: Cut, geometry: Geometry, *, is_stored: bool) -> PlaneSpacing:
    """What lengths on a cut are measured at: a stored slice's own, a reformat's in the patient."""
    if is_stored or geometry.affine is None:
        return geometry.plane_spacing
    return PlaneSpacing(MeasuredAt.PATIENT, *cut.spacing_mm)


def line_of(cut: Cut, other: Cut) -> tuple[Point, Point] | None:
    """Where another plane crosses a cut: two (column, row) on the cut's border; None if parallel.

    The line is drawn over the whole cut, also where the other rectangle ends.
    """
    direction = np.cross(cut.normal, other.normal)
    if float(np.linalg.norm(direction)) < PARALLEL * 10:
        return None
    # On the cut, the other plane is a * column + b * row + c = 0.
    a, b, c = other.normal @ np.column_stack(
        [cut.matrix[:, :2], cut.matrix[:, 2] - np.array(other.origin)]
    )
    rows, columns = cut.shape
    ends: list[Point] = []
    for column in (0.0, float(columns)):
        if abs(b) > 1e-9 and 0 <= (row := -(a * column + c) / b) <= rows:
            ends.append((column, float(row)))
    for row in (0.0, float(rows)):
        if abs(a) > 1e-9 and 0 <= (column := -(b * row + c) / a) <= columns:
            ends.append((float(column), row))
    if len(ends) < 2:
        return None
    far = max(ends[1:], key=lambda end: math.dist(end, ends[0]))
    return None if math.dist(far, ends[0]) < 1e-6 else (ends[0], far)


def _is_alike(one: CutStack, other: CutStack) -> bool:
    """Whether two stacks are the same cuts, but for rounding."""
    numbers = [
        np.array([*s.first.origin, *s.first.right, *s.first.down, *s.step_mm, *s.first.spacing_mm])
        for s in (one, other)
    ]
    is_same_grid = one.first.shape == other.first.shape and one.count == other.count
    return is_same_grid and bool(np.allclose(numbers[0], numbers[1], atol=PARALLEL))


def _as(stack: CutStack, geometry: Geometry, right: Floats, down: Floats) -> CutStack:
    across = np.cross(right, down)
    if across @ np.array(stack.step_mm) < 0:
        across = -across
    made = through(geometry, vector(right), vector(down), vector(across))
    return replace(made, plane=stack.plane)


def _rotated(direction: Floats, axis: Floats, angle: float) -> Floats:
    """Rodrigues' formula."""
    along = axis * (axis @ direction) * (1 - math.cos(angle))
    result: Floats = (
        direction * math.cos(angle) + np.cross(axis, direction) * math.sin(angle) + along
    )
    return result


def _step_along(affine: Floats, direction: Floats) -> float | None:
    """Spacing of the voxel axis that runs along a direction; None where none does."""
    for axis in range(3):
        step = affine[:3, axis]
        length = float(np.linalg.norm(step))
        if float(np.linalg.norm(np.cross(step / length, direction))) < PARALLEL:
            return length
    return None


def _spacing_nearest(affine: Floats, direction: Floats) -> float:
    """Distance of voxel planes along the axis most parallel to a direction."""
    cosines = [abs(float(s @ direction) / float(np.linalg.norm(s))) for s in affine[:3, :3].T]
    step = affine[:3, int(np.argmax(cosines))]
    # Of a leaning axis, what counts is how far it goes along the direction.
    return max(abs(float(step @ direction)), float(np.linalg.norm(affine[:3, :3], axis=0).min()))


def _runs_upwards(geometry: Geometry) -> bool:
    assert geometry.affine is not None
    return geometry.plane is Plane.AXIAL and geometry.affine[2, 0] > 0
