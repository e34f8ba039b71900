"""Whether the lungs on a film have a size that an adult chest can have.

Films whose header kept the spacing of before they were shrunk show lungs of half the size. On 196
films of known spacing (JSRT) the lungs of adults are 183 to 327 mm tall; the limits lie outside.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medimg.values.geometry import MeasuredAt, PlaneSpacing
from medimg.values.masks import Mask
from medimg.values.series import Series

#: Height of both lungs together, in mm at the detector.
SHORTEST_MM, TALLEST_MM = 150.0, 400.0
#: From this age on lungs are as tall as those of adults.
GROWN_YEARS = 16.0


def doubt(lungs: Mask, series: Series) -> str:
    """Say why the header's spacing is in doubt; empty where it is not, or cannot be judged.

    Args:
        lungs: Both lungs, on one image.
        series: Of the film.
    """
    spacing, age = series.geometry.plane_spacing, series.patient.age_years
    if spacing.row_mm is None or lungs.is_empty or (age is not None and age < GROWN_YEARS):
        return ""
    rows = np.flatnonzero(lungs.bits.any(axis=(0, 2)))
    height_mm = float(rows[-1] - rows[0] + 1) * spacing.row_mm
    if SHORTEST_MM <= height_mm <= TALLEST_MM:
        return ""
    return (
        f"By the header's spacing ({spacing.row_mm:.3g} mm) the lungs are {height_mm:.0f} mm tall; "
        f"those of adults are {SHORTEST_MM:.0f} to {TALLEST_MM:.0f} mm. The spacing is in doubt, "
        "and so is every length in mm. Calibrate by a known length."
    )


def doubted(series: Series) -> Series:
    """The same series with a spacing that says of itself that it is in doubt."""
    spacing = series.geometry.plane_spacing
    marked = PlaneSpacing(MeasuredAt.DOUBTFUL, spacing.row_mm, spacing.column_mm)
    return replace(series, geometry=replace(series.geometry, plane_spacing=marked))
