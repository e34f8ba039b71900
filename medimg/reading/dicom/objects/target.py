"""The grid that layers are put on: the slices of one series, found by place or by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medimg.reading.dicom.placing import PLACE_TOLERANCE_MM, PLACE_TOLERANCE_SHARE, unit_cosines
from medimg.values.series import Series

Floats = NDArray[np.float64]

#: Cosine between axes above which two planes are one orientation (0.3 degrees).
PARALLEL = 1 - 1.5e-5
#: Share by which pixel sizes may differ: rounding of vendors, under half a pixel in 500.
SAME_SPACING = 1e-3
#: How far, in pixels, a plane may lie off the pixels of a slice and still be on its grid.
SAME_PIXEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One frame of an object in space.

    Attributes:
        position: (3,) LPS mm of the first pixel's centre.
        cosines: (2, 3) unit vectors of growing column index and of growing row index.
        spacing: (between rows, between columns) in mm.
        shape: (rows, columns).
    """

    position: Floats
    cosines: Floats
    spacing: tuple[float, float]
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the first pixel of a plane lies on the grid of a series."""

    index: int
    row: int
    column: int


class Target:
    """A series as something to put layers on.

    Attributes:
        series: Headers.
        positions: (slices, 3) LPS mm of each slice's first pixel; None where places are unknown.
        cosines, spacing: As of a `Plane`; None where unknown.
    """

    def __init__(self, series: Series) -> None:
        geometry = series.geometry
        self.series = series
        self.shape = geometry.shape
        self.positions = _positions(series)
        orientation = geometry.image_orientation_patient
        self.cosines = None if orientation is None else unit_cosines(orientation)
        plane = geometry.plane_spacing
        known = plane.row_mm is not None and plane.column_mm is not None
        self.spacing = (plane.row_mm or 0.0, plane.column_mm or 0.0) if known else None
        self._by_name: dict[tuple[str, int], int] = {}
        for index, frame in enumerate(series.frames):
            self._by_name[frame.sop_instance_uid, frame.number] = index

    @property
    def is_placed(self) -> bool:
        """Whether slices can be found by their place in the patient."""
        return self.positions is not None and self.cosines is not None and self.spacing is not None

    @property
    def normal(self) -> Floats:
        """Unit normal (3,) of the slices.

        Raises:
            ValueError: The place in the patient is not known.
        """
        if self.cosines is None:
            raise ValueError("this series has no place in the patient")
        normal: Floats = np.cross(self.cosines[0], self.cosines[1])
        return normal

    def named(self, sop_instance_uid: str, frame: int = 0) -> int | None:
        """The slice of an instance and of its frame, counted from 0."""
        return self._by_name.get((sop_instance_uid, frame))

    def slices_of(self, sop_instance_uid: str) -> tuple[int, ...]:
        """All slices of an instance, ascending."""
        return tuple(sorted(i for (uid, _), i in self._by_name.items() if uid == sop_instance_uid))

    def referred(self, references: Iterable[Dataset]) -> tuple[int, ...]:
        """The slices that references to images, or to frames of them, mean, ascending."""
        found: set[int] = set()
        for reference in references:
            uid = str(reference.get("ReferencedSOPInstanceUID"))
            numbers = reference.get("ReferencedFrameNumber")
            if not numbers:
                found.update(self.slices_of(uid))
                continue
            listed = numbers if isinstance(numbers, Iterable) else [numbers]
            places = (self.named(uid, int(number) - 1) for number in listed)
            found.update(index for index in places if index is not None)
        return tuple(sorted(found))

    def nearest(self, points: Floats) -> int | None:
        """The slice in which points (n, 3), LPS mm, lie; None where they lie in none.

        Points lie in a slice when each is within `PLACE_TOLERANCE_MM`, or 2 % of the distance of
        the slices, of its plane.
        """
        if self.positions is None or self.cosines is None:
            return None
        heights = self.positions @ self.normal
        middle = float(points.mean(axis=0) @ self.normal)
        index = int(np.argmin(np.abs(heights - middle)))
        off = np.abs(points @ self.normal - heights[index]).max()
        return index if off <= self.tolerance_mm else None

    def around(self, point: Floats) -> int | None:
        """The slice whose thickness holds a point (3,), LPS mm; None where none does."""
        if self.positions is None or self.cosines is None:
            return None
        off = np.abs(self.positions @ self.normal - float(point @ self.normal))
        index = int(np.argmin(off))
        return index if off[index] <= (self.step_mm or 0.0) / 2 else None

    @property
    def tolerance_mm(self) -> float:
        """How far off a slice's plane a point may lie and still be in it."""
        steps = self.step_mm
        return max(PLACE_TOLERANCE_MM, 2 * PLACE_TOLERANCE_SHARE * (steps or 0.0))

    @property
    def step_mm(self) -> float | None:
        """The commonest distance of neighbouring slices along the normal; None for one slice."""
        if self.positions is None or len(self.positions) < 2:
            return None
        return float(np.median(np.abs(np.diff(self.positions @ self.normal))))

    def pixels(self, points: Floats, index: int) -> NDArray[np.float32]:
        """Turn points (n, 3), LPS mm, into (column, row) on a slice, pixel edges at whole numbers.

        Raises:
            ValueError: The place in the patient is not known.
        """
        if self.positions is None or self.cosines is None or self.spacing is None:
            raise ValueError("this series has no place in the patient")
        offsets = points - self.positions[index]
        column = offsets @ self.cosines[0] / self.spacing[1] + 0.5
        row = offsets @ self.cosines[1] / self.spacing[0] + 0.5
        return np.stack([column, row], axis=1).astype(np.float32)

    def spot(self, plane: Plane) -> Spot | None:
        """Where a plane lies, if its pixels are pixels of a slice; else None."""
        if self.cosines is None or self.spacing is None or self.positions is None:
            return None
        if (np.sum(self.cosines * plane.cosines, axis=1) < PARALLEL).any():
            return None
        ratios = np.array(plane.spacing) / np.array(self.spacing)
        if (np.abs(ratios - 1) > SAME_SPACING).any():
            return None
        index = self.nearest(plane.position[None])
        if index is None:
            return None
        column, row = self.pixels(plane.position[None], index)[0] - 0.5
        if max(abs(column - round(column)), abs(row - round(row))) > SAME_PIXEL:
            return None
        return Spot(index, round(float(row)), round(float(column)))


def _positions(series: Series) -> Floats | None:
    """First pixels of all slices, by the fitted grid, else as the headers say."""
    geometry = series.geometry
    if geometry.affine is not None:
        indices = np.zeros((geometry.shape[0], 3))
        indices[:, 0] = np.arange(geometry.shape[0])
        return geometry.to_mm(indices)
    places = [frame.position for frame in series.frames if frame.position is not None]
    return np.array(places, dtype=np.float64) if len(places) == geometry.shape[0] else None
