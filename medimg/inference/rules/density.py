"""Density of the lungs: mean, 15th percentile, share below -950 HU, and when not to trust it.

Gevenois et al. 1996, "Comparison of computed density and microscopic morphometry in pulmonary
emphysema", for the share; Parr et al. 2006, "Validation of computed tomographic lung densitometry
for monitoring emphysema in alpha1-antitrypsin deficiency", for the percentile. Both are of thin
slices without contrast, reconstructed smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.inference.rules.chest_air import LEFT, RIGHT, ChestAir
from medimg.inference.rules.kernels import is_sharp
from medimg.inference.rules.morphology import eroded
from medimg.inference.rules.patient_grid import Array, Bits, Coarse
from medimg.values.series import Series

LOW_HU = -950
PERCENT = 15.0
#: Thicker slices mix low and high density.
THICKEST_MM = 2.0
#: Blood without contrast has 30 to 60 HU.
_BRIGHT_BLOOD_HU, _BLOOD_PERCENT = 90.0, 75.0
#: Of the lungs' depth from the front: heart and great vessels, and not the spine.
_HEART = (0.15, 0.6)
_LOWEST, _HIGHEST = -1100, 3100
_SLAB = 32


@dataclass(frozen=True, slots=True)
class Density:
    """Of one lung, vessels included.

    Attributes:
        mean_hu, percentile_hu: Mean and 15th percentile.
        low_percent: Share of voxels below -950 HU.
    """

    mean_hu: float
    percentile_hu: float
    low_percent: float


def density(hu: Array, mask: Bits) -> Density:
    """Measure the voxels of a mask that is not empty.

    Args:
        hu: The volume, in HU; values are rounded to whole HU.
        mask: The same grid.
    """
    counts = np.zeros(_HIGHEST - _LOWEST + 1, dtype=np.int64)
    for start in range(0, len(hu), _SLAB):
        values = hu[start : start + _SLAB][mask[start : start + _SLAB]]
        steps = np.rint(np.clip(values, _LOWEST, _HIGHEST)).astype(np.int64) - _LOWEST
        counts += np.bincount(steps, minlength=len(counts))
    places = np.arange(_LOWEST, _HIGHEST + 1)
    share = np.cumsum(counts) / counts.sum()
    return Density(
        mean_hu=float(np.average(places, weights=counts)),
        percentile_hu=float(places[np.searchsorted(share, PERCENT / 100)]),
        low_percent=100.0 * float(share[LOW_HU - 1 - _LOWEST]),
    )


def doubts(series: Series, coarse: Coarse, air: ChestAir) -> str:
    """Why the share of low density must not be given, in words; empty where it may be."""
    reasons = [_thick(series), _contrast(series, coarse, air), _kernel(series)]
    told = [reason for reason in reasons if reason]
    return f"Share below {LOW_HU} HU withheld: {'; '.join(told)}." if told else ""


def _thick(series: Series) -> str:
    spacing = series.geometry.spacing_mm
    thickness = max(series.slice_thickness_mm or 0.0, spacing[0] if spacing else 0.0)
    if thickness <= THICKEST_MM:
        return ""
    return f"slices are {thickness:.3g} mm thick, more than {THICKEST_MM:g} mm"


def _contrast(series: Series, coarse: Coarse, air: ChestAir) -> str:
    if series.contrast:
        return "the scan was made with contrast medium"
    blood = blood_hu(coarse, air)
    if blood > _BRIGHT_BLOOD_HU:
        return f"blood is as bright as after contrast medium ({blood:.0f} HU)"
    return ""


def _kernel(series: Series) -> str:
    kernel = dict(series.acquisition).get("Kernel", "")
    return f"the kernel {kernel} is sharp" if is_sharp(kernel) else ""


def blood_hu(coarse: Coarse, air: ChestAir) -> float:
    """How bright heart and great vessels are: a high percentile of what lies between the lungs."""
    right, left = air.lungs == RIGHT, air.lungs == LEFT
    rows = np.flatnonzero((right | left).any(axis=(0, 2)))
    if not (right.any() and left.any()):
        return 0.0
    first, last = (int(rows[0] + share * (rows[-1] - rows[0])) for share in _HEART)
    here = slice(first, last)
    between = np.logical_or.accumulate(right[:, here], axis=2)
    between &= np.logical_or.accumulate(left[:, here, ::-1], axis=2)[:, :, ::-1]
    soft: NDArray[np.bool_] = between & (coarse.hu[:, here] > -50.0)
    deep = eroded(soft, coarse, 5.0)
    return float(np.percentile(coarse.hu[:, here][deep], _BLOOD_PERCENT)) if deep.any() else 0.0
