"""HDF5 of this program's own: one array, its grid and what is known of it, plain attributes.

Layout, version 1. Attributes of the file: `format` ("medimg-volume"), `version`, `notice`.
Data set `array` (gzip), with the attributes

    axes                    names of its axes: [volume,] slice (or frame), row, column [, rgb]
    unit                    HU, SUVbw, Gy, arbitrary, colour
    affine_lps              (4, 4), index (slice, row, column, 1) to mm; absent where unknown
    spacing_mm              (slice, row, column); absent where unknown
    pixel_spacing_mm        (row, column); absent where unknown
    pixel_measured_at       patient, calibrated, corrected, detector, unknown
    volumes                 what tells several volumes apart; absent for one
    facts                   modality, body part, view, MR kind, windows … as JSON, without identity
    identity                patient, study, series and UIDs as JSON; only where asked for
    headers                 one DICOM JSON model an instance; only with the identity

and, where pixels are padding and not image, the data set `padding` (1 where padding).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from medimg.reading.formats.hdf5 import FORMAT, VERSION
from medimg.values.notice import RESEARCH_NOTICE
from medimg.values.series import Series
from medimg.writing.stack import Stack


def write(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write a stack as HDF5."""
    import h5py

    with h5py.File(out, "w") as file:
        file.attrs["format"], file.attrs["version"] = FORMAT, VERSION
        file.attrs["notice"] = RESEARCH_NOTICE
        array = file.create_dataset("array", data=stack.array, compression="gzip", shuffle=True)
        array.attrs["axes"] = _axes(stack)
        array.attrs["unit"] = stack.unit.value
        _keep_grid(array.attrs, stack)
        array.attrs["facts"] = json.dumps(_facts(stack.series))
        if stack.has_identity:
            array.attrs["identity"] = json.dumps(_identity(stack.series), ensure_ascii=False)
            # An attribute holds 64 KB; the headers of a long series are more.
            file.create_dataset("headers", data=list(stack.headers), dtype=h5py.string_dtype())
        if any(volume.padding is not None for volume in stack.volumes):
            file.create_dataset("padding", data=_padding(stack), compression="gzip")
    return ()


def _axes(stack: Stack) -> list[str]:
    before = ["volume"] if len(stack.volumes) > 1 else []
    after = ["rgb"] if stack.is_colour else []
    return [*before, "frame" if stack.is_frames else "slice", "row", "column", *after]


def _keep_grid(attrs: Any, stack: Stack) -> None:
    geometry, plane = stack.geometry, stack.geometry.plane_spacing
    if geometry.affine is not None:
        attrs["affine_lps"], attrs["spacing_mm"] = geometry.affine, geometry.spacing_mm
    if plane.row_mm is not None and plane.column_mm is not None:
        attrs["pixel_spacing_mm"] = (plane.row_mm, plane.column_mm)
    attrs["pixel_measured_at"] = plane.measured_at.value
    if stack.names:
        attrs["volumes"] = list(stack.names)


def _padding(stack: Stack) -> np.ndarray:
    masks = [
        np.zeros(volume.series.geometry.shape, bool) if volume.padding is None else volume.padding
        for volume in stack.volumes
    ]
    return np.stack(masks).astype(np.uint8) if len(masks) > 1 else masks[0].astype(np.uint8)


def _facts(series: Series) -> dict[str, Any]:
    """What the image is, in words that no person typed."""
    plane = series.geometry.plane_spacing
    return {
        "modality": series.modality,
        "body_part": series.body_part,
        "view": series.view.value,
        "mr_kind": series.mr_kind.value,
        "contrast": series.contrast,
        "patient_orientation": list(series.patient_orientation),
        "photometric_interpretation": series.photometric_interpretation,
        "pixel_aspect": plane.aspect,
        "magnification": plane.magnification,
        "slice_thickness_mm": series.slice_thickness_mm,
        "lossy_ratio": series.lossy_ratio,
        "windows": [[w.center, w.width, w.function] for w in series.windows],
        "acquisition": [list(pair) for pair in series.acquisition],
        "problems": sorted({problem.kind for problem in series.problems}),
    }


def _identity(series: Series) -> dict[str, Any]:
    patient, study = series.patient, series.study
    return {
        "label": series.label,
        "description": series.description,
        "series_uid": series.uid,
        "series_number": series.number,
        "frame_of_reference_uid": series.geometry.frame_of_reference_uid,
        "patient": {name: getattr(patient, name) for name in patient.__slots__},
        "study": {name: getattr(study, name) for name in study.__slots__},
    }
