"""Gestures as pure functions from one look to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from medimg_workstation.viewport.state import Look
from medimg_workstation.viewport.tools import TOOLS

from medimg.display.pose import Frame, to_image
from medimg.values.series import Window

FRAME = Frame((100, 100), 1.0, (200.0, 200.0))
LOOK = Look(index=5, window=Window(40.0, 400.0))


def test_window_and_level_are_wider_to_the_right_and_brighter_upwards() -> None:
    look = TOOLS["window"].drag(LOOK, FRAME, (50, 50), (90, 30))
    assert look.window is not None
    assert look.window.width > 400 and look.window.center < 40


def test_a_colour_image_has_no_window_to_drag() -> None:
    look = replace(LOOK, window=None)
    assert TOOLS["window"].drag(look, FRAME, (0, 0), (9, 9)) == look


def test_zoom_holds_the_point_where_the_drag_began() -> None:
    start = (30.0, 60.0)
    before = to_image(LOOK.pose, FRAME, start)
    look = TOOLS["zoom"].drag(LOOK, FRAME, start, (30.0, -90.0))
    assert look.pose.zoom == pytest.approx(4.0)
    assert to_image(look.pose, FRAME, start) == pytest.approx(before)


def test_pan_moves_the_image_with_the_hand() -> None:
    look = TOOLS["pan"].drag(LOOK, FRAME, (10, 10), (25, 4))
    assert look.pose.pan == (15, -6)


def test_scroll_goes_one_slice_in_six_pixels() -> None:
    assert TOOLS["scroll"].drag(LOOK, FRAME, (0, 0), (0, 20)).index == 8


def test_a_length_lies_on_the_image_and_a_click_is_none() -> None:
    look = TOOLS["length"].drag(LOOK, FRAME, (20, 20), (100, 20))
    (ruler,) = look.rulers
    assert ruler.points == ((10, 10), (50, 10)) and ruler.index == 5
    assert TOOLS["length"].drag(LOOK, FRAME, (20, 20), (21, 20)) == LOOK


def test_an_angle_takes_two_drags_and_then_begins_anew() -> None:
    one = TOOLS["angle"].drag(LOOK, FRAME, (20, 20), (100, 20))
    two = TOOLS["angle"].drag(one, FRAME, (100, 20), (100, 120))
    (closed,) = two.rulers
    assert closed.points == ((10, 10), (50, 10), (50, 60))
    three = TOOLS["angle"].drag(two, FRAME, (20, 20), (100, 20))
    assert len(three.rulers) == 2
