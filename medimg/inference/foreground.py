"""A grey scale for MR volumes that depends on the head alone, not on units or empty space."""

from __future__ import annotations

import torch
from monai.transforms.transform import Transform
from torch import Tensor

# Share of voxels with one and the same value from which on that value is taken for painted
# background.
PAINTED_SHARE = 0.2
# Voxels below this part of the way from the 1 % to the 99 % grey are air.
AIR = 0.1
# Where the head's median comes to lie in 0..1, and what one interquartile range adds: lesions, two
# to four ranges above the median on FLAIR, stay below 1; fat and scalp may be clipped.
MEDIAN_GREY, GREY_PER_IQR = 0.3, 0.2
_MAX_SAMPLES = 2_000_000


def _painted(values: Tensor) -> Tensor:
    """Mask of the voxels that hold the one value of a painted background, if there is one."""
    unique, counts = torch.unique(values, return_counts=True)
    most = int(counts.argmax())
    if int(counts[most]) < PAINTED_SHARE * values.numel():
        return torch.zeros_like(values, dtype=torch.bool)
    painted: Tensor = values == unique[most]
    return painted


def _quantiles(values: Tensor, shares: tuple[float, ...]) -> list[float]:
    # torch.quantile refuses more than 16 million values; a regular sample of two million is exact
    # enough.
    step = max(1, values.numel() // _MAX_SAMPLES)
    found: list[float] = torch.quantile(values.flatten()[::step], torch.tensor(shares)).tolist()
    return found


class ForegroundGrey(Transform):
    """Put the median of the head at one grey and its interquartile range at one contrast, in 0..1.

    Works with and without skull, with negative values, and where background was painted with a
    value that is not the darkest one. Scaling or shifting all values changes nothing.
    """

    def __call__(self, img: Tensor) -> Tensor:
        """Map (1, slices, rows, columns) of any unit to 0..1; painted background becomes 0."""
        values = torch.as_tensor(img, dtype=torch.float32)
        painted = _painted(values)
        head = values[~painted]
        if head.numel() == 0:
            return torch.zeros_like(values)
        low, high = _quantiles(head, (0.01, 0.99))
        head = head[head > low + AIR * (high - low)]
        if head.numel() == 0:
            return torch.zeros_like(values)
        q1, median, q3 = _quantiles(head, (0.25, 0.5, 0.75))
        grey = (values - median) / max(
            q3 - q1, torch.finfo(torch.float32).tiny
        ) * GREY_PER_IQR + MEDIAN_GREY
        grey[painted] = 0.0
        return grey.clamp(0.0, 1.0)
