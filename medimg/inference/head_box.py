"""Crop a head CT to the square box of the head: the same view whatever the field of view was."""

from __future__ import annotations

import numpy as np
import torch
from monai.transforms.croppad.array import CropForeground
from numpy.typing import NDArray
from scipy import ndimage

# A pixel belongs to the head's box where it is head in at least this share of the slices: one
# slice with a hand, a holder or shoulders must not widen it.
STEADY_SHARE = 0.25
# Half the width in pixels of the bridges (ear to headrest) that are cut before parts are told
# apart, as a share of the image's width.
BRIDGE_SHARE = 0.006


def _largest_part(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected part of one slice, thin bridges cut."""
    bridge = max(1, round(BRIDGE_SHARE * inside.shape[1]))
    parts, count = ndimage.label(ndimage.binary_erosion(inside, iterations=bridge))
    if count == 0:
        return np.zeros_like(inside)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(ndimage.binary_dilation(parts == sizes.argmax(), iterations=bridge))


def head_box(inside: NDArray[np.bool_], margin: float) -> tuple[NDArray[np.int64], int]:
    """Find the square that holds the head in all slices.

    Args:
        inside: [slice, row, column], true in tissue.
        margin: Added on each side, as a share of the box.

    Returns:
        (row, column) where the square begins, negative outside the image, and its side. The
        whole image as a square where no tissue is found.
    """
    share = np.mean([_largest_part(one) for one in inside], axis=0)
    steady = share >= STEADY_SHARE
    if not steady.any():
        steady = np.ones_like(steady)
    low = np.asarray([np.flatnonzero(steady.any(axis=1 - axis))[0] for axis in (0, 1)])
    high = np.asarray([np.flatnonzero(steady.any(axis=1 - axis))[-1] + 1 for axis in (0, 1)])
    side = round(float((high - low).max()) * (1 + 2 * margin))
    return np.round((low + high - side) / 2).astype(np.int64), side


class HeadBox(CropForeground):
    """Crop (1, slices, rows, columns) to the square box of the head, in rows and columns alone.

    Args:
        above: Values above this are tissue.
        margin: Room on each side, as a share of the box.
    """

    def __init__(self, above: float = 0.0, margin: float = 0.03) -> None:
        super().__init__()
        self.above = above
        self.room = margin

    def compute_bounding_box(
        self, img: torch.Tensor
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and last voxel + 1 of the box, (slice, row, column); may reach outside."""
        inside = torch.as_tensor(img)[0].numpy() > self.above
        begin, side = head_box(inside, self.room)
        start = np.asarray([0, *begin])
        return start, np.asarray([inside.shape[0], *(begin + side)])
