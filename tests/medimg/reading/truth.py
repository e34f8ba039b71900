"""How a volume that was read is held against the phantom's truth."""

from __future__ import annotations

import numpy as np

from medimg.values.series import Scan
from medimg.values.volume import Volume
from tests.phantoms import hounsfield


def share_wrong(volume: Volume, offset: int = 0) -> float:
    """Share of voxels whose value is not the one of their place, to 1 unit.

    One unit, because a height may be rounded up or down; edges of objects may fall either way.
    """
    index = np.indices(volume.array.shape).reshape(3, -1).T
    expected = hounsfield(volume.series.geometry.to_mm(index)) + offset
    return float((np.abs(expected - volume.array.reshape(-1)) > 1).mean())


def kinds(found: Scan) -> set[str]:
    """Kinds of all problems of a scan, of series and of files."""
    return {problem.kind for problem in found.problems} | {
        problem.kind for series in found.series for problem in series.problems
    }
