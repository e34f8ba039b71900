"""The place of a NIfTI image: sform, else qform, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from medimg.reading.grid import (
    Grid,
    is_sheared,
    is_usable,
    no_orientation,
    placed,
    sheared,
    unplaced,
)
from medimg.reading.ras import affine_from_ras
from medimg.values.problems import Problem

Floats = NDArray[np.float64]

#: mm a spatial unit (xyzt_units); unknown counts as mm, as all readers have it.
_MM = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
#: sform and qform differ where a corner of the image moves by more than this.
FORMS_DIFFER_MM = 0.5


def grid_of(header: Any, name: str, sizes: tuple[int, int, int]) -> tuple[Grid, list[Problem]]:
    """Place an image; without a usable form its sides are unknown.

    Args:
        header: Of nibabel.
        name: Of the file.
        sizes: (columns, rows, slices).
    """
    shape = (sizes[2], sizes[1], sizes[0])
    unit, problems = _unit(header, name)
    bare = unplaced(shape, _steps(header, sizes, unit))
    sform, told = _sform(header, name, unit or 1.0)
    problems += told
    qform = _qform(header, unit or 1.0)
    if sform is not None and qform is not None and unit is not None:
        far = _apart(sform, qform, sizes)
        if far > FORMS_DIFFER_MM:
            sentence = f"The sform and the qform of {name} place it {far:.1f} mm apart."
            return bare, [*problems, Problem("qform-sform-differ", sentence, (name,))]
    ras = qform if sform is None else sform
    if ras is None:
        if _is_unsaid(header):
            bare = unplaced(shape, None)
        if bare.step_mm is None and unit is not None:
            sentence = f"{name} does not say how large a voxel is."
            problems.append(Problem("spacing-unknown", sentence, (name,)))
        why = "neither its sform nor its qform can be used"
        return bare, [*problems, no_orientation(name, why, bare)]
    if unit is None:
        return bare, [*problems, no_orientation(name, "its unit is not one of length", bare)]
    problems += _notes(ras, bare, name, "sform" if sform is not None else "qform")
    return placed(affine_from_ras(ras), shape), problems


def _unit(header: Any, name: str) -> tuple[float | None, list[Problem]]:
    """mm a unit of length; None where the code means none."""
    try:
        return _MM.get(header.get_xyzt_units()[0]), []
    except KeyError:
        sentence = f"{name} gives no known unit of length (code {int(header['xyzt_units']) & 7})."
        return None, [Problem("spacing-unknown", sentence, (name,))]


def _steps(
    header: Any, sizes: tuple[int, int, int], unit: float | None
) -> tuple[float, float, float] | None:
    """pixdim of (slice, row, column) in mm; None where one of them is no length."""
    if unit is None:
        return None
    column, row, slice_ = (float(step) * unit for step in header["pixdim"][1:4])
    slice_ = slice_ if sizes[2] > 1 or slice_ > 0 else 1.0  # of the one slice there is
    steps = (slice_, row, column)
    return steps if all(0 < step < float("inf") for step in steps) else None


def _is_unsaid(header: Any) -> bool:
    """Whether pixdim is what a writer puts that knows no size: 1 x 1 of no unit."""
    unit = int(header["xyzt_units"]) & 7
    return not unit and [float(step) for step in header["pixdim"][1:3]] == [1.0, 1.0]


def _sform(header: Any, name: str, unit: float) -> tuple[Floats | None, list[Problem]]:
    """The sform in mm where it is set and can be used."""
    sform = header.get_sform(coded=True)[0]
    if sform is None:
        return None, []
    sform = _in_mm(sform, unit)
    if sform is None:
        sentence = f"The sform of {name} is singular and is not used."
        return None, [Problem("sform-singular", sentence, (name,))]
    return sform, []


def _qform(header: Any, unit: float) -> Floats | None:
    """The qform in mm where it is set and can be used."""
    try:
        qform = header.get_qform(coded=True)[0]
    except (HeaderDataError, ValueError):
        return None
    return None if qform is None else _in_mm(qform, unit)


def _in_mm(form: Floats, unit: float) -> Floats | None:
    """A form in mm; None where it places nothing."""
    scaled = np.array(form, dtype=np.float64)
    scaled[:3] *= unit
    is_good = np.isfinite(scaled).all() and is_usable(scaled[:3, :3])
    return scaled if is_good else None


def _apart(a: Floats, b: Floats, sizes: tuple[int, ...]) -> float:
    """How far two affines place the corners of an image apart."""
    ends = [(0, n - 1) for n in sizes]
    corners = np.array([(x, y, z, 1) for x in ends[0] for y in ends[1] for z in ends[2]])
    return float(np.linalg.norm((corners @ (a - b).T)[:, :3], axis=1).max())


def _notes(ras: Floats, bare: Grid, name: str, form: str) -> list[Problem]:
    """Notes on a sheared form, and on pixdim that says other steps."""
    problems = []
    steps = np.linalg.norm(ras[:3, :3], axis=0)
    if is_sheared(ras[:3, :3]):
        problems.append(sheared(name))
    plane, slice_ = bare.geometry.plane_spacing, bare.step_mm
    zooms = np.array([plane.column_mm or 0.0, plane.row_mm or 0.0, slice_ or 0.0])
    if bare.geometry.shape[0] == 1:
        zooms[2] = steps[2]
    if np.abs(zooms - steps).max() > 0.01 * steps.max():
        found = " x ".join(f"{z:.3g}" for z in zooms) if plane.is_known else "no lengths in"
        used = " x ".join(f"{s:.3g}" for s in steps)
        sentence = f"pixdim of {name} says {found} mm, its {form} {used} mm, which is used."
        problems.append(Problem("pixdim-differs", sentence, (name,)))
    return problems
