"""Maps that never saw the image: what a map must beat before it has shown anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Spread of the bumps, as a share of a side.
SPREAD = 0.2

CENTRE = "centre prior"
FIXED_POINT = "fixed point"


def bump(spatial: tuple[int, ...], at: tuple[float, ...]) -> NDArray[np.float32]:
    """A smooth bump.

    Args:
        spatial: Sides of the image.
        at: Its middle, as shares of the sides.
    """
    distance = np.zeros(spatial)
    for axis, (side, share) in enumerate(zip(spatial, at, strict=True)):
        along = ((np.arange(side) + 0.5) / side - share) / SPREAD
        shape = [1] * len(spatial)
        shape[axis] = side
        distance = distance + along.reshape(shape) ** 2
    return np.exp(-0.5 * distance).astype(np.float32)


def opponents(
    spatial: tuple[int, ...], fixed_point: tuple[float, ...] | None
) -> dict[str, NDArray[np.float32]]:
    """A centre prior, and the package's best fixed point where it is known."""
    found = {CENTRE: bump(spatial, (0.5,) * len(spatial))}
    if fixed_point is not None and len(fixed_point) == len(spatial):
        found[FIXED_POINT] = bump(spatial, fixed_point)
    return found
