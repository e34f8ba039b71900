"""What readers draw, against planted truth: sizes in mm, values inside, in any plane."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.annotations import KINDS, Annotation, is_on, outline_of
from medimg.display.cuts import patient_plane, stored
from medimg.display.rois import contains, statistics
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.series import Frame, Series
from medimg.values.volume import Unit, Volume

#: 40 x 50 x 60 voxels of 2.0 (slices), 0.5 (rows) and 1.0 mm (columns).
SHAPE = (40, 50, 60)
AFFINE = np.array([[0, 0, 1.0, -10], [0, 0.5, 0, 5], [2.0, 0, 0, 100], [0, 0, 0, 1]])


def volume(array: np.ndarray) -> Volume:
    geometry = Geometry(SHAPE, PlaneSpacing(MeasuredAt.PATIENT, 0.5, 1.0), AFFINE)
    return Volume(array, Unit.HU, Series("s", "s", "dicom", "CT", (Frame("f"),), geometry))


def planted() -> Volume:
    """A box of 100 HU, 20 mm long in x, 10 in y, 30 in z, in a field of -1000."""
    array = np.full(SHAPE, -1000, dtype=np.int16)
    array[10:25, 20:40, 30:50] = 100
    return volume(array)


@pytest.mark.parametrize("plane", [Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL])
def test_a_planted_length_is_measured_in_every_plane(plane: Plane) -> None:
    made = planted()
    stack = patient_plane(made.series.geometry, plane)
    ends = {
        Plane.AXIAL: ((19.5, 20.0, 130.0), (39.5, 20.0, 130.0)),
        Plane.CORONAL: ((25.0, 20.0, 119.0), (25.0, 20.0, 149.0)),
        Plane.SAGITTAL: ((25.0, 14.75, 130.0), (25.0, 24.75, 130.0)),
    }[plane]
    cut = stack.cut(stack.nearest(ends[0]))
    drawn = Annotation("length", ends, cut)
    true = {Plane.AXIAL: "20.0 mm", Plane.CORONAL: "30.0 mm", Plane.SAGITTAL: "10.0 mm"}
    assert KINDS["length"].words(drawn, made) == (true[plane],)


@pytest.mark.parametrize("plane", [Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL])
def test_a_rectangle_inside_the_planted_box_has_its_values_and_its_area(plane: Plane) -> None:
    made = planted()
    stack = patient_plane(made.series.geometry, plane)
    cut = stack.cut(stack.nearest((25.0, 20.0, 130.0)))
    low, high = np.array([21.0, 16.0, 121.0]), np.array([38.0, 23.0, 147.0])
    flat = cut.normal != 0
    low[flat] = high[flat] = np.array(cut.origin)[flat]
    drawn = Annotation("rectangle", (tuple(low), tuple(high)), cut)
    found = statistics(made, cut, outline_of(drawn))
    sides = [float(v) for v in high - low if v]
    assert found.area.value == pytest.approx(sides[0] * sides[1]) and found.area.unit == "mm²"
    assert (found.mean, found.sd, found.lowest, found.highest) == (100.0, 0.0, 100.0, 100.0)
    assert str(found.words[1]) == "mean 100.0 ± 0.0 HU"


def test_mean_and_deviation_are_those_of_the_pixels_inside() -> None:
    rng = np.random.default_rng(0)
    made = volume(rng.integers(-200, 300, SHAPE).astype(np.int16))
    cut = stored(made.series.geometry).cut(7)
    drawn = Annotation("ellipse", (cut.to_mm((12, 9)), cut.to_mm((44, 37))), cut)
    found = statistics(made, cut, outline_of(drawn))
    rows, columns = np.mgrid[:50, :60] + 0.5
    inside = ((columns - 28) / 16) ** 2 + ((rows - 23) / 14) ** 2 < 1
    values = made.array[7][inside].astype(float)
    # The ellipse is a polygon of 72 corners, which cuts off 0.1 % of its area.
    assert found.area.value == pytest.approx(np.pi * 16 * 1.0 * 14 * 0.5, rel=2e-3)
    assert abs(found.pixels - values.size) <= 4
    assert found.mean == pytest.approx(values.mean(), abs=1.0)
    assert found.sd == pytest.approx(values.std(ddof=1), abs=1.0)
    assert found.counts is not None and found.counts.sum() == found.pixels


def test_an_outline_that_leaves_the_image_counts_what_lies_inside() -> None:
    made = planted()
    cut = stored(made.series.geometry).cut(12)
    outline = np.array([(-20.0, -20.0), (5.0, -20.0), (5.0, 4.0), (-20.0, 4.0)])
    assert statistics(made, cut, outline).pixels == 20
    away = outline - 100
    assert statistics(made, cut, away).pixels == 0


def test_a_pixel_is_inside_by_its_centre() -> None:
    square = np.array([(0.4, 0.4), (3.6, 0.4), (3.6, 2.6), (0.4, 2.6)])
    assert contains(square, (4, 5)).sum() == 4 * 3


def test_two_diameters_are_told_longest_first() -> None:
    made = planted()
    cut = stored(made.series.geometry).cut(12)
    points = ((20.0, 10.0, 124.0), (20.0, 17.0, 124.0), (15.0, 12.0, 124.0), (27.0, 12.0, 124.0))
    drawn = Annotation("bidirectional", points, cut)
    assert KINDS["bidirectional"].words(drawn, made) == ("12.0 mm × 7.0 mm",)


def test_an_annotation_shows_in_the_planes_through_all_its_points_alone() -> None:
    geometry = planted().series.geometry
    axial, coronal = stored(geometry), patient_plane(geometry, Plane.CORONAL)
    drawn = Annotation("length", ((0.0, 10.0, 120.0), (9.0, 10.0, 120.0)), axial.cut(10))
    assert is_on(drawn, axial, 10) and not is_on(drawn, axial, 11)
    assert is_on(drawn, coronal, coronal.nearest((0.0, 10.0, 0.0)))
    slanted = Annotation("length", ((0.0, 10.0, 120.0), (9.0, 15.0, 120.0)), axial.cut(10))
    assert is_on(slanted, axial, 10)
    assert not any(is_on(slanted, coronal, k) for k in range(coronal.count))


def test_each_kind_draws_and_says_something() -> None:
    made = planted()
    cut = stored(made.series.geometry).cut(12)
    places = [(10.0, 10.0), (30.0, 12.0), (28.0, 30.0), (12.0, 26.0)]
    for name, kind in KINDS.items():
        points = tuple(cut.to_mm(p) for p in places[: kind.points or 4])
        drawn = Annotation(name, points, cut, text="here")
        assert drawn.is_complete and kind.words(drawn, made)
        if len(points) > 1:
            assert all(line.shape[1] == 2 for line in kind.lines(drawn.pixels_on(cut)))
