"""Small DICOM files with a known truth: the fault table's phantom, and a stack of it to spoil.

A stack is right where the value read at each voxel is the value that `hounsfield` gives for the
voxel's place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import FileDataset

from medimg.library.faults.phantom import (
    AXIAL,
    CORONAL,
    CR_IMAGE,
    CT_IMAGE,
    ENHANCED_MR,
    MR_IMAGE,
    PIXEL_MM,
    SAGITTAL,
    SIZE,
    SLICES,
    STEP_MM,
    Points,
    axial,
    enhanced,
    fill,
    hounsfield,
    instance,
    radiograph,
    save,
    section,
    slice_points,
)

__all__ = [
    "AXIAL",
    "CORONAL",
    "CR_IMAGE",
    "CT_IMAGE",
    "ENHANCED_MR",
    "MR_IMAGE",
    "PIXEL_MM",
    "SAGITTAL",
    "SIZE",
    "SLICES",
    "STEP_MM",
    "Points",
    "axial",
    "enhanced",
    "fill",
    "hounsfield",
    "instance",
    "radiograph",
    "save",
    "section",
    "slice_points",
    "write_stack",
]

Change = Callable[[FileDataset, int], None]


def write_stack(
    folder: Path, change: Change | None = None, *, count: int = SLICES, modality: str = "CT"
) -> list[Path]:
    """Write the axial stack; `change(dataset, k)` spoils slice k before it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k in range(count):
        dataset = axial(k, modality=modality)
        if change is not None:
            change(dataset, k)
        paths.append(save(dataset, folder / f"{k:03d}.dcm"))
    return paths
