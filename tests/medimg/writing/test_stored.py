"""Values in 16 bits: exact by a slope where one exists, else with the error that a reader sees."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.writing.stored import Stored, stored

COUNTS = np.random.default_rng(7).integers(0, 4096, (3, 20, 20))


def back(found: Stored, like: np.ndarray) -> np.ndarray:
    values: np.ndarray = (found.array * found.slope + found.intercept).astype(like.dtype)
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("slope", "intercept"), [(0.37, -1000.5), (0.00123456, 0), (1.3e-5, 0), (0.5, 7), (25.0, -3)]
)
def test_slope_of_the_source_is_found_again(dtype: type, slope: float, intercept: float) -> None:
    values = (COUNTS * slope + intercept).astype(dtype)
    found = stored(values)
    assert found.largest_error == 0
    assert back(found, values) == pytest.approx(values, rel=0, abs=1e-9)


def test_whole_numbers_are_stored_as_they_are() -> None:
    for values in (COUNTS.astype(np.int32) - 2000, COUNTS.astype(np.float32), COUNTS + 50_000):
        found = stored(values)
        assert (found.slope, found.intercept, found.largest_error) == (1, 0, 0)
        assert (found.array == values).all()


def test_what_no_slope_can_hold_is_told_with_its_largest_error() -> None:
    values = np.random.default_rng(7).normal(size=(3, 20, 20)).astype(np.float32)
    found = stored(values)
    error = np.abs(back(found, values).astype(float) - values.astype(float)).max()
    assert found.largest_error == pytest.approx(error, rel=1e-6)
    assert 0 < error <= (values.max() - values.min()) / 65535


def test_what_is_no_number_becomes_padding_and_nothing_else_does() -> None:
    values = (COUNTS * 0.5).astype(np.float32)
    values[0, 3, 4] = np.nan
    found = stored(values)
    assert found.padding == 0 and (np.argwhere(found.array == 0) == [[0, 3, 4]]).all()
    rest = np.isfinite(values)
    assert (back(found, values)[rest] == values[rest]).all()
