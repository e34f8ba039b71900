"""Lungs of a size that no adult chest has put a film's spacing in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medimg.display.marks import marks
from medimg.display.measures import length
from medimg.inference.film_size import doubt, doubted
from medimg.values.geometry import MeasuredAt, PlaneSpacing
from medimg.values.masks import Mask
from medimg.values.series import Patient, Series
from tests.tiny_packages import film


def _lungs(rows: int) -> Mask:
    array = np.zeros((1, 1000, 800), dtype=bool)
    array[0, 100 : 100 + rows, 150:350] = array[0, 120 : 100 + rows, 450:650] = True
    return Mask.of(array)


def _series(pixel_mm: float | None, age: float | None = None) -> Series:
    series = film(np.zeros((1000, 800), dtype=np.uint8), patient=Patient(age_years=age)).series
    spacing = PlaneSpacing(MeasuredAt.DETECTOR, pixel_mm, pixel_mm) if pixel_mm else PlaneSpacing()
    return replace(series, geometry=replace(series.geometry, plane_spacing=spacing))


CASES = [
    (650, 0.2, None, "the lungs are 130 mm tall"),
    (650, 0.4, None, ""),
    (650, 0.8, None, "the lungs are 520 mm tall"),
    (650, None, None, ""),
    (650, 0.2, 3.0, ""),
]


@pytest.mark.parametrize(("rows", "pixel_mm", "age", "words"), CASES)
def test_doubt(rows: int, pixel_mm: float | None, age: float | None, words: str) -> None:
    """Shrunk films, films as they are, films without a spacing, and a child's."""
    sentence = doubt(_lungs(rows), _series(pixel_mm, age))
    assert bool(sentence) == bool(words) and words in sentence


def test_lengths_in_doubt_are_marked() -> None:
    series = doubted(_series(0.2))
    spacing = series.geometry.plane_spacing
    assert str(length((0, 0), (0, 100), spacing)) == "20.0 mm in doubt"
    assert "spacing in doubt" in marks(series)
