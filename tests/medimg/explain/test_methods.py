"""Maps of tiny models with known reasons."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medimg.explain.table import METHODS, Need
from medimg.explain.targets import class_logit, region_logit
from tests.medimg.explain.tiny_models import (
    BlobDetector,
    BlobSegmenter,
    Linear,
    ask,
    image_with_blob,
)


def _peak(one: np.ndarray) -> tuple[int, int]:
    """Middle of the highest pixels: of a superpixel they are many."""
    rows, columns = np.nonzero(one == one.max())
    return int(rows.mean()), int(columns.mean())


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(1)


class TestIntegratedGradients:
    def test_of_a_linear_model_is_weight_times_difference(self, rng: torch.Generator) -> None:
        """The one model for which the right answer is a formula."""
        weights = torch.randn(8, 9, generator=rng)
        image = torch.rand(1, 1, 8, 9, generator=rng)

        evidence = ask("integrated-gradients", Linear(weights), image, class_logit(0))

        expected = weights * (image[0, 0] - image.mean())
        np.testing.assert_allclose(evidence.map, expected.numpy(), atol=1e-5)

    def test_sums_to_the_change_of_the_score(self) -> None:
        """Completeness, and the parameters say how well it holds."""
        model, image = BlobDetector(), image_with_blob(24, 32)

        evidence = ask("integrated-gradients", model, image, class_logit(0))

        empty = torch.full_like(image, float(image.mean()))
        change = float((model(image) - model(empty)).detach())
        assert change > 0.1
        assert float(evidence.map.sum()) == pytest.approx(change, rel=0.05)
        assert dict(evidence.parameters)["completeness error"].endswith(" %")

    def test_takes_more_steps_when_the_sum_is_off(self) -> None:
        """A score that jumps late on the path needs the finer path."""
        model = BlobDetector(bias=0.0)
        with torch.no_grad():
            model.look.bias.fill_(-0.78)

        evidence = ask("integrated-gradients", model, image_with_blob(24, 32), class_logit(0))

        assert int(dict(evidence.parameters)["steps"]) > 8


class TestGradCam:
    def test_peaks_on_the_planted_blob(self) -> None:
        """The detector's evidence is where the blob is, wherever that is."""
        for row, column in ((8, 40), (24, 12), (44, 44)):
            image = image_with_blob(row, column)
            evidence = ask("grad-cam", BlobDetector(), image, class_logit(0), "activation")
            at = _peak(evidence.map)
            assert abs(at[0] - (row + 1.5)) <= 2
            assert abs(at[1] - (column + 1.5)) <= 2

    def test_shows_nothing_where_nothing_speaks_for_it(self) -> None:
        """A dark blob speaks against; the map stays empty, not coloured all over."""
        image = torch.full((1, 1, 56, 56), 0.8)
        image[0, 0, 24:28, 32:36] = 0.0

        evidence = ask("grad-cam", BlobDetector(), image, class_logit(0), "activation")

        # Padding makes edges look like blobs; they are left out.
        assert not evidence.map[12:-12, 12:-12].any()

    def test_of_a_mean_and_linear_head_adds_up_to_the_score(self) -> None:
        """With that head, cells of the map sum to the logit without its bias."""
        model, image = BlobDetector(bias=-2.0), image_with_blob(24, 32)

        evidence = ask("grad-cam", model, image, class_logit(0), "activation")

        # Each of the 14 x 14 cells became 4 x 4 pixels.
        logit = float(model(image).detach())
        assert evidence.map.sum() / 16 == pytest.approx(logit + 2.0, rel=1e-3)

    def test_of_a_region_shows_that_region(self) -> None:
        """Two blobs, one asked for: the evidence lies on the one."""
        image = torch.maximum(image_with_blob(10, 10), image_with_blob(40, 40))
        region = torch.zeros(56, 56, dtype=torch.bool)
        region[9:15, 9:15] = True
        model = BlobSegmenter()

        evidence = ask("integrated-gradients", model, image, region_logit(0, region))

        positive = np.clip(evidence.map, 0, None)
        assert positive[5:20, 5:20].sum() > 0.99 * positive.sum()

    def test_explains_frozen_weights_and_inference_tensors(self) -> None:
        """An engine hands over both; neither may carry gradients."""
        model = BlobDetector().requires_grad_(False)
        with torch.inference_mode():
            image = image_with_blob(24, 32) * 1.0
            evidence = ask("grad-cam", model, image, class_logit(0), "activation")
        assert evidence.map.max() > 0


class TestRegionLogit:
    def test_refuses_an_empty_region(self) -> None:
        with pytest.raises(ValueError, match="empty region"):
            region_logit(0, torch.zeros(4, 4, dtype=torch.bool))

    def test_does_not_grow_with_the_region(self) -> None:
        """One display scale must fit small and large regions."""
        output = torch.full((1, 1, 8, 8), 3.0)
        small, large = torch.zeros(2, 8, 8, dtype=torch.bool)
        small[0, 0], large[:6] = True, True
        assert region_logit(0, small)(output) == region_logit(0, large)(output)


#: Rollout needs a transformer; guided backpropagation marks edges, as it does on any network.
POINTING = [
    name
    for name, row in METHODS.items()
    if Need.VIT not in row.needs and "guided" not in name and name != "saliency"
]


@pytest.mark.parametrize("name", POINTING)
class TestEveryMethod:
    def test_lies_on_the_planted_evidence(self, name: str) -> None:
        """Contract of the table: same signature, image's grid, peak on the truth."""
        image = image_with_blob(24, 32)
        evidence = ask(name, BlobDetector(), image, class_logit(0), "activation")
        assert evidence.map.shape == (56, 56)
        assert evidence.map.dtype == np.float32
        assert evidence.parameters
        row, column = _peak(evidence.map)
        assert 21 <= row <= 30
        assert 27 <= column <= 38

    def test_leaves_the_model_as_it_was(self, name: str) -> None:
        """No hook stays behind."""
        model, image = BlobDetector(), image_with_blob(24, 32)
        ask(name, model, image, class_logit(0), "activation")
        assert all(not m._forward_hooks and not m._backward_hooks for m in model.modules())
