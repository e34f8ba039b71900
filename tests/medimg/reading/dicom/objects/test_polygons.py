"""Pixels inside outlines: counted on paper, and beside scikit-image's own filling."""

from __future__ import annotations

import numpy as np
from skimage.draw import polygon2mask

from medimg.reading.dicom.objects.polygons import Ring, combined, filled

SHAPE = (40, 50)


def _points(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float32)


def _square(low: float, high: float) -> np.ndarray:
    return _points((low, low), (high, low), (high, high), (low, high))


def _block(low: int, high: int) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[low:high, low:high] = True
    return mask


def test_a_pixel_is_inside_by_its_centre() -> None:
    assert (filled(_square(5, 20), SHAPE) == _block(5, 20)).all()  # along the pixels' edges
    assert (filled(_square(5.4, 20.4), SHAPE) == _block(5, 20)).all()
    assert (filled(_square(5.6, 20.6), SHAPE) == _block(6, 21)).all()


def test_neighbours_that_touch_at_centres_share_no_pixel_and_lose_none() -> None:
    left, right = _square(5, 20), _square(5, 20)
    left[:, 0] = [5, 12.5, 12.5, 5]
    right[:, 0] = [12.5, 20, 20, 12.5]
    one, other = filled(left, SHAPE), filled(right, SHAPE)
    assert not (one & other).any()
    assert ((one | other) == _block(5, 20)).all()


def test_random_outlines_fill_as_scikit_image_fills_them() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        points = rng.uniform(-5, 55, (rng.integers(3, 12), 2)).astype(np.float32)
        expected = polygon2mask(SHAPE, points[:, ::-1] - 0.5)
        assert (filled(points, SHAPE) == expected).all()


def test_a_keyhole_leaves_its_inside_open() -> None:
    outer, inner = _square(5, 30), _square(10, 20)[::-1]
    keyhole = np.concatenate([outer, outer[:1], inner, inner[:1]])
    assert (filled(keyhole, SHAPE) == (_block(5, 30) & ~_block(10, 20))).all()


def test_xor_turns_over_and_plain_outlines_add() -> None:
    ring, holes = combined([Ring(_square(5, 30), True), Ring(_square(10, 20), True)], SHAPE)
    assert (ring == (_block(5, 30) & ~_block(10, 20))).all()
    assert holes == 0
    both, holes = combined([Ring(_square(5, 20)), Ring(_square(10, 30))], SHAPE)
    assert (both == (_block(5, 20) | _block(10, 30))).all()
    assert holes == 0


def test_an_outline_within_another_is_a_hole_and_an_island_in_it_is_not() -> None:
    rings = [Ring(_square(12, 15)), Ring(_square(5, 30)), Ring(_square(10, 20))]
    mask, holes = combined(rings, SHAPE)
    assert (mask == ((_block(5, 30) & ~_block(10, 20)) | _block(12, 15))).all()
    assert holes == 1


def test_an_outline_given_twice_is_there_once() -> None:
    mask, holes = combined([Ring(_square(5, 8)), Ring(_square(20, 30)), Ring(_square(5, 8))], SHAPE)
    assert (mask == (_block(5, 8) | _block(20, 30))).all()
    assert holes == 0


def test_a_line_of_no_width_marks_nothing() -> None:
    assert not filled(_points((5, 5), (20, 20), (5, 5)), SHAPE).any()
