"""Small DICOM files with a known truth: the fault table's phantom, and a stack of it to spoil.

A stack is right where the value read at each voxel is the value that `hounsfield` gives for the
voxel's place.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from tests.faults.phantom import (
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


def write_deadly_stack(folder: Path) -> None:
    """Write five RLE slices, of which the third ends the process that decodes it.

    Its frame has two segments of a byte a pixel, and the first opens to a whole run too many: the
    decoder in use writes past its own buffer, and its language ends the program for that.
    """
    run = bytes([129, 7])  # 128 times 7
    segment = run * (SIZE * SIZE // 128)
    offsets = struct.pack("<16L", 2, 64, 64 + len(segment) + 2, *[0] * 13)

    def spoil(dataset: FileDataset, k: int) -> None:
        dataset.compress(RLELossless, generate_instance_uid=False)
        if k == 2:
            dataset.PixelData = encapsulate([offsets + segment + run + segment])

    write_stack(folder, spoil, count=5)
