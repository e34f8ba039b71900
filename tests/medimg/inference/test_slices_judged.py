"""A stack judged slice by slice: neighbours as channels, the highest slices, the head's own box."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from medimg.inference.conclude import three_highest
from medimg.inference.head_box import HeadBox, head_box
from medimg.inference.inferers import MirrorInferer, NeighbourInferer


def means(channels: Tensor) -> Tensor:
    """A network whose labels are the mean grey before, at and after the slice."""
    return channels.mean(dim=(2, 3))


def test_each_slice_sees_its_neighbours_and_the_ends_themselves() -> None:
    stack = torch.arange(5.0)[:, None, None].expand(5, 4, 4)[None, None]
    found = NeighbourInferer(neighbours=1, sw_batch_size=2)(stack, means)
    assert found.shape == (1, 3, 5)
    assert found[0].tolist() == [[0, 0, 1, 2, 3], [0, 1, 2, 3, 4], [1, 2, 3, 4, 4]]
    assert NeighbourInferer(1, 2).calls(5) == 3


def test_a_mirrored_stack_is_averaged_slice_by_slice() -> None:
    stack = torch.zeros(1, 1, 3, 4, 4)
    stack[0, 0, 1, :, 0] = 8

    def left(channels: Tensor) -> Tensor:
        return channels[:, 1:2, :, 0].mean(dim=2)

    found = MirrorInferer(NeighbourInferer(1, 2))(stack, left)
    assert found[0, 0].tolist() == [0, 4, 0]


def test_one_high_slice_counts_a_third() -> None:
    assert three_highest(np.asarray([-3, 6, -3, -3, -3], np.float32)) == 0
    assert three_highest(np.asarray([2], np.float32)) == 2


def head_with_rest(side: int) -> np.ndarray:
    """A disc of radius side / 4 at the image's middle in ten slices, a headrest below it."""
    row, column = np.mgrid[0:side, 0:side]
    disc = np.hypot(row - side / 2, column - side / 2) < side / 4
    rest = (row > 0.9 * side) & (row < 0.93 * side)
    return np.stack([disc | rest] * 10)


def test_the_box_holds_the_head_without_its_rest_at_any_size() -> None:
    for side in (128, 512):
        begin, width = head_box(head_with_rest(side), margin=0.0)
        assert abs(width - side / 2) <= side / 50
        assert np.all(np.abs(begin - side / 4) <= side / 50)


def test_a_hand_in_one_slice_does_not_widen_the_box() -> None:
    inside = head_with_rest(128)
    inside[0, 40:60, 64:128] = True
    assert head_box(inside, 0.0)[1] == head_box(head_with_rest(128), 0.0)[1]


def test_no_tissue_gives_the_whole_image() -> None:
    begin, side = head_box(np.zeros((3, 20, 30), bool), 0.0)
    assert (begin.tolist(), side) == ([-5, 0], 30)


def test_the_crop_is_undone_in_place() -> None:
    inside = head_with_rest(64)
    image = torch.from_numpy(inside.astype(np.float32))[None]
    crop = HeadBox(above=0.5, margin=0.0)
    cropped = crop(image)
    back = crop.inverse(cropped)
    begin, side = head_box(inside, 0.0)
    rows = slice(int(begin[0]), int(begin[0]) + side)
    assert cropped.shape == (1, 10, side, side)
    assert torch.equal(back[:, :, rows, rows], image[:, :, rows, rows])
