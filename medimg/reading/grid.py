"""Where the voxels of a volume file lie, turned as radiologists see them, or not placed at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.reading.upright import Turn, upright
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem
from medimg.values.volume import Array

Floats = NDArray[np.float64]
Shape = tuple[int, int, int]

#: Cosine between two grid axes from which a grid is called sheared.
SHEARED = 0.01
#: A voxel this small is none: a cube of one micrometre has as much.
LEAST_MM3 = 1e-9

_AS_STORED = Turn((0, 1, 2), (False, False, False))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The geometry of a volume file, and how its stored [slice, row, column] turns into it.

    Attributes:
        step_mm: Between slices; known even where the place in the patient is not.
    """

    geometry: Geometry
    turn: Turn
    step_mm: float | None = None

    def array(self, stored: Array) -> Array:
        """Turn voxels [slice, row, column] as they were stored; contiguous."""
        return np.ascontiguousarray(self.turn.array(stored))


def placed(affine: Floats, shape: Shape) -> Grid:
    """Place a grid by its affine from stored [slice, row, column] to LPS mm.

    Raises:
        ValueError: The affine is singular or not finite.
    """
    Geometry(shape, affine=affine)
    turn = upright(affine)
    turned = turn.affine(affine, shape)
    steps = [float(step) for step in np.linalg.norm(turned[:3, :3], axis=0)]
    spacing = PlaneSpacing(MeasuredAt.PATIENT, steps[1], steps[2])
    return Grid(Geometry(turn.shape(shape), spacing, turned), turn, steps[0])


def unplaced(shape: Shape, steps_mm: tuple[float, float, float] | None) -> Grid:
    """Leave a grid as it was stored, its sides unknown.

    Args:
        shape: (slices, rows, columns).
        steps_mm: Of (slices, rows, columns), where they are known.
    """
    if steps_mm is None:
        return Grid(Geometry(shape), _AS_STORED)
    spacing = PlaneSpacing(MeasuredAt.PATIENT, steps_mm[1], steps_mm[2])
    return Grid(Geometry(shape, spacing), _AS_STORED, steps_mm[0])


def is_usable(matrix: Floats) -> bool:
    """Whether three axis vectors in mm span space: finite, none zero, not in one plane."""
    if not np.isfinite(matrix).all():
        return False
    lengths = np.linalg.norm(matrix, axis=0)
    if not (lengths > 0).all():
        return False
    return bool(
        abs(np.linalg.det(matrix / lengths)) > 1e-6 and abs(np.linalg.det(matrix)) > LEAST_MM3
    )


def is_sheared(matrix: Floats) -> bool:
    """Whether the axes, columns of a 3 x 3 matrix, do not stand at right angles."""
    units = matrix / np.linalg.norm(matrix, axis=0)
    return bool(np.abs(units.T @ units - np.eye(3)).max() > SHEARED)


def sheared(name: str) -> Problem:
    """The note of a sheared grid, which is kept as it is."""
    return Problem("sheared", f"The grid of {name} is sheared; it is kept.", (name,))


def no_orientation(name: str, why: str, grid: Grid) -> Problem:
    """Say that a file does not tell its sides, and what steps it does tell."""
    plane, step = grid.geometry.plane_spacing, grid.step_mm
    steps = ""
    if plane.is_known and step is not None:
        steps = f" Its voxels are {plane.column_mm:.4g} x {plane.row_mm:.4g} x {step:.4g} mm."
    return Problem(
        "no-orientation", f"{name} does not say how it is turned: {why}.{steps}", (name,)
    )
