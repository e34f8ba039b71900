"""Lengths and angles on pixels of known size; values under a point; the scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.cuts import world_affine
from medimg.display.measures import angle, cobb, length, scale_of, value_at
from medimg.display.scale_bar import round_length, scale_bar
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.series import Frame, Series
from medimg.values.volume import Unit, Volume

OBLONG = PlaneSpacing(MeasuredAt.PATIENT, row_mm=2.0, column_mm=0.5)
FILM = PlaneSpacing(MeasuredAt.DETECTOR, row_mm=0.2, column_mm=0.2)


def grid(spacing: PlaneSpacing, affine: np.ndarray | None = None) -> Geometry:
    return Geometry((3, 8, 8), spacing, affine)


def at(geometry: Geometry, column: float, row: float) -> tuple[float, float, float]:
    """The place of a pixel in the volume's world."""
    x, y, z = world_affine(geometry)[:3] @ [0, row, column, 1]
    return float(x), float(y), float(z)


def test_a_length_is_in_mm_where_they_are_known() -> None:
    affine = np.diag([3.0, 2.0, 0.5, 1.0])[[2, 1, 0, 3]]
    section = grid(OBLONG, affine)
    assert str(length(at(section, 0, 0), at(section, 6, 2), scale_of(section))) == "5.0 mm"
    film = grid(FILM)
    words = str(length(at(film, 0, 0), at(film, 100, 0), scale_of(film)))
    assert words == "20.0 mm at the detector"
    gapped = grid(OBLONG)
    assert str(length(at(gapped, 0, 0), at(gapped, 6, 2), scale_of(gapped))) == "5.0 mm"


def test_a_length_without_spacing_is_in_pixels() -> None:
    square, tall = grid(PlaneSpacing()), grid(PlaneSpacing(aspect=2.0))
    assert str(length(at(square, 0, 0), at(square, 300, 400), scale_of(square))) == "500 px"
    assert length(at(tall, 0, 0), at(tall, 0, 10), scale_of(tall)).value == 20.0


def test_an_angle_is_measured_on_the_true_shape_of_pixels() -> None:
    gapped = grid(OBLONG)
    right = [at(gapped, *place) for place in ((10, 0), (0, 0), (0, 10))]
    assert angle(*right).value == pytest.approx(90.0)
    # 4 columns of 0.5 mm beside 1 row of 2 mm: 45 degrees in the patient, not on the grid.
    half = [at(gapped, *place) for place in ((4, 0), (0, 0), (4, 1))]
    assert angle(*half).value == pytest.approx(45.0)


def test_a_cobb_angle_does_not_depend_on_which_way_lines_were_drawn() -> None:
    level, leaning = ((0, 0, 0), (10, 0, 0)), ((0, 5, 0), (10, 5 + 10 * np.tan(0.35), 0))
    for line in (level, level[::-1]):
        assert cobb(line, leaning).value == pytest.approx(np.degrees(0.35))


def volume(array: np.ndarray, unit: Unit, padding: np.ndarray | None = None) -> Volume:
    shape = (array.shape[0], array.shape[1], array.shape[2])
    series = Series("s", "s", "dicom", "CT", (Frame("f"),), Geometry(shape))
    return Volume(array, unit, series, padding)


def test_the_value_under_a_point_has_its_unit() -> None:
    array = np.arange(-6, 6, dtype=np.int16).reshape(1, 3, 4)
    padding = np.zeros((1, 3, 4), dtype=bool)
    padding[0, 2, 3] = True
    ct = volume(array, Unit.HU, padding)
    assert value_at(ct, (1.4, -0.4, 0.0)) == "−5 HU"
    assert value_at(ct, (3.0, 2.0, 0.0)) == "padding"
    assert value_at(ct, (3.6, 0.0, 0.0)) == ""
    colour = volume(np.full((1, 2, 2, 3), (7, 8, 9), dtype=np.uint8), Unit.COLOUR)
    assert value_at(colour, (0.0, 0.0, 0.0)) == "R 7 G 8 B 9"


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
    text = value_at(volume(np.zeros(shape, kind), unit), (0.0, 0.0, 0.0))
    assert text.startswith(("0", "R 0"))
    assert unit is not Unit.GRAY or text == "0 Gy"
