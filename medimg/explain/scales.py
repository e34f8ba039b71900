"""One fixed display scale for a package and a method, from its validation cases."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

#: Of each map: its strongest hundredth may saturate, so that one pixel does not set the scale.
MAP_QUANTILE = 0.99
#: Over the maps: most flagged cases reach full strength somewhere, faint ones stay faint.
CASE_QUANTILE = 0.75


def display_scale(maps: Iterable[NDArray[np.float32]]) -> float:
    """Choose the value that is drawn at full strength, for `[[maps]] scale` of a package.

    Args:
        maps: Of flagged validation cases, at least one; slices without evidence left out.

    Raises:
        ValueError: No map, or none with positive evidence.
    """
    peaks = [float(np.quantile(one, MAP_QUANTILE)) for one in maps]
    scale = float(np.quantile(peaks, CASE_QUANTILE)) if peaks else 0.0
    if not scale > 0.0:
        raise ValueError("no map has positive evidence; a scale cannot be set")
    return scale
