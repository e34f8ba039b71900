"""The phantom as the volume of one file: what NIfTI, NRRD and MetaImage rows have in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medimg.values.volume import Array, Unit
from tests.faults.phantom import (
    AXIAL,
    MR_OFFSET,
    PIXEL_MM,
    SIZE,
    STEP_MM,
    hounsfield,
    place,
    slice_points,
)
from tests.faults.truth import Slice, Stack, Triple, Truth

COUNT, FIRST = 12, 14
PIXEL = (PIXEL_MM, PIXEL_MM)
#: LPS to RAS and back.
TURN = np.diag([-1.0, -1.0, 1.0, 1.0])


def slices_at(starts: list[Triple], orientation: tuple[float, ...] = AXIAL) -> tuple[Slice, ...]:
    """Slices of the phantom at these places; MR values."""
    return tuple(
        Slice(
            hounsfield(slice_points(start, orientation)).reshape(SIZE, SIZE) + MR_OFFSET,
            start,
            orientation,
            PIXEL,
        )
        for start in starts
    )


def axial_stack(**facts: object) -> Stack:
    """The axial stack that most rows hold, from the feet up."""
    slices = slices_at([place(k) for k in range(FIRST, FIRST + COUNT)])
    plain = Stack(slices, Unit.ARBITRARY, spacing=PIXEL)
    return replace(plain, **facts)  # type: ignore[arg-type]


def unplaced(spacing: tuple[float, float] | None = PIXEL) -> Stack:
    """The same where no reader can know its place."""
    bare = tuple(Slice(one.values) for one in axial_stack().slices)
    return axial_stack(slices=bare, is_volume=False, spacing=spacing)


def voxels_of(stack: Stack | None = None) -> NDArray[np.int16]:
    """[slice, row, column] of a stack."""
    return np.stack([one.values for one in (stack or axial_stack()).slices]).astype(np.int16)


def affine_lps(direction: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """From (column, row, slice) index to LPS mm."""
    affine = np.eye(4)
    matrix = np.eye(3) if direction is None else direction
    affine[:3, :3] = matrix * (PIXEL_MM, PIXEL_MM, STEP_MM)
    affine[:3, 3] = place(FIRST)
    return affine


def brighter(by: int, label: str) -> Stack:
    """The axial stack with other values, one of several volumes of a file."""
    slices = tuple(replace(one, values=one.values + by) for one in axial_stack().slices)
    return axial_stack(slices=slices, label=label)


def coloured() -> tuple[Array, Stack]:
    """Three channels that differ, and their stack."""
    grey = (voxels_of() // 16).astype(np.uint8)
    colours = np.stack([grey, grey // 2, 255 - grey], axis=-1)
    plain = axial_stack().slices
    slices = tuple(replace(one, values=colours[k]) for k, one in enumerate(plain))
    return colours, axial_stack(slices=slices, unit=Unit.COLOUR)


def nothing() -> Truth:
    return ()


def good() -> Truth:
    return (axial_stack(),)


def without_place() -> Truth:
    return (unplaced(),)
