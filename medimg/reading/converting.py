"""A volume as a file of another format: NIfTI, NRRD, MetaImage. Values and places are kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medimg.reading.ras import affine_to_ras, array_to_ijk
from medimg.values.errors import InputRefused, OutputFailed, UsageError
from medimg.values.problems import Stops
from medimg.values.volume import Unit, Volume

#: Slice, row and column directions stand at right angles within this cosine.
ORTHOGONAL = 1e-3

#: NIfTI's own codes: xform "scanner", and none.
_SCANNER, _UNKNOWN = 1, 0


def convert(volume: Volume, out: Path) -> tuple[str, ...]:
    """Write a volume by the suffix of its file, whole or not at all.

    Returns:
        What the format could not carry, in sentences.

    Raises:
        UsageError: No format has that suffix.
        InputRefused: The volume does not fit the format.
        OutputFailed: The file could not be written.
    """
    suffix, write = writer_of(out)
    if volume.unit is Unit.COLOUR:
        raise InputRefused(
            f"{volume.series.label} is in colour, which is not converted to volumes."
        )
    if volume.series.geometry.affine is None and len(volume.series.frames) > 1:
        reasons = volume.series.stops(Stops.VOLUME)
        why = reasons[0].sentence if reasons else "Its place in the patient is not known."
        raise InputRefused(f"{volume.series.label} is not one regular volume. {why}")
    try:
        handle, name = tempfile.mkstemp(suffix=suffix, prefix=".part-", dir=out.parent)
        os.close(handle)
        part = Path(name)
        try:
            notes = write(volume, part)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[-1]
        raise OutputFailed(f"{out} could not be written: {reason}.") from error
    return notes


def writer_of(out: Path) -> tuple[str, Callable[[Volume, Path], tuple[str, ...]]]:
    """The suffix of a file and what writes it.

    Raises:
        UsageError: No format has that suffix.
    """
    for suffix, write in WRITERS.items():
        if out.name.lower().endswith(suffix):
            return suffix, write
    raise UsageError(f"{out.name} has none of the suffixes {', '.join(WRITERS)}.")


def _write_nifti(volume: Volume, out: Path) -> tuple[str, ...]:
    """Write NIfTI: RAS, sheared grids by sform alone, unknown sides as code 0."""
    geometry = volume.series.geometry
    array = array_to_ijk(volume.array)
    make: Any = nibabel.Nifti1Image
    if geometry.affine is not None:
        image = make(array, affine_to_ras(geometry.affine))
        image.set_sform(image.affine, code=_SCANNER)
        image.set_qform(image.affine, code=_UNKNOWN if _is_sheared(volume) else _SCANNER)
        notes: tuple[str, ...] = ()
    else:
        image = make(array, None)
        plane = geometry.plane_spacing
        image.header.set_zooms((plane.column_mm or 1.0, plane.row_mm or 1.0, 1.0))
        image.set_sform(None, code=_UNKNOWN)
        image.set_qform(None, code=_UNKNOWN)
        notes = ("The file does not say which side is which, as its source did not.",)
    image.header.set_xyzt_units("mm" if geometry.plane_spacing.is_known else "unknown")
    image.header["descrip"] = b"MedImg Workstation"
    nibabel.save(image, out)
    return notes


def _write_itk(volume: Volume, out: Path) -> tuple[str, ...]:
    """Write NRRD or MetaImage by SimpleITK, whose axes are (column, row, slice) in LPS."""
    import SimpleITK

    geometry = volume.series.geometry
    if geometry.affine is None:
        raise InputRefused(
            f"{volume.series.label} has no known place in the patient, which {out.suffix} cannot "
            "say. Write .nii.gz."
        )
    if _is_sheared(volume):
        raise InputRefused(
            f"{volume.series.label} is a sheared stack, which {out.suffix} cannot hold here. "
            "Write .nii.gz."
        )
    direction, steps = geometry.direction, geometry.spacing_mm
    assert direction is not None and steps is not None  # the affine is known
    image: Any = SimpleITK.GetImageFromArray(np.ascontiguousarray(volume.array))
    image.SetOrigin([float(x) for x in geometry.affine[:3, 3]])
    image.SetSpacing(list(reversed(steps)))
    image.SetDirection([float(x) for x in direction[:, ::-1].ravel()])
    write: Any = SimpleITK.WriteImage
    write(image, str(out), useCompression=True)
    return ()


def _is_sheared(volume: Volume) -> bool:
    direction = volume.series.geometry.direction
    assert direction is not None  # asked of placed volumes only
    return bool(np.abs(direction.T @ direction - np.eye(3)).max() > ORTHOGONAL)


#: By suffix; the longer first, so that .nii.gz is not taken for .gz.
WRITERS: dict[str, Callable[[Volume, Path], tuple[str, ...]]] = {
    ".nii.gz": _write_nifti,
    ".nii": _write_nifti,
    ".nrrd": _write_itk,
    ".mha": _write_itk,
}
