"""What a closed outline on a cut holds: area, mean, spread, extremes and histogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.display.cuts import Cut, world_affine
from medimg.display.measures import UNIT, Measure, Scale, scale_of
from medimg.display.sampling import cropped, sample
from medimg.display.wording import number
from medimg.values.volume import Unit, Volume

#: Bars of a histogram.
BINS = 64


@dataclass(frozen=True, slots=True, eq=False)
class RoiStatistics:
    """Of the pixels whose centres lie inside an outline; padding and outside are left out.

    Attributes:
        area: Of the outline itself, mm² or px².
        pixels: How many were counted; the other figures are None without one.
        sd: Standard deviation of the sample (divided by n - 1).
        counts, edges: Histogram, `BINS` bars from lowest to highest.
    """

    area: Measure
    pixels: int
    unit: Unit
    mean: float | None = None
    sd: float | None = None
    lowest: float | None = None
    highest: float | None = None
    counts: NDArray[np.int64] | None = None
    edges: NDArray[np.float64] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Lines beside the outline."""
        lines = [str(self.area)]
        if self.mean is not None and self.sd is not None:
            lines.append(f"mean {number(self.mean, 1)} ± {number(self.sd, 1)}{UNIT[self.unit]}")
        if self.lowest is not None and self.highest is not None:
            low, high = (_short(v) for v in (self.lowest, self.highest))
            lines.append(f"{low} to {high} · {number(self.pixels)} px")
        return tuple(lines)


def statistics(volume: Volume, cut: Cut, outline: NDArray[np.float64]) -> RoiStatistics:
    """Measure a closed outline on a cut.

    Args:
        outline: (n, 2) of (column, row) of the cut, pixel edges at whole numbers.
    """
    scale = scale_of(volume.series.geometry)
    area = _area(outline, cut, scale)
    low, high = np.floor(outline.min(axis=0)), np.ceil(outline.max(axis=0))
    left, top = (max(0, int(v)) for v in low)
    right, bottom = min(cut.shape[1], int(high[0])), min(cut.shape[0], int(high[1]))
    if volume.unit is Unit.COLOUR or left >= right or top >= bottom:
        return RoiStatistics(area, 0, volume.unit)
    part = cropped(cut, top, bottom, left, right)
    affine = world_affine(volume.series.geometry)
    found = sample(volume.array, affine, part)
    inside = contains(outline - [left, top], part.shape)
    if found.inside is not None:
        inside &= found.inside
    if volume.padding is not None:
        inside &= ~sample(volume.padding, affine, part, is_nearest=True).values
    values = found.values[inside].astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return RoiStatistics(area, 0, volume.unit)
    counts, edges = np.histogram(values, BINS)
    sd = float(values.std(ddof=1)) if values.size > 1 else 0.0
    lowest, highest = float(values.min()), float(values.max())
    mean = float(values.mean())
    return RoiStatistics(area, values.size, volume.unit, mean, sd, lowest, highest, counts, edges)


def contains(outline: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether each pixel's centre lies in an outline (n, 2) of (column, row), even-odd rule."""
    columns = np.arange(shape[1]) + 0.5
    inside = np.zeros(shape, dtype=np.bool_)
    ends = np.roll(outline, -1, axis=0)
    for row in range(shape[0]):
        y = row + 0.5
        crosses = (outline[:, 1] <= y) != (ends[:, 1] <= y)
        if not crosses.any():
            continue
        (x0, y0), (x1, y1) = outline[crosses].T, ends[crosses].T
        at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        inside[row] = (at[:, None] < columns).sum(axis=0) % 2 == 1
    return inside


def _area(outline: NDArray[np.float64], cut: Cut, scale: Scale) -> Measure:
    """The shoelace formula, in true units."""
    x, y = outline.T
    pixels = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    unit = cut.spacing_mm[0] * cut.spacing_mm[1] * scale.per_unit**2
    return Measure(pixels * unit, f"{scale.unit}²", scale.basis)


def _short(value: float) -> str:
    return number(value, 0 if value.is_integer() or abs(value) >= 100 else 2)
