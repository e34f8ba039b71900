"""Masks are kept as the box that holds something, and are the same mask when taken out again."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.values.masks import Mask

SHAPE = (5, 7, 9)


def drawn() -> np.ndarray:
    array = np.zeros(SHAPE, dtype=bool)
    array[1, 2:4, 3:8] = True
    array[3, 5, 4] = True
    return array


def test_a_mask_is_the_same_when_taken_out_of_its_box() -> None:
    mask = Mask.of(drawn())
    assert (mask.start, mask.bits.shape, mask.shape) == ((1, 2, 3), (3, 4, 5), SHAPE)
    assert (mask.whole() == drawn()).all()
    assert all((mask.on(k) == drawn()[k]).all() for k in range(5))
    assert [mask.touches(k) for k in range(5)] == [False, True, False, True, False]
    assert mask.slices == (1, 3) and mask.size == 11
    assert mask.areas.tolist() == [0, 10, 0, 1, 0]


def test_a_part_of_a_grid_keeps_its_place() -> None:
    part = drawn()[1:, 1:, 2:]
    assert (Mask.of(part, (1, 1, 2), SHAPE).whole() == drawn()).all()


def test_an_empty_mask_marks_nothing_and_keeps_its_grid() -> None:
    mask = Mask.of(np.zeros(SHAPE, dtype=bool))
    assert mask.is_empty and mask.slices == () and not mask.touches(0)
    assert mask.whole().shape == SHAPE and not mask.whole().any()


def test_masks_meet_only_where_a_voxel_is_in_both() -> None:
    one, other = drawn(), np.zeros(SHAPE, dtype=bool)
    other[2, 2:4, 3:8] = True  # within the first one's box, on a slice that it leaves out
    assert not Mask.of(one).meets(Mask.of(other))
    other[3, 5, 4] = True
    assert Mask.of(one).meets(Mask.of(other))
    assert not Mask.of(one).meets(Mask.of(np.zeros(SHAPE, dtype=bool)))


def test_a_box_outside_its_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="is not in"):
        Mask((4, 0, 0), np.ones((2, 1, 1), dtype=bool), SHAPE)


def test_a_hundred_labels_of_a_whole_body_take_what_they_mark() -> None:
    shape = (600, 512, 512)
    bits = np.ones((30, 60, 60), dtype=bool)
    masks = [Mask.of(bits, (5 * n, 4 * n, 4 * n), shape) for n in range(104)]
    assert sum(mask.bits.nbytes for mask in masks) < 12e6  # as whole grids they take 16 GB


def test_a_mask_is_taken_for_an_array_of_the_whole_grid() -> None:
    """Scripts that knew masks as arrays sum them and lay them beside a truth."""
    truth = np.zeros((4, 5, 6), dtype=bool)
    truth[1:3, 2:4, 3] = True
    mask = Mask.of(truth)
    assert mask.sum() == truth.sum()
    assert (np.asarray(mask) == truth).all()
    filled = np.zeros(truth.shape, dtype=bool)
    filled[:] = mask
    assert (filled == truth).all()
