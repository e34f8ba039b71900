"""Marks in words, gaps of a stack, corner text, a drag of the window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medimg.display.corner_text import CornerState, Seen, corners, window_text
from medimg.display.cuts import stored
from medimg.display.marks import gaps, marks
from medimg.display.window_drag import dragged
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem
from medimg.values.series import Frame, Patient, Series, Study, View, Window

MM = PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0)


def series(*heights: float, **facts: object) -> Series:
    frames = tuple(Frame(f"{z}", position=(0.0, 0.0, z)) for z in heights)
    made = Series("s", "FLAIR", "dicom", "MR", frames, Geometry((len(heights), 4, 4), MM))
    return replace(made, **facts)  # type: ignore[arg-type]


def test_gaps_are_found_by_position() -> None:
    assert gaps(series(0, 5, 10, 15, 20)) == ()
    assert gaps(series(0, 5, 20, 25, 30, 40, 45)) == ((1, 2), (4, 1))


def test_marks_have_figures_and_say_each_thing_once() -> None:
    found = series(
        *(0, 5, 20, 25, 30, 40, 45),
        lossy_ratio=12.0,
        problems=(
            Problem("missing-slice", "…"),
            Problem("lossy", "…"),
            Problem("monochrome1", "…"),
            Problem("charset-wrong", "…"),
        ),
    )
    assert marks(found) == ("3 slices missing", "lossy 12:1")


def test_an_unknown_spacing_is_marked_once() -> None:
    film = series(0.0, geometry=Geometry((1, 4, 4)))
    assert marks(film) == ("spacing unknown",)
    told = replace(film, problems=(Problem("spacing-unknown", "…"),))
    assert marks(told) == ("spacing unknown",)


def test_corner_text_hides_names_and_can_be_off() -> None:
    shown = series(
        *(0, 5, 10),
        patient=Patient("D-0003", "DEMO^Three", "19650721", "F", 61.0),
        study=Study(date="20261120", time="140500", description="MR brain", institution="North"),
        slice_thickness_mm=5.0,
        number=4,
        acquisition=(("TR", "11 000"),),
    )
    seen = Seen(stored(shown.geometry), 1, Window(593.0, 1186.0, "file window 1"), 2.36)
    full = corners(shown, seen)
    assert full.top_left == ("DEMO, Three", "D-0003", "21 Jul 1965 · 61 y · F")
    assert full.top_right[-1] == "20 Nov 2026 · 14:05"
    assert full.bottom_left == (
        "Slice 2 of 3 · 5.0 mm",
        "W 1\u2009186 · C 593 · file window 1",
        "Zoom 2.36 : 1",
    )
    assert full.bottom_right == ("Series 4 · MR", "FLAIR", "TR 11 000")
    hidden = corners(shown, seen, CornerState.NAMES_HIDDEN)
    assert "DEMO" not in str(hidden) and "D-0003" not in str(hidden)
    assert corners(shown, seen, CornerState.OFF) == type(full)()


def test_a_film_says_its_view_once() -> None:
    film = series(0.0, label="PA", view=View.PA, modality="DX", number=1)
    assert corners(film, Seen(stored(film.geometry), 0, None, 1.0)).bottom_right == (
        "Series 1 · DX",
        "PA",
    )


def test_right_is_wider_and_up_is_brighter_and_back_is_back() -> None:
    window = Window(40.0, 400.0, "Soft tissue")
    moved = dragged(window, dx=100, dy=-50)
    assert (moved.width, moved.center) == pytest.approx((500.0, -10.0))
    assert moved.name == "by hand"
    assert dragged(window, 0, 0).width == 400.0
    assert dragged(window, -10_000, 0).width == 1.0
    assert window_text(moved) == "W 500 · C −10 · by hand"
    assert window_text(Window(0.00097, 0.0019)) == "W 0.00190 · C 0.00097"
