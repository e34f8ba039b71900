"""Binary morphology with balls in mm on a coarse grid, by distance maps of SimpleITK.

The scan's edge is no surface: what it cuts off is taken to go on beyond it.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.rules.patient_grid import Bits, Coarse

Box = tuple[slice, slice, slice]


def box(mask: Bits, coarse: Coarse, margin_mm: float = 0.0) -> Box:
    """The smallest part of the grid that holds a mask that is not empty, and a margin."""
    parts = []
    for axis, step in enumerate(coarse.spacing_mm):
        others = tuple(other for other in range(3) if other != axis)
        held = np.flatnonzero(mask.any(axis=others))
        more = int(np.ceil(margin_mm / step))
        parts.append(slice(max(0, int(held[0]) - more), int(held[-1]) + 1 + more))
    return parts[0], parts[1], parts[2]


def depth_mm(mask: Bits, coarse: Coarse) -> NDArray[np.float32]:
    """Distance of each block of a mask to the nearest block outside; 0 there.

    Maurer, Qi and Raghavan 2003, "A linear time algorithm for computing exact Euclidean distance
    transforms"; infinite where nothing lies outside.
    """
    if mask.all():
        return np.full(mask.shape, np.inf, dtype=np.float32)
    image = sitk.GetImageFromArray((~mask).view(np.uint8))
    image.SetSpacing(coarse.spacing_mm[::-1])  # type: ignore[no-untyped-call]
    distance = sitk.SignedMaurerDistanceMap(image, False, False, True)  # type: ignore[no-untyped-call]
    depth: NDArray[np.float32] = np.maximum(sitk.GetArrayViewFromImage(distance), 0.0)
    return depth


def eroded(mask: Bits, coarse: Coarse, mm: float) -> Bits:
    """What lies deeper than a distance."""
    result = np.zeros_like(mask)
    if mask.any():
        here = box(mask, coarse, max(coarse.spacing_mm))
        result[here] = depth_mm(mask[here], coarse) > mm
    return result


def grown(mask: Bits, coarse: Coarse, mm: float) -> Bits:
    """All that is no farther away than a distance."""
    result = mask.copy()
    if mask.any():
        here = box(mask, coarse, mm)
        result[here] = depth_mm(~mask[here], coarse) <= mm
    return result


def opened(mask: Bits, coarse: Coarse, mm: float) -> Bits:
    """Without what is thinner than a ball."""
    return grown(eroded(mask, coarse, mm), coarse, mm) & mask


def closed(mask: Bits, coarse: Coarse, mm: float) -> Bits:
    """With all holes and notches that a ball does not enter."""
    return eroded(grown(mask, coarse, mm), coarse, mm) | mask


def in_plane() -> NDArray[np.bool_]:
    """Neighbours within a slice."""
    structure = np.zeros((3, 3, 3), dtype=bool)
    structure[1] = ndimage.generate_binary_structure(2, 1)
    return structure


def largest(mask: Bits) -> Bits:
    """The largest connected part."""
    parts, count = ndimage.label(mask)
    if not count:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    part: Bits = parts == sizes.argmax()
    return part


def part_at(mask: Bits, seed: tuple[int, int, int]) -> Bits:
    """The connected part that holds a block; empty where the mask does not."""
    parts, _ = ndimage.label(mask)
    here: Bits = (parts == parts[seed]) & mask
    return here if mask[seed] else np.zeros_like(mask)
