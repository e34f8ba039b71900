"""Rows of 'Pixels': what a stored number means."""

from __future__ import annotations

from pathlib import Path

from medimg.library.faults.phantom import CT_OFFSET, axial_cuts, spoil, written
from medimg.library.faults.truth import Row, Truth
from medimg.values.volume import Unit

#: Slices of a row of pixels.
FEW = 6


def _rescale_missing(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=None, RescaleIntercept=None)
    cuts = [one.known(values=one.truth.values + CT_OFFSET) for one in cuts]
    return written(folder, cuts, unit=Unit.ARBITRARY)


ROWS: tuple[Row, ...] = (
    Row("rescale-missing", "CT without RescaleSlope/Intercept (stored = HU + 1024)",
        "reads stored values; problem rescale-missing: not HU; HU measures refused",
        _rescale_missing, ("rescale-missing",)),
)  # fmt: skip
