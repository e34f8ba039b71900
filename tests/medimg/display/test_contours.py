"""Outlines lie on the pixels' edges."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.contours import bounding_box, outlines, thinned


def test_an_outline_surrounds_its_pixels() -> None:
    mask = np.zeros((20, 30), dtype=bool)
    mask[4:9, 10:22] = True
    (line,) = outlines(mask)
    assert line[:, 0].min() == pytest.approx(10.0) and line[:, 0].max() == pytest.approx(22.0)
    assert line[:, 1].min() == pytest.approx(4.0) and line[:, 1].max() == pytest.approx(9.0)
    assert (line[0] == line[-1]).all()


def test_a_region_at_the_border_is_closed_and_a_hole_has_its_own_line() -> None:
    mask = np.ones((10, 10), dtype=bool)
    mask[4:6, 4:6] = False
    lines = outlines(mask)
    assert len(lines) == 2
    assert all((line[0] == line[-1]).all() for line in lines)


def test_an_empty_mask_has_no_outline() -> None:
    assert outlines(np.zeros((5, 5), dtype=bool)) == ()
    assert bounding_box(np.zeros((5, 5), dtype=bool)) is None


def test_a_thinned_outline_keeps_its_ends_and_its_course() -> None:
    turn = np.linspace(0, 2 * np.pi, 5000)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32) * 100
    thin = thinned(ring, 2.0)
    assert 250 < len(thin) < 340
    assert np.array_equal(thin[[0, -1]], ring[[0, -1]])
    middles = (thin[1:] + thin[:-1]) / 2
    assert np.abs(np.linalg.norm(middles, axis=1) - 100).max() < 0.05


def test_long_straight_lines_lose_no_corner() -> None:
    square = np.array([[0, 0], [50, 0], [50, 50], [0, 50], [0, 0]], dtype=np.float32)
    assert np.array_equal(thinned(square, 2.0), square)
