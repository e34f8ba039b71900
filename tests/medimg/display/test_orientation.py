"""Letters at the edges, from affine or Patient Orientation; never guessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medimg.display.orientation import Edges, edges, letters_of
from medimg.display.pose import Pose, mirrored, turned
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing, affine_from
from medimg.values.problems import Problem
from medimg.values.series import Frame, Series

MM = PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0)


def series(directions: np.ndarray | None) -> Series:
    """`directions`: columns are LPS vectors of slice, row, column index."""
    affine = None if directions is None else affine_from(np.zeros(3), directions, (3.0, 1.0, 1.0))
    return Series("s", "s", "dicom", "MR", (Frame("f"),), Geometry((4, 8, 8), MM, affine))


AXIAL = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float)
SAGITTAL = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float)


def test_an_axial_slice_is_seen_from_the_feet() -> None:
    assert edges(series(AXIAL)) == Edges(left="R", right="L", top="A", bottom="P")


def test_a_sagittal_slice_has_the_head_on_top() -> None:
    assert edges(series(SAGITTAL)) == Edges(left="A", right="P", top="H", bottom="F")


def test_letters_follow_turn_and_flip() -> None:
    turned_once = edges(series(AXIAL), turned(Pose(), 1))
    assert turned_once == Edges(left="P", right="A", top="R", bottom="L")
    flipped = edges(series(AXIAL), mirrored(Pose(), across="h"))
    assert flipped == Edges(left="L", right="R", top="A", bottom="P")


@pytest.mark.parametrize(
    ("direction", "letters"),
    [((1, 0, 0), "L"), ((0.9, -0.4, 0), "LA"), ((0.99, -0.1, 0), "L"), ((-0.5, 0.7, 0.5), "PRH")],
)
def test_oblique_directions_take_their_strongest_letters(
    direction: tuple[float, float, float], letters: str
) -> None:
    assert letters_of(np.array(direction)) == letters


def test_a_film_takes_patient_orientation_and_unknown_is_a_question_mark() -> None:
    film = series(None)
    assert edges(film) == Edges("?", "?", "?", "?")
    known = replace(film, patient_orientation=("L", "F"))
    assert edges(known) == Edges(left="R", right="L", top="H", bottom="F")
    half = replace(film, patient_orientation=("L", "X"))
    assert edges(half) == Edges(left="R", right="L", top="?", bottom="?")


def test_a_stack_with_gaps_keeps_its_sides() -> None:
    """Missing slices take the grid away, not what the header says of left and right."""
    geometry = Geometry((3, 8, 8), image_orientation_patient=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    gappy = Series("s", "s", "dicom", "CT", (Frame("f"),), geometry)
    assert edges(gappy) == Edges(left="R", right="L", top="A", bottom="P")
    doubtful = replace(gappy, problems=(Problem("no-orientation", "Sides unknown."),))
    assert edges(doubtful) == Edges()
