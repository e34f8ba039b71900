"""Lengths and angles on pixels of known size; values under a point; the scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.measures import angle, length, value_at
from medimg.display.scale_bar import round_length, scale_bar
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.series import Frame, Series
from medimg.values.volume import Unit, Volume

OBLONG = PlaneSpacing(MeasuredAt.PATIENT, row_mm=2.0, column_mm=0.5)
FILM = PlaneSpacing(MeasuredAt.DETECTOR, row_mm=0.2, column_mm=0.2)


def test_a_length_is_in_mm_where_they_are_known() -> None:
    assert str(length((0, 0), (6, 2), OBLONG)) == "5.0 mm"
    assert str(length((0, 0), (100, 0), FILM)) == "20.0 mm at the detector"


def test_a_length_without_spacing_is_in_pixels() -> None:
    assert str(length((0, 0), (300, 400), PlaneSpacing())) == "500 px"
    assert length((0, 0), (0, 10), PlaneSpacing(aspect=2.0)).value == 20.0


def test_an_angle_is_measured_on_the_true_shape_of_pixels() -> None:
    assert angle((10, 0), (0, 0), (0, 10), OBLONG).value == pytest.approx(90.0)
    # 4 columns of 0.5 mm beside 1 row of 2 mm: 45 degrees in the patient, not on the grid.
    assert angle((4, 0), (0, 0), (4, 1), OBLONG).value == pytest.approx(45.0)


def volume(array: np.ndarray, unit: Unit, padding: np.ndarray | None = None) -> Volume:
    shape = (array.shape[0], array.shape[1], array.shape[2])
    series = Series("s", "s", "dicom", "CT", (Frame("f"),), Geometry(shape))
    return Volume(array, unit, series, padding)


def test_the_value_under_a_point_has_its_unit() -> None:
    array = np.arange(-6, 6, dtype=np.int16).reshape(1, 3, 4)
    padding = np.zeros((1, 3, 4), dtype=bool)
    padding[0, 2, 3] = True
    ct = volume(array, Unit.HU, padding)
    assert value_at(ct, 0, (1.9, 0.1)) == "−5 HU"
    assert value_at(ct, 0, (3.5, 2.5)) == "padding"
    assert value_at(ct, 0, (4.0, 0.0)) == ""
    colour = volume(np.full((1, 2, 2, 3), (7, 8, 9), dtype=np.uint8), Unit.COLOUR)
    assert value_at(colour, 0, (0.5, 0.5)) == "R 7 G 8 B 9"


@pytest.mark.parametrize(("largest", "length_"), [(7.3, 5), (260, 250), (99, 50), (0.3, 0.25)])
def test_a_scale_bar_has_a_round_length(largest: float, length_: float) -> None:
    assert round_length(largest) == pytest.approx(length_)


def test_the_scale_bar_says_mm_or_why_not() -> None:
    bar = scale_bar(OBLONG, zoom=2.0, widest=300.0)
    assert (bar.length, bar.label) == (200.0, "50 mm")
    bar = scale_bar(PlaneSpacing(), zoom=0.5, widest=130.0)
    assert (bar.length, bar.label) == (125.0, "250 px · no size in mm: spacing unknown")
    assert scale_bar(FILM, 1.0, 300.0).label == "50 mm at the detector"


@pytest.mark.parametrize("unit", Unit)
def test_a_value_under_the_mouse_has_a_text_in_every_unit(unit: Unit) -> None:
    """A dose in Gy under the mouse ended the window's painting with a KeyError."""
    shape = (1, 2, 2, 3) if unit is Unit.COLOUR else (1, 2, 2)
    kind = np.uint8 if unit is Unit.COLOUR else np.float32
    text = value_at(volume(np.zeros(shape, kind), unit), 0, (0.5, 0.5))
    assert text.startswith(("0", "R 0"))
    assert unit is not Unit.GRAY or text == "0 Gy"
