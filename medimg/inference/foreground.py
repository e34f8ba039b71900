"""A grey scale for MR volumes that depends on the head alone, not on units or empty space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Share of voxels with one and the same value from which on that value is taken for painted
# background.
PAINTED_SHARE = 0.2
# Voxels below this part of the way from the 1 % to the 99 % grey are air.
AIR = 0.1
# Where the head's median comes to lie in 0..1, and what one interquartile range adds: lesions, two
# to four ranges above the median on FLAIR, stay below 1; fat and scalp may be clipped.
MEDIAN_GREY, GREY_PER_IQR = 0.3, 0.2
_MAX_SAMPLES = 2_000_000


def foreground_grey(values: Floats) -> Floats:
    """Map (1, slices, rows, columns) of any unit to 0..1; painted background becomes 0."""
    values = np.asarray(values, dtype=np.float32)
    painted = _painted(values)
    head = values if painted is None else values[~painted]
    if head.size == 0:
        return np.zeros_like(values)
    low, high = _quantiles(head, (0.01, 0.99))
    head = head[head > low + AIR * (high - low)]
    if head.size == 0:
        return np.zeros_like(values)
    q1, median, q3 = _quantiles(head, (0.25, 0.5, 0.75))
    spread = max(q3 - q1, float(np.finfo(np.float32).tiny))
    grey = (values - np.float32(median)) / np.float32(spread) * np.float32(GREY_PER_IQR)
    grey += np.float32(MEDIAN_GREY)
    if painted is not None:
        grey[painted] = 0.0
    return np.clip(grey, 0.0, 1.0, out=grey)


def _painted(values: Floats) -> NDArray[np.bool_] | None:
    """Mask of the voxels that hold the one value of a painted background, if there is one."""
    unique, counts = np.unique(values, return_counts=True)
    most = int(counts.argmax())
    if int(counts[most]) < PAINTED_SHARE * values.size:
        return None
    painted: NDArray[np.bool_] = values == unique[most]
    return painted


def _quantiles(values: Floats, shares: tuple[float, ...]) -> list[float]:
    # A regular sample of two million is exact enough.
    step = max(1, values.size // _MAX_SAMPLES)
    found: list[float] = np.quantile(values.ravel()[::step], shares).tolist()
    return found


class ForegroundGrey:
    """Put the median of the head at one grey and its interquartile range at one contrast, in 0..1.

    Works with and without skull, with negative values, and where background was painted with a
    value that is not the darkest one. Scaling or shifting all values changes nothing. A step of a
    MONAI configuration.
    """

    def __call__(self, img: Any) -> Any:
        """Map (1, slices, rows, columns) of any unit to 0..1, of the kind that came in."""
        from monai.utils.type_conversion import convert_to_dst_type

        return convert_to_dst_type(foreground_grey(np.asarray(img)), img)[0]
