"""Grey-value steps of a preprocessing that can be applied to a part of a volume.

Some steps need figures of the whole image (its mean, its range). Those are measured in one pass
over the parts, so that the whole image is never held in float32. The results are MONAI's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.values.errors import PackageRefused

Floats = NDArray[np.float32]
#: Changes one part (channel, *box) and gives it back.
Change = Callable[[Floats], Floats]
#: Gives every voxel of the prepared grid once, in parts (channel, *box).
Parts = Callable[[], Iterator[Floats]]

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moments:
    """Figures of one channel, or of all: of the voxels that count."""

    mean: float
    std: float
    low: float
    high: float


def measured(parts: Iterator[Floats], *, nonzero: bool, channel_wise: bool) -> list[Moments]:
    """Mean, standard deviation and range of a volume that comes in parts.

    Sums are of float64, around the first part's mean, so that large values lose nothing.

    Args:
        nonzero: Only voxels that are not 0 count.
        channel_wise: One row of figures for each channel; one row for all otherwise.
    """
    sums: NDArray[np.float64] | None = None
    for part in parts:
        rows = part.reshape(part.shape[0], -1) if channel_wise else part.reshape(1, -1)
        if sums is None:
            sums = np.zeros((len(rows), 6))
            sums[:, 3], sums[:, 4] = np.inf, -np.inf
            sums[:, 5] = [_centre(row, nonzero) for row in rows]
        for row, total in zip(rows, sums, strict=True):
            values = row[row != 0] if nonzero else row
            if values.size:
                away = values.astype(np.float64) - total[5]
                total[:3] += away.size, away.sum(), np.square(away).sum()
                total[3], total[4] = min(total[3], values.min()), max(total[4], values.max())
    if sums is None:
        return []
    return [_moments(total) for total in sums]


def _centre(row: Floats, nonzero: bool) -> float:
    values = row[row != 0] if nonzero else row
    return float(values.mean(dtype=np.float64)) if values.size else 0.0


def _moments(total: NDArray[np.float64]) -> Moments:
    count, first, second, low, high, centre = total
    if not count:
        return Moments(0.0, 1.0, 0.0, 0.0)
    away = first / count
    std = float(np.sqrt(max(second / count - away * away, 0.0)))
    return Moments(float(centre + away), std, float(low), float(high))


def changes(steps: Sequence[Step], parts: Parts) -> Change:
    """Put grey-value steps together into one change of a part.

    Args:
        steps: Array transforms by MONAI's names, `_target_` and arguments.
        parts: The image as it is before the first step; asked for once for each step that needs
            figures of the whole.

    Raises:
        PackageRefused: A step cannot be applied to a part.
    """
    done: list[Change] = []
    for step in steps:
        name = str(step["_target_"]).rpartition(".")[2]
        if name not in STEPS:
            raise PackageRefused(f"{name} cannot be applied to a volume in parts.")
        done.append(STEPS[name](step, partial(_after, parts, tuple(done))))
    return lambda part: _all(part, done)


def _after(parts: Parts, before: Sequence[Change]) -> Iterator[Floats]:
    """The parts of the image as the steps before leave them."""
    for part in parts():
        yield _all(part, before)


def _all(part: Floats, steps: Sequence[Change]) -> Floats:
    for step in steps:
        part = step(part)
    return part


def _scale_range(step: Step, parts: Parts) -> Change:
    """`ScaleIntensityRange`: a stated range of values to another."""
    low, high = float(step["a_min"]), float(step["a_max"])
    first, last = step.get("b_min"), step.get("b_max")

    def change(part: Floats) -> Floats:
        scaled = (part - low) / (high - low)
        if first is not None and last is not None:
            scaled = scaled * (last - first) + first
        if step.get("clip"):
            scaled = np.clip(scaled, first, last)
        return scaled.astype(np.float32, copy=False)

    return change


def _scale(step: Step, parts: Parts) -> Change:
    """`ScaleIntensity`: the image's own range to a stated one, or a factor."""
    if step.get("minv", 0.0) is None or step.get("maxv", 1.0) is None:
        factor = 1.0 + float(step.get("factor") or 0.0)
        return lambda part: part * np.float32(factor)
    low, high = float(step.get("minv", 0.0)), float(step.get("maxv", 1.0))
    is_each = bool(step.get("channel_wise", False))
    rows = measured(parts(), nonzero=False, channel_wise=is_each)

    def one(values: Floats, row: Moments) -> Floats:
        if row.high == row.low:
            return values * np.float32(low)
        scaled = (values - row.low) / (row.high - row.low) * (high - low) + low
        return scaled.astype(np.float32, copy=False)

    return _each(rows, is_each, one)


def _normalise(step: Step, parts: Parts) -> Change:
    """`NormalizeIntensity`: mean 0 and standard deviation 1, of all voxels or those not 0."""
    if step.get("subtrahend") is not None or step.get("divisor") is not None:
        return _fixed(step)
    nonzero, is_each = bool(step.get("nonzero")), bool(step.get("channel_wise"))
    rows = measured(parts(), nonzero=nonzero, channel_wise=is_each)

    def one(values: Floats, row: Moments) -> Floats:
        normal = ((values - row.mean) / (row.std or 1.0)).astype(np.float32, copy=False)
        return np.where(values != 0, normal, values) if nonzero else normal

    return _each(rows, is_each, one)


def _fixed(step: Step) -> Change:
    mean, deviation = float(step.get("subtrahend") or 0.0), float(step.get("divisor") or 1.0)
    nonzero = bool(step.get("nonzero"))

    def change(part: Floats) -> Floats:
        normal = ((part - mean) / deviation).astype(np.float32, copy=False)
        return np.where(part != 0, normal, part) if nonzero else normal

    return change


def _each(
    rows: Sequence[Moments], is_each: bool, one: Callable[[Floats, Moments], Floats]
) -> Change:
    if not is_each:
        return lambda part: one(part, rows[0])
    return lambda part: np.stack([one(p, row) for p, row in zip(part, rows, strict=True)])


def _threshold(step: Step, parts: Parts) -> Change:
    """`ThresholdIntensity`: values on one side of a threshold become one value."""
    limit, value = float(step["threshold"]), np.float32(step.get("cval", 0.0))
    if step.get("above", True):
        return lambda part: np.where(part > limit, part, value)
    return lambda part: np.where(part < limit, part, value)


#: Step by MONAI's name: makes the change of a part.
STEPS: dict[str, Callable[[Step, Parts], Change]] = {
    "NormalizeIntensity": _normalise,
    "ScaleIntensity": _scale,
    "ScaleIntensityRange": _scale_range,
    "ThresholdIntensity": _threshold,
}
