"""Values as whole numbers of 16 bits with a slope, exactly where any slope can, else told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from medimg.values.volume import Array

#: Whole numbers that 16 bits hold.
_SIGNED, _UNSIGNED = (-32768, 32767), (0, 65535)
_MOST = 65535
#: Doubles that differ by less than this share of a step differ by the order of their sums alone.
_ROUNDING = 1e-6
#: A slope in decimals is looked for with up to so many significant digits.
_DIGITS = range(1, 10)


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Stored values, and how they become the true ones: value = stored x slope + intercept.

    Attributes:
        array: int16 or uint16, the shape of the values.
        largest_error: Between a value and what a reader gets; 0 where all are exact to rounding.
        padding: Stored value of what is no number; None where all are numbers.
    """

    array: Array
    slope: float
    intercept: float
    largest_error: float = 0.0
    padding: int | None = None


def stored(values: Array) -> Stored:
    """Store values in 16 bits; what is not a number becomes padding."""
    if values.dtype == np.uint8:
        return Stored(values, 1.0, 0.0)
    finite = np.isfinite(values)
    inside = values if finite.all() else values[finite]
    if not inside.size:
        return Stored(np.zeros(values.shape, np.uint16), 1.0, 0.0, padding=0)
    low, high = inside.min(), inside.max()
    if finite.all() and _is_whole(inside):
        for kind, (least, most) in ((np.int16, _SIGNED), (np.uint16, _UNSIGNED)):
            if least <= low and high <= most:
                return Stored(values.astype(kind), 1.0, 0.0)
    # One stored value is kept free below the others for what is no number.
    spare = int(not finite.all())
    slope, intercept = _exact(inside, spare) or _nearest(float(low), float(high), spare)
    steps = np.rint((np.where(finite, values, low).astype(np.float64) - intercept) / slope)
    array = np.where(finite, np.clip(steps, spare, _MOST), 0).astype(np.uint16)
    back = (array[finite] * slope + intercept).astype(values.dtype)
    error = float(np.abs(back.astype(np.float64) - inside.ravel().astype(np.float64)).max())
    error = 0.0 if error < _ROUNDING * slope else error
    return Stored(array, slope, intercept, error, 0 if spare else None)


def _is_whole(values: Array) -> bool:
    return values.dtype.kind in "iu" or bool((values == np.rint(values)).all())


def _exact(values: Array, spare: int) -> tuple[float, float] | None:
    """A slope and an intercept, both sayable in 16 characters, that give every value back."""
    found = np.unique(values)
    if not 1 < len(found) <= _MOST + 1:
        return None
    # The shortest decimal that is this value in its own type: -1000.5, not -1000.50001.
    low = float(str(found[0]))
    levels: NDArray[np.float64] = found.astype(np.float64)
    step = _step(levels)
    for digits in _DIGITS:
        slope = float(f"{step:.{digits - 1}e}")
        intercept = _sayable(low - spare * slope)
        steps = np.rint((levels - intercept) / slope)
        if steps[-1] > _MOST or steps[0] < spare:
            continue
        back = (steps * slope + intercept).astype(found.dtype)
        if (np.abs(back.astype(np.float64) - levels) < _ROUNDING * slope).all():
            return slope, intercept
    return None


def _step(levels: NDArray[np.float64]) -> float:
    """The step that all levels are multiples of, were there one: sharper the longer the span."""
    apart = np.diff(levels)
    step = float(apart[apart < 1.5 * apart.min()].mean())
    span = 2
    while span < 2 * len(levels):
        over = levels[min(span, len(levels) - 1)] - levels[0]
        step = float(over / max(round(over / step), 1))
        span *= 2
    return step


def _nearest(low: float, high: float, spare: int) -> tuple[float, float]:
    """The slope that spreads a range over 16 bits."""
    slope = _sayable((high - low) / (_MOST - spare)) or 1.0
    return slope, _sayable(low - spare * slope)


def _sayable(number: float) -> float:
    """The nearest number that a decimal string holds (PS3.5 6.2)."""
    return float(format_number_as_ds(float(number)))
