"""Figures whose size is not known beforehand."""

from __future__ import annotations

from math import floor, log10

from medimg.display.wording import number


def significant(value: float, digits: int = 2) -> str:
    """A figure with so many significant digits: "0.012", "0.41", "12"."""
    if value == 0:
        return "0"
    return number(value, max(0, digits - 1 - floor(log10(abs(value)))))
