"""Gestures as pure functions from one look to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from medimg_workstation.viewport import drawing_hand
from medimg_workstation.viewport.state import Look, Surface
from medimg_workstation.viewport.tools import TOOLS

from medimg.display.cuts import Cut
from medimg.display.pose import Frame, to_image
from medimg.values.series import Window

FRAME = Frame((100, 100), 1.0, (200.0, 200.0))
CUT = Cut((0.5, 0.5, 7.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (100, 100))
SURFACE = Surface(FRAME, CUT)
LOOK = Look(index=5, window=Window(40.0, 400.0))


def test_window_and_level_are_wider_to_the_right_and_brighter_upwards() -> None:
    look = TOOLS["window"].drag(LOOK, SURFACE, (50, 50), (90, 30))
    assert look.window is not None
    assert look.window.width > 400 and look.window.center < 40


def test_a_colour_image_has_no_window_to_drag() -> None:
    look = replace(LOOK, window=None)
    assert TOOLS["window"].drag(look, SURFACE, (0, 0), (9, 9)) == look


def test_zoom_holds_the_point_where_the_drag_began() -> None:
    start = (30.0, 60.0)
    before = to_image(LOOK.pose, FRAME, start)
    look = TOOLS["zoom"].drag(LOOK, SURFACE, start, (30.0, -90.0))
    assert look.pose.zoom == pytest.approx(4.0)
    assert to_image(look.pose, FRAME, start) == pytest.approx(before)


def test_pan_moves_the_image_with_the_hand() -> None:
    look = TOOLS["pan"].drag(LOOK, SURFACE, (10, 10), (25, 4))
    assert look.pose.pan == (15, -6)


def test_scroll_goes_one_slice_in_six_pixels() -> None:
    assert TOOLS["scroll"].drag(LOOK, SURFACE, (0, 0), (0, 20)).index == 8


def test_the_crosshair_lies_where_the_hand_is() -> None:
    look = TOOLS["crosshair"].drag(LOOK, SURFACE, (0, 0), (40, 60))
    assert look.point == pytest.approx((20.0, 30.0, 7.0))


def test_a_length_takes_one_drag() -> None:
    made = drawing_hand.dragged("length", None, CUT, (10, 10, 7), ((20, 10, 7), (50, 10, 7)))
    assert made.is_complete and made.points == ((10, 10, 7), (50, 10, 7))


def test_an_angle_takes_two_drags_and_then_begins_anew() -> None:
    one = drawing_hand.dragged("angle", None, CUT, (10, 10, 7), ((50, 10, 7),))
    assert not one.is_complete
    two = drawing_hand.dragged("angle", one, CUT, (50, 10, 7), ((50, 60, 7),))
    assert two.is_complete and two.points == ((10, 10, 7), (50, 10, 7), (50, 60, 7))
    elsewhere = replace(CUT, origin=(0.5, 0.5, 9.0))
    assert len(drawing_hand.dragged("angle", one, elsewhere, (0, 0, 9), ((5, 5, 9),)).points) == 2


def test_two_diameters_take_two_lines() -> None:
    one = drawing_hand.dragged("bidirectional", None, CUT, (0, 0, 7), ((50, 0, 7),))
    two = drawing_hand.dragged("bidirectional", one, CUT, (20, -5, 7), ((20, 5, 7),))
    assert two.points == ((0, 0, 7), (50, 0, 7), (20, -5, 7), (20, 5, 7)) and two.is_complete


def test_a_freehand_region_keeps_the_whole_way() -> None:
    way = tuple((float(x), 3.0, 7.0) for x in range(9))
    assert drawing_hand.dragged("freehand", None, CUT, (0, 0, 7), way).points == ((0, 0, 7), *way)
