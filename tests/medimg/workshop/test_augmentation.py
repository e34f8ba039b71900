"""Random changes are repeatable, move masks with images, and leave greys in range."""

from __future__ import annotations

import torch

from medimg.workshop.augmentation import move, regrey
from medimg.workshop.recipe import Augment

STRONG = Augment(
    scale=(0.8, 1.2),
    rotate_deg=15,
    shift=0.1,
    flip=True,
    gamma=0.5,
    contrast=0.3,
    brightness=0.1,
    blur_px=1.5,
    noise=0.05,
    bias_field=0.3,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def squares(count: int = 6) -> torch.Tensor:
    images = torch.zeros(count, 1, 64, 64)
    images[:, :, 20:40, 24:44] = 1.0
    return images


def test_the_same_seed_gives_the_same_batch() -> None:
    once = regrey(move(squares(), squares(), STRONG, generator(3))[0], STRONG, generator(4))
    again = regrey(move(squares(), squares(), STRONG, generator(3))[0], STRONG, generator(4))
    other = regrey(move(squares(), squares(), STRONG, generator(5))[0], STRONG, generator(4))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_masks_move_with_their_images() -> None:
    images, masks = move(squares(), squares(), STRONG, generator())
    assert torch.equal(images, masks)
    assert not torch.allclose(images, squares())


def test_no_range_means_no_change() -> None:
    images, _ = move(squares(), squares(), Augment(), generator())
    assert torch.allclose(images, squares(), atol=1e-5)
    assert torch.equal(regrey(squares(), Augment(), generator()), squares())


def test_a_window_keeps_the_magnification() -> None:
    images, _ = move(squares(), squares(), Augment(window=(48, 32)), generator())
    assert images.shape == (6, 1, 48, 32)
    # The window is cut from the middle: rows 8 to 56, columns 16 to 48 of the image.
    assert torch.allclose(images, squares()[:, :, 8:56, 16:48], atol=1e-5)


def test_greys_stay_in_range() -> None:
    greys = regrey(torch.rand(8, 1, 32, 32, generator=generator()), STRONG, generator())
    assert float(greys.min()) >= 0.0
    assert float(greys.max()) <= 1.0
