"""Zones of an image that readers speak of: six of the lungs, four of the brain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.sides import split
from medimg.packages.manifest import Package
from medimg.values.masks import Mask as Boxed
from medimg.values.volume import Volume

Mask = NDArray[np.bool_]
_THIRDS = ("upper", "middle", "lower")


def zones_of(volume: Volume, organ: Package | None, mask: Mask | None) -> dict[str, Mask]:
    """The zones of an image by name; none where nothing says where they are.

    Args:
        organ: The package that found the organ.
        mask: [slice, row, column], the organ.
    """
    if organ is not None and mask is not None and organ.labels[0].code == "lungs":
        return _lung_zones(volume, organ, mask)
    if volume.series.body_part.upper() in ("HEAD", "BRAIN") and volume.array.shape[0] > 1:
        return _brain_quadrants(volume)
    return {}


def _lung_zones(volume: Volume, organ: Package, mask: Mask) -> dict[str, Mask]:
    """Thirds of each lung's height, as reporting templates divide films."""
    named, _ = split(organ.labels[0], Boxed.of(mask), volume)
    if len(named) < 2:
        return {}
    found: dict[str, Mask] = {}
    for name, _, boxed in named:
        lung = boxed.whole()
        rows = np.flatnonzero(lung.any(axis=(0, 2)))
        cuts = np.linspace(rows[0], rows[-1] + 1, 4).round().astype(int)
        for third, begin, end in zip(_THIRDS, cuts[:-1], cuts[1:], strict=True):
            zone = np.zeros_like(lung)
            zone[:, begin:end] = lung[:, begin:end]
            found[f"{name.split()[0].lower()} {third} zone"] = zone
    return found


def _brain_quadrants(volume: Volume) -> dict[str, Mask]:
    """Left or right of, and before or behind, the middle of the head."""
    affine = volume.series.geometry.affine
    if affine is None:
        return {}
    values = np.asarray(volume.array, dtype=np.float32)
    head = np.isfinite(values) & (values > np.nanmean(values))
    if not head.any():
        return {}
    middle = affine @ np.array([*ndimage.center_of_mass(head), 1.0])
    grids = np.ogrid[tuple(slice(n) for n in values.shape)]
    x, y = (
        sum(affine[axis, k] * grids[k] for k in range(3)) + affine[axis, 3] - middle[axis]
        for axis in (0, 1)
    )
    # LPS: x grows to the patient's left, y to the back.
    left, back = np.broadcast_to(x > 0, head.shape), np.broadcast_to(y > 0, head.shape)
    return {
        "right anterior quadrant": ~left & ~back,
        "left anterior quadrant": left & ~back,
        "right posterior quadrant": ~left & back,
        "left posterior quadrant": left & back,
    }
