"""Fit, zoom, pan, turn, flip: where a point of the image lands on the screen."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.pose import (
    Frame,
    Pose,
    apply,
    fit_zoom,
    mirrored,
    panned,
    to_image,
    to_screen,
    turned,
    zoom_of,
    zoomed,
)

FRAME = Frame(shape=(100, 200), aspect=1.0, size=(400.0, 400.0))


def screen(pose: Pose, point: tuple[float, float], frame: Frame = FRAME) -> tuple[float, float]:
    return apply(to_screen(pose, frame), point)


def test_a_fitted_image_touches_the_nearer_edges() -> None:
    assert fit_zoom(FRAME) == 2.0
    assert screen(Pose(), (0, 0)) == pytest.approx((0, 100))
    assert screen(Pose(), (200, 100)) == pytest.approx((400, 300))


def test_pixels_that_are_not_square_are_drawn_in_their_true_shape() -> None:
    tall = Frame((100, 200), aspect=2.0, size=(400.0, 400.0))
    assert screen(Pose(), (200, 100), tall) == pytest.approx((400, 400))


def test_a_quarter_turn_brings_the_top_left_to_the_top_right() -> None:
    frame = Frame((100, 100), 1.0, (100.0, 100.0))
    assert screen(turned(Pose(), 1), (0, 0), frame) == pytest.approx((100, 0))


def test_a_flip_swaps_the_sides_that_are_seen_also_after_a_turn() -> None:
    frame = Frame((100, 100), 1.0, (100.0, 100.0))
    for quarters in range(4):
        pose = turned(Pose(), quarters)
        before = screen(pose, (10, 20), frame)
        after = screen(mirrored(pose, across="h"), (10, 20), frame)
        assert after == pytest.approx((100 - before[0], before[1]))


@pytest.mark.parametrize("at", [(200.0, 200.0), (17.0, 333.0)])
def test_zooming_keeps_the_point_under_the_cursor(at: tuple[float, float]) -> None:
    pose = panned(turned(Pose(), 1), FRAME, 12, -7)
    before = to_image(pose, FRAME, at)
    after = to_image(zoomed(pose, FRAME, 1.7, at), FRAME, at)
    assert after == pytest.approx(before)


def test_zoom_stays_within_its_limits() -> None:
    pose = Pose()
    for _ in range(100):
        pose = zoomed(pose, FRAME, 2.0, (0, 0))
    assert zoom_of(pose, FRAME) == 64.0


def test_image_and_screen_are_inverse() -> None:
    pose = panned(mirrored(turned(Pose(zoom=1.3), 3), across="v"), FRAME, 5, 9)
    for point in np.random.default_rng(0).uniform(0, 100, (20, 2)):
        there = screen(pose, (float(point[0]), float(point[1])))
        assert to_image(pose, FRAME, there) == pytest.approx(tuple(point))
