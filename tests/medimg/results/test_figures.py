"""Figures keep what matters, whatever their size."""

from __future__ import annotations

import pytest

from medimg.results.figures import significant


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "0.012"), (0.41, "0.41"), (0.4, "0.40"), (1.234, "1.2"), (12.3, "12"), (0, "0")],
)
def test_two_digits_that_matter(value: float, text: str) -> None:
    assert significant(value) == text
