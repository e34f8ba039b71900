"""Outlines lie on the pixels' edges."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.contours import bounding_box, outlines


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
