"""The calculated chest CT for tests: on few voxels, in variants, written and read back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import medimg
from medimg.phantoms.chest_ct import Chest, chest
from medimg.phantoms.chest_parts import Recipe
from medimg.phantoms.dicom import Scan
from medimg.phantoms.writing import CHEST_SCAN, recipe, write_chest_ct
from medimg.values.volume import Volume


def small_plan() -> Recipe:
    """The recipe with an eighth of the voxels: 2.5 mm within 3 mm slices."""
    plan = recipe("chest_ct")
    plan["grid"] |= {"slices": 96, "rows": 112, "columns": 144, "pixel_mm": 2.5, "slice_mm": 3.0}
    return plan


@cache
def small() -> Chest:
    """The chest of that recipe."""
    return chest(small_plan())


@cache
def whole() -> Chest:
    """The chest as it is shipped."""
    return chest(recipe("chest_ct"))


def volume_of(
    folder: Path, made: Chest, scan: Scan = CHEST_SCAN, without: Sequence[int] = ()
) -> Volume:
    """Write a chest as DICOM and read it back."""
    (series,) = medimg.scan(write_chest_ct(folder, made, scan, without).folder).series
    return medimg.read(series)
