"""NIfTI-1: RAS, sheared grids by sform alone, unknown sides as code 0, unknown mm as no unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medimg.reading.ras import affine_to_ras
from medimg.values.volume import Array, Unit
from medimg.writing.stack import Stack

#: NIfTI's own codes: xform "scanner", and none.
_SCANNER, _UNKNOWN = 1, 0
#: Datatype RGB24, a record of three bytes.
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
#: The free text of the header holds 79 characters.
_WHO = "MedImg Workstation"


def write(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write a stack as NIfTI-1; frames without a place go along the fourth axis.

    Returns:
        What the format could not say, in sentences.
    """
    geometry, array = stack.geometry, _to_ijk(stack)
    make: Any = nibabel.Nifti1Image
    notes: list[str] = []
    if geometry.affine is not None:
        image = make(array, affine_to_ras(geometry.affine), dtype=array.dtype)
        image.set_sform(image.affine, code=_SCANNER)
        # A quaternion cannot hold a shear.
        image.set_qform(image.affine, code=_UNKNOWN if stack.is_sheared else _SCANNER)
    else:
        image = make(array, None, dtype=array.dtype)
        plane = geometry.plane_spacing
        steps = (plane.column_mm or 1.0, (plane.row_mm or 1.0), 1.0)
        image.header.set_zooms((*steps, 1.0)[: array.ndim])
        image.set_sform(None, code=_UNKNOWN)
        image.set_qform(None, code=_UNKNOWN)
        notes.append("The file does not say which side is which, as its source did not.")
        if not plane.is_known:
            notes.append(
                "The size of a pixel is not known: the file's unit is 'unknown', and its 1 x 1 is "
                "no length."
            )
    image.header.set_xyzt_units("mm" if geometry.plane_spacing.is_known else "unknown", "unknown")
    unit = "" if stack.unit in (Unit.ARBITRARY, Unit.COLOUR) else f", values in {stack.unit.value}"
    image.header["descrip"] = f"{_WHO}{unit}".encode()
    nibabel.save(image, out)
    return tuple(notes)


def _to_ijk(stack: Stack) -> Array:
    """[i, j, k], or [i, j, k, volume]; colour as records of three bytes."""
    array = stack.array
    if stack.is_colour:
        array = np.ascontiguousarray(array).view(_RGB)[..., 0]
    if len(stack.volumes) > 1:
        return array.transpose(3, 2, 1, 0)
    if stack.is_frames:
        return array.transpose(2, 1, 0)[:, :, None, :]
    return array.transpose(2, 1, 0)
