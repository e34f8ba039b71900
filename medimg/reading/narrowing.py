"""Rescaled values in the smallest type that holds them exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medimg.values.volume import Array

#: Tried in this order; int16 first, because HU and most MR fit it and it is signed.
_INTEGERS = (np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)
#: Slope and intercept below which 32-bit values times and plus them fit 64 bits.
_EXACT = 1 << 30


def assemble(frames: Sequence[Array]) -> Array:
    """Stack frames [row, column(, 3)] in the smallest type that holds them all exactly.

    8-bit pictures stay 8-bit, integers become int16 where they fit, others float32.
    """
    dtype = smallest(frames)
    result = np.empty((len(frames), *frames[0].shape), dtype=dtype)
    for place, frame in enumerate(frames):
        result[place] = frame
    return result


def smallest(frames: Sequence[Array]) -> np.dtype[np.generic]:
    """The type for `assemble`."""
    kinds = {frame.dtype for frame in frames}
    if kinds == {np.dtype(np.uint8)}:
        return np.dtype(np.uint8)
    if any(kind.kind == "f" for kind in kinds):
        is_double = any(kind.itemsize > 4 for kind in kinds if kind.kind == "f")
        return np.dtype(np.float64 if is_double else np.float32)
    low = min(int(frame.min()) for frame in frames)
    high = max(int(frame.max()) for frame in frames)
    for candidate in _INTEGERS:
        limits = np.iinfo(candidate)
        if limits.min <= low and high <= limits.max:
            return np.dtype(candidate)
    return np.dtype(np.float64)


def rescale(stored: Array, slope: float, intercept: float) -> Array:
    """Apply slope and intercept: in integers where both are, else in floats that hold the sum."""
    if slope == 1 and intercept == 0:
        return stored
    is_small = abs(slope) < _EXACT and abs(intercept) < _EXACT and stored.dtype.itemsize < 8
    if is_small and slope.is_integer() and intercept.is_integer() and stored.dtype.kind in "iu":
        exact: Array = stored.astype(np.int64) * int(slope) + int(intercept)
        return narrow(exact)
    # float32 holds whole numbers up to 2**24 exactly.
    is_wide = stored.dtype.itemsize > 2
    scaled = stored.astype(np.float64) * slope + intercept
    if is_wide and stored.dtype.kind in "iu":
        return scaled
    with np.errstate(over="ignore"):  # infinite numbers are counted and told
        return scaled.astype(np.float32)


def narrow(values: Array) -> Array:
    """Integers in 16 or 32 bits where they fit, so that a series in waiting is not twice as big."""
    low, high = int(values.min()), int(values.max())
    for candidate in (np.int16, np.int32):
        limits = np.iinfo(candidate)
        if limits.min <= low and high <= limits.max:
            return values.astype(candidate)
    return values
