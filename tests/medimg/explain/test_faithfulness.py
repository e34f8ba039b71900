"""Hiding planted evidence lowers the score; a shuffled map is no better than chance."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import Tensor

from medimg.explain.faithfulness import GRID, Deletion, Probability, deletions, share_inside
from medimg.explain.methods import integrated_gradients
from medimg.explain.targets import class_logit, region_probability
from tests.medimg.explain.tiny_models import BlobDetector, BlobSegmenter, image_with_blob

SIZE = 112


@pytest.fixture(scope="module")
def image() -> Tensor:
    """Five blobs on grey."""
    places = ((20, 20), (24, 76), (60, 40), (84, 88), (92, 16))
    return torch.stack([image_with_blob(r, c, size=SIZE) for r, c in places]).amax(dim=0)


@pytest.fixture(scope="module")
def model() -> BlobDetector:
    return BlobDetector(bias=-4.0, gain=8.0).eval()


def deletion(probability: Probability, image: Tensor, one: np.ndarray) -> Deletion:
    """Of one map."""
    return deletions(probability, image, [one])[0]


def _probability(model: torch.nn.Module) -> Probability:
    return lambda images: torch.sigmoid(model(images)[:, 0])


class TestDeletion:
    def test_of_the_true_map_beats_every_random_order(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        truth = integrated_gradients(model, image, class_logit(0)).map

        measured = deletion(_probability(model), image, truth)

        assert measured.beats_all_random
        assert measured.area < 0.5 * measured.random[0]
        assert measured.curve[0] == pytest.approx(1.0)

    def test_of_a_shuffled_map_is_no_better_than_random(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        """The figure must be able to say no."""
        truth = integrated_gradients(model, image, class_logit(0)).map
        rng = np.random.default_rng(0)
        blocks = truth.reshape(GRID, 8, GRID, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
        better = 0
        for _ in range(8):
            shuffled = rng.permutation(blocks).reshape(GRID, GRID, 8, 8).transpose(0, 2, 1, 3)
            measured = deletion(_probability(model), image, shuffled.reshape(SIZE, SIZE))
            better += measured.beats_all_random
        # 13 orders share the first place evenly: two or more of eight have a chance of 12 %,
        # four or more of less than 1 %.
        assert better < 4

    def test_of_the_reversed_map_is_worse_than_random(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        truth = integrated_gradients(model, image, class_logit(0)).map
        measured = deletion(_probability(model), image, -truth)
        assert not measured.beats_mean_random

    def test_of_an_empty_map_is_chance(self, model: BlobDetector, image: Tensor) -> None:
        """Equal blocks come in random order, not from the top of the image down."""
        measured = deletion(_probability(model), image, np.zeros((SIZE, SIZE), np.float32))
        _, lowest, highest = measured.random
        assert lowest - 0.1 < measured.area < highest + 0.1

    def test_holds_all_maps_against_the_same_random_orders(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        good = integrated_gradients(model, image, class_logit(0)).map
        first, second = deletions(_probability(model), image, [good, -good])
        assert first.random == second.random
        assert first.area < second.area
        assert first.curve[-1] == second.curve[-1]

    def test_of_no_map_is_nothing(self, model: BlobDetector, image: Tensor) -> None:
        assert deletions(_probability(model), image, []) == ()

    def test_gives_the_same_figures_again(self, model: BlobDetector, image: Tensor) -> None:
        one = image[0, 0].numpy()
        first = deletion(_probability(model), image, one)
        assert first == deletion(_probability(model), image, one)

    def test_works_on_sides_that_blocks_do_not_divide(self, model: BlobDetector) -> None:
        odd = torch.rand(1, 1, 101, 75, generator=torch.Generator().manual_seed(2))
        measured = deletion(_probability(model), odd, odd[0, 0].numpy())
        assert np.isfinite(measured.area)

    def test_of_a_region_uses_the_region_only(self) -> None:
        """Hiding another blob leaves the region's probability alone."""
        image = torch.maximum(
            image_with_blob(20, 20, size=SIZE), image_with_blob(80, 80, size=SIZE)
        )
        region = torch.zeros(SIZE, SIZE, dtype=torch.bool)
        region[20:24, 20:24] = True
        score = region_probability(0, region)
        here = np.zeros((SIZE, SIZE), np.float32)
        there = here.copy()
        here[20:24, 20:24], there[80:84, 80:84] = 1.0, 1.0
        segmenter = BlobSegmenter()

        on_it = deletion(lambda images: score(segmenter(images)), image, here)
        beside = deletion(lambda images: score(segmenter(images)), image, there)

        assert on_it.beats_all_random
        assert not beside.beats_all_random

    def test_is_quick(self, model: BlobDetector, image: Tensor) -> None:
        """Its own part beside the network's passes is small."""
        started = time.perf_counter()
        deletion(_probability(model), image, image[0, 0].numpy())
        assert time.perf_counter() - started < 5.0


class TestShareInside:
    def test_counts_positive_evidence_only(self) -> None:
        evidence = np.zeros((1, 10, 10), np.float32)
        evidence[0, 0, 0], evidence[0, 9, 9], evidence[0, 5, 5] = 3.0, 1.0, -50.0
        anatomy = np.zeros((1, 10, 10), bool)
        anatomy[0, :5] = True
        assert share_inside(evidence, anatomy) == pytest.approx((0.75, 0.5))

    def test_is_unknown_without_evidence_or_anatomy(self) -> None:
        nothing, something = np.zeros((1, 4, 4), np.float32), np.ones((1, 4, 4), bool)
        assert share_inside(nothing, something) is None
        assert share_inside(nothing + 1, ~something) is None

    def test_refuses_two_grids(self) -> None:
        with pytest.raises(ValueError, match="share a grid"):
            share_inside(np.zeros((1, 4, 4), np.float32), np.zeros((1, 4, 5), bool))


def test_beating_is_strict() -> None:
    """A map as good as the best random order has not beaten it."""
    tie = Deletion(0.4, (0.5, 0.4, 0.6), (1.0, 0.0))
    assert not tie.beats_all_random
    assert tie.beats_mean_random
