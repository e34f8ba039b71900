"""Hiding planted evidence lowers the score; a shuffled map is no better than chance."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import Tensor

from medimg.explain.anatomy import share_inside, zone_sentence, zone_shares
from medimg.explain.faithfulness import FILLS, Faithful, Probability, faithfulness
from medimg.explain.opponents import CENTRE, FIXED_POINT, opponents
from medimg.explain.targets import class_logit, region_probability
from tests.medimg.explain.tiny_models import BlobDetector, BlobSegmenter, ask, image_with_blob

SIZE = 112


@pytest.fixture(scope="module")
def image() -> Tensor:
    """Five blobs on grey."""
    places = ((20, 20), (24, 76), (60, 40), (84, 88), (92, 16))
    return torch.stack([image_with_blob(r, c, size=SIZE) for r, c in places]).amax(dim=0)


@pytest.fixture(scope="module")
def model() -> BlobDetector:
    return BlobDetector(bias=-4.0, gain=8.0).eval()


def deletion(probability: Probability, image: Tensor, one: np.ndarray) -> Faithful:
    """Of one map."""
    return faithfulness(probability, image, [one])[0]


def _beats_all(measured: Faithful) -> bool:
    return measured.own.deletion < min(1.0, measured.deletion_random[1])


def _probability(model: torch.nn.Module) -> Probability:
    return lambda images: torch.sigmoid(model(images)[:, 0])


class TestFaithful:
    def test_of_the_true_map_beats_every_random_order(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        truth = ask("integrated-gradients", model, image, class_logit(0)).map

        measured = deletion(_probability(model), image, truth)

        assert _beats_all(measured)
        assert measured.own.deletion < 0.5 * measured.deletion_random[0]
        assert measured.own.deletion_curve[0] == pytest.approx(1.0)

    def test_of_a_shuffled_map_is_no_better_than_random(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        """The figure must be able to say no."""
        truth = ask("integrated-gradients", model, image, class_logit(0)).map
        rng = np.random.default_rng(0)
        blocks = truth.reshape(14, 8, 14, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
        better = 0
        for _ in range(8):
            shuffled = rng.permutation(blocks).reshape(14, 14, 8, 8).transpose(0, 2, 1, 3)
            measured = deletion(_probability(model), image, shuffled.reshape(SIZE, SIZE))
            better += _beats_all(measured)
        # 13 orders share the first place evenly: two or more of eight have a chance of 12 %,
        # four or more of less than 1 %.
        assert better < 4

    def test_of_the_reversed_map_is_worse_than_random(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        truth = ask("integrated-gradients", model, image, class_logit(0)).map
        measured = deletion(_probability(model), image, -truth)
        assert measured.deletion_gain < 0

    def test_of_an_empty_map_is_chance(self, model: BlobDetector, image: Tensor) -> None:
        """Equal blocks come in random order, not from the top of the image down."""
        measured = deletion(_probability(model), image, np.zeros((SIZE, SIZE), np.float32))
        _, lowest, highest = measured.deletion_random
        assert lowest - 0.1 < measured.own.deletion < highest + 0.1

    def test_holds_all_maps_against_the_same_random_orders(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        good = ask("integrated-gradients", model, image, class_logit(0)).map
        first, second = faithfulness(_probability(model), image, [good, -good])
        assert first.random == second.random
        assert first.own.deletion < second.own.deletion
        assert first.own.deletion_curve[-1] == second.own.deletion_curve[-1]

    def test_of_no_map_is_nothing(self, model: BlobDetector, image: Tensor) -> None:
        assert faithfulness(_probability(model), image, []) == ()

    def test_gives_the_same_figures_again(self, model: BlobDetector, image: Tensor) -> None:
        one = image[0, 0].numpy()
        first = deletion(_probability(model), image, one)
        assert first == deletion(_probability(model), image, one)

    def test_works_on_sides_that_blocks_do_not_divide(self, model: BlobDetector) -> None:
        odd = torch.rand(1, 1, 101, 75, generator=torch.Generator().manual_seed(2))
        measured = deletion(_probability(model), odd, odd[0, 0].numpy())
        assert np.isfinite(measured.own.deletion)

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

        assert on_it.deletion_gain > 0.3
        assert not _beats_all(beside)

    def test_insertion_is_the_reverse_order_backwards(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        """Measured by hand: show the blocks in the map's order, one share after the other."""
        one = image[0, 0].numpy() + 1e-4 * np.random.default_rng(0).random((SIZE, SIZE))
        measured = deletion(_probability(model), image, one.astype(np.float32))
        means = one.reshape(14, 8, 14, 8).mean(axis=(1, 3)).ravel()
        order, fill = np.argsort(-means), FILLS["blurred"](image)
        values = []
        for step in range(11):
            shown = np.zeros(196, bool)
            shown[order[: round(196 * step / 10)]] = True
            mask = torch.from_numpy(np.kron(shown.reshape(14, 14), np.ones((8, 8)))) > 0
            values.append(float(_probability(model)(torch.where(mask, image, fill)).detach()))
        np.testing.assert_allclose(
            measured.own.insertion_curve, np.array(values) / values[-1], rtol=1e-4
        )

    def test_the_centre_and_the_fixed_point_are_opponents(
        self, model: BlobDetector, image: Tensor
    ) -> None:
        """A map that is the centre prior leads nobody; the truth leads all."""
        others = opponents((SIZE, SIZE), (0.2, 0.2))
        assert list(others) == [CENTRE, FIXED_POINT]
        truth = ask("integrated-gradients", model, image, class_logit(0)).map
        good, centre = faithfulness(_probability(model), image, [truth, others[CENTRE]], others)
        assert good.lead > 0.1
        assert centre.lead <= 0.0

    def test_a_volume_is_hidden_in_cubes(self) -> None:
        """The brightest cube decides, and hiding it first takes the score."""
        image = torch.zeros(1, 1, 12, 12, 12)
        image[0, 0, 2:4, 8:10, 4:6] = 1.0
        (measured,) = faithfulness(
            lambda images: images.amax(dim=(1, 2, 3, 4)), image, [image[0, 0].numpy()]
        )
        assert measured.deletion_gain > 0.3
        assert measured.insertion_gain > 0.3

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


class TestZones:
    def test_shares_come_largest_first_with_what_lies_outside(self) -> None:
        evidence = np.zeros((1, 10, 10), np.float32)
        evidence[0, 0, 0], evidence[0, 9, 9], evidence[0, 5, 5] = 7.0, 1.0, 2.0
        upper, middle = np.zeros((2, 1, 10, 10), bool)
        upper[0, :3], middle[0, 4:7] = True, True
        shares = zone_shares(evidence, {"right upper zone": upper, "right middle zone": middle})
        assert [name for name, _ in shares] == ["right upper zone", "right middle zone", "outside"]
        assert zone_sentence(shares) == (
            "70 % of the positive evidence lies in the right upper zone."
        )
