"""Lung nodules with every reader's outline, as `ct-lung-nodules` keeps them: one strip a nodule."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

CROP = 96
HU_STEP, HU_LOWEST = 12.0, -1100.0
NOT_KNOWN = 255
READERS = 4


@dataclass(frozen=True, eq=False)
class Nodule:
    """One nodule: its slices in HU, what of them is known, and who drew where.

    Arrays are (slices, 96, 96). In an end slice only a box is known; `hu` holds the pixels of the
    neighbouring slice around it, so that the box's edge is no sign of the end.
    """

    name: str
    patient: str
    hu: NDArray[np.float32]
    known: NDArray[np.bool_]
    readers: NDArray[np.bool_]
    pixel_mm: float
    step_mm: float
    ends: tuple[bool, bool]
    row: dict[str, str]

    @cached_property
    def share(self) -> NDArray[np.float32]:
        """Share of the readers who drew each voxel."""
        return np.asarray(self.readers.mean(axis=0), np.float32)

    @cached_property
    def majority(self) -> NDArray[np.bool_]:
        """Voxels that at least half of the readers drew."""
        return self.share >= 0.5

    @cached_property
    def target(self) -> NDArray[np.float32]:
        """What a network learns: midway between the readers' share and their majority."""
        return np.asarray((self.share + self.majority) / 2, np.float32)

    @cached_property
    def anyone(self) -> NDArray[np.bool_]:
        """Voxels that any reader drew."""
        return np.asarray(self.readers.any(axis=0))

    @property
    def reader_mm3(self) -> list[float]:
        """Volume of each reader's outline."""
        voxel = self.step_mm * self.pixel_mm**2
        return [float(drawn.sum()) * voxel for drawn in self.readers]

    @cached_property
    def away_mm(self) -> NDArray[np.float32]:
        """In-plane distance (96, 96) in mm from all outlines of all slices laid over each other."""
        drawn = self.anyone.any(axis=0)
        return np.asarray(ndimage.distance_transform_edt(~drawn) * self.pixel_mm, np.float32)


def _fill(hu: NDArray[np.float32], known: NDArray[np.bool_], ends: tuple[bool, bool]) -> None:
    for at, inward, is_end in ((0, 1, ends[0]), (-1, -2, ends[1])):
        if is_end and len(hu) > 1:
            hu[at] = np.where(known[at], hu[at], hu[inward])


def read(folder: Path, row: dict[str, str]) -> Nodule:
    """Read one row of `nodules.csv` with its two strips."""
    shape = (int(row["slices"]), CROP, CROP)
    grey = np.asarray(Image.open(folder / row["file"])).reshape(shape)
    drawn = np.asarray(Image.open(folder / row["mask"])).reshape(shape)
    bits = [drawn >> reader & 1 for reader in range(READERS)]
    readers = np.stack([bit.astype(bool) for bit in bits if bit.any()])
    known = grey != NOT_KNOWN
    hu = grey.astype(np.float32) * HU_STEP + HU_LOWEST
    ends = (row["end_before"] == "1", row["end_after"] == "1")
    # Grey 255 is metal or bone beyond 1948 HU everywhere but in the end slices.
    known[int(ends[0]) : len(known) - int(ends[1])] = True
    _fill(hu, known, ends)
    name = Path(row["file"]).stem
    spacing = float(row["pixel_mm"]), float(row["step_mm"])
    return Nodule(name, row["patient"], hu, known, readers, *spacing, ends, row)


def read_all(folder: Path, limit: int | None = None) -> tuple[Nodule, ...]:
    """Read every nodule of the folder, or the first `limit`, in the order of `nodules.csv`."""
    with (folder / "nodules.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(read(folder, row) for row in rows[:limit])
