"""The pointing game on planted peaks, beside chance and the best fixed point."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.explain.pointing import peak, peak_in_boxes
from medimg.explain.scales import display_scale

LEFT_HALF = np.array([[0.0, 0.0, 1.0, 0.5]])
TOP_LEFT = np.array([[0.0, 0.0, 0.5, 0.5]])


def _map(row: int, column: int) -> np.ndarray:
    one = np.zeros((8, 10), np.float32)
    one[row, column] = 1.0
    return one


class TestPeakInBoxes:
    def test_counts_hits_beside_chance_and_the_fixed_point(self) -> None:
        maps = [_map(1, 1), _map(6, 1), _map(1, 8)]
        game = peak_in_boxes(maps, [LEFT_HALF, TOP_LEFT, LEFT_HALF])
        assert game.hits.tolist() == [True, False, False]
        assert game.hit_rate == pytest.approx(1 / 3)
        assert game.chance == pytest.approx((0.5 + 0.25 + 0.5) / 3)
        assert game.fixed_point == 1.0
        assert max(game.fixed_at) < 0.5

    def test_overlapping_boxes_count_once_in_chance(self) -> None:
        both = np.concatenate([LEFT_HALF, TOP_LEFT])
        assert peak_in_boxes([_map(0, 0)], [both]).chance == pytest.approx(0.5)

    def test_seeks_the_peak_inside_the_anatomy_only(self) -> None:
        one = _map(1, 8)
        one[6, 1] = 0.5
        inside = np.zeros((8, 10), bool)
        inside[:, :5] = True
        assert peak_in_boxes([one], [LEFT_HALF], [inside]).hit_rate == 1.0
        assert peak_in_boxes([one], [LEFT_HALF]).hit_rate == 0.0

    def test_peak_is_the_centre_of_its_cell(self) -> None:
        assert peak(_map(1, 8)) == pytest.approx((1.5 / 8, 8.5 / 10))

    def test_refuses_an_image_without_truth(self) -> None:
        with pytest.raises(ValueError, match="no truth"):
            peak_in_boxes([_map(0, 0)], [np.zeros((0, 4))])


class TestDisplayScale:
    def test_does_not_follow_a_single_pixel(self) -> None:
        maps = [np.ones((20, 20), np.float32) for _ in range(4)]
        maps[0][0, 0] = 1e6
        assert display_scale(maps) == 1.0

    def test_refuses_maps_without_positive_evidence(self) -> None:
        with pytest.raises(ValueError, match="positive evidence"):
            display_scale([np.zeros((4, 4), np.float32)])
