"""Where pixels lie: index [slice, row, column] and patient LPS in mm, both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Plane(Enum):
    """The patient plane nearest to a stack's slices."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    UNKNOWN = "unknown"


class MeasuredAt(Enum):
    """What an in-plane spacing is measured at; a radiograph magnifies, a section does not."""

    PATIENT = "patient"
    CALIBRATED = "calibrated"
    CORRECTED = "corrected"
    DETECTOR = "detector"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlaneSpacing:
    """Distance of pixel centres within one image.

    Attributes:
        measured_at: What the millimetres refer to; `UNKNOWN` means that lengths are in pixels.
        row_mm: Between rows, downwards; None where unknown.
        column_mm: Between columns, to the right; None where unknown.
        aspect: Height over width of one pixel, for drawing; known even where mm are not.
        magnification: Estimated radiographic magnification factor, where one was applied.
    """

    measured_at: MeasuredAt = MeasuredAt.UNKNOWN
    row_mm: float | None = None
    column_mm: float | None = None
    aspect: float = 1.0
    magnification: float | None = None

    def __post_init__(self) -> None:
        known = self.row_mm is not None and self.column_mm is not None
        if known != (self.measured_at is not MeasuredAt.UNKNOWN):
            raise ValueError("a spacing in mm needs to say what it is measured at")
        if self.row_mm is not None and self.column_mm is not None:
            if not (self.row_mm > 0 and self.column_mm > 0):
                raise ValueError("a spacing is a positive number of mm")
            object.__setattr__(self, "aspect", self.row_mm / self.column_mm)

    @property
    def is_known(self) -> bool:
        """Whether lengths may be given in mm."""
        return self.measured_at is not MeasuredAt.UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """The grid of a stack.

    Attributes:
        shape: (slices, rows, columns).
        plane_spacing: Pixel spacing within a slice.
        affine: (4, 4), index (slice, row, column, 1) to LPS mm, voxel centres. None where the
            place in the patient is not known (a radiograph, a picture, an uneven stack).
            A sheared stack keeps its shear.
        frame_of_reference_uid: Space that the mm belong to; empty where there is none.
        image_orientation_patient: Six LPS direction cosines, of growing column index and then of
            growing row index (PS3.3 C.7.6.2.1.1). Taken from the affine where there is one;
            given on its own for a stack that has none because its slices are not even.
    """

    shape: tuple[int, int, int]
    plane_spacing: PlaneSpacing = field(default_factory=PlaneSpacing)
    affine: Floats | None = None
    frame_of_reference_uid: str = ""
    image_orientation_patient: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape must be (slices, rows, columns), is {self.shape}")
        if self.affine is None:
            return
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ValueError("an affine is a finite 4 x 4 matrix")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise ValueError("an affine must be invertible")
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)
        units = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
        cosines = tuple(float(x) for x in (*units[:, 2], *units[:, 1]))
        object.__setattr__(self, "image_orientation_patient", cosines)

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """Step between neighbours along (slice, row, column), or None without an affine."""
        if self.affine is None:
            return None
        steps = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(steps[0]), float(steps[1]), float(steps[2])

    @property
    def direction(self) -> Floats | None:
        """(3, 3), columns are the unit LPS vectors of slice, row and column index."""
        if self.affine is None:
            return None
        matrix: Floats = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return matrix

    @property
    def voxel_ml(self) -> float | None:
        """Volume of one voxel in ml; None without an affine or of a single slice's thickness."""
        if self.affine is None or self.shape[0] < 2:
            return None
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    @property
    def plane(self) -> Plane:
        """The patient plane nearest to the slices (by their normal)."""
        if self.image_orientation_patient is None:
            return Plane.UNKNOWN
        cosines = np.array(self.image_orientation_patient)
        normal = np.cross(cosines[:3], cosines[3:])
        axis = int(np.argmax(np.abs(normal)))
        return (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[axis]

    def to_mm(self, index: Floats) -> Floats:
        """Turn indices (n, 3) [slice, row, column] into LPS mm (n, 3).

        Raises:
            ValueError: The place in the patient is not known.
        """
        if self.affine is None:
            raise ValueError("this grid has no place in the patient")
        index = np.atleast_2d(np.asarray(index, dtype=np.float64))
        result: Floats = index @ self.affine[:3, :3].T + self.affine[:3, 3]
        return result

    def to_index(self, points_mm: Floats) -> Floats:
        """Turn LPS mm (n, 3) into indices (n, 3) [slice, row, column], not rounded.

        Raises:
            ValueError: The place in the patient is not known.
        """
        if self.affine is None:
            raise ValueError("this grid has no place in the patient")
        points: Floats = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
        offsets = points - self.affine[:3, 3]
        result: Floats = np.linalg.solve(self.affine[:3, :3], offsets.T).T.astype(np.float64)
        return result


def affine_from(
    origin: Floats, direction: Floats, spacing_mm: tuple[float, float, float]
) -> Floats:
    """Build an affine from the LPS origin (3,), unit columns (3, 3) and steps in mm."""
    affine = np.eye(4)
    affine[:3, :3] = np.asarray(direction, dtype=np.float64) * np.asarray(spacing_mm)
    affine[:3, 3] = origin
    return affine


def display_affine(
    pixel_mm: tuple[float, float] = (1.0, 1.0), slice_mm: float = 1.0
) -> NDArray[np.float64]:
    """LPS affine of an axial stack in display order, its centre nowhere in particular."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = slice_mm, *pixel_mm, 1.0
    return affine
