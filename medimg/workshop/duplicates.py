"""Near-duplicates among images, in any of the eight orientations of a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.transform import resize

SIDE = 24
# Correlation of thumbnails from which two images count as one. Other slices of one patient stay
# below; one picture saved twice, scaled or compressed again lies above.
ALIKE = 0.995
BLOCK = 512

Floats = NDArray[np.float32]


def thumbnail(image: NDArray[np.generic]) -> Floats:
    """A small copy, (24, 24), with mean 0 and length 1; zeros for an image of one grey."""
    small = resize(  # type: ignore[no-untyped-call]
        image.astype(np.float32), (SIDE, SIDE), anti_aliasing=True, order=1
    )
    centred = small - small.mean()
    length = float(np.linalg.norm(centred))
    found: Floats = (centred / length if length > 1e-6 else centred * 0).astype(np.float32)
    return found


def orientations(thumbnails: Floats) -> list[Floats]:
    """All quarter turns and their mirror images of (n, 24, 24)."""
    turned = [np.rot90(thumbnails, turn, axes=(1, 2)) for turn in range(4)]
    return [*turned, *(each[:, :, ::-1] for each in turned)]


def pairs(thumbnails: Floats, group: Sequence[str], limit: float = ALIKE) -> list[tuple[int, int]]:
    """Images that are alike and belong to different groups, such as the parts of a split.

    Args:
        thumbnails: (n, 24, 24), from `thumbnail`.
        group: Of each image.
        limit: Least correlation.

    Returns:
        Index pairs, the smaller first.
    """
    flat = thumbnails.reshape(len(thumbnails), -1)
    names = np.asarray(group, dtype=str)
    found: set[tuple[int, int]] = set()
    for turned in orientations(thumbnails):
        others = turned.reshape(len(turned), -1)
        for start in range(0, len(flat), BLOCK):
            alike = flat[start : start + BLOCK] @ others.T >= limit
            alike &= names[start : start + BLOCK, None] != names[None]
            for first, second in np.argwhere(alike).tolist():
                one, other = sorted((first + start, second))
                found.add((one, other))
    return sorted(found)
