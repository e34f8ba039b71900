"""Every method on networks of the field: equal to a plain Captum call, whatever their ReLUs do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medimg.explain.question import Effort
from medimg.explain.sound_copy import sound_copy
from medimg.explain.table import METHODS, settings, wish
from medimg.explain.targets import class_logit
from medimg.values.errors import Cancelled, PackageRefused, UsageError
from tests.medimg.explain.networks import NETWORKS, compare, question
from tests.medimg.explain.tiny_models import BlobDetector, ReusedActivation, ask, image_with_blob

#: As a share of the map's largest value.
EQUAL = 1e-4
#: These take a second or less; all maps of the others take some seconds each.
QUICK = {("DenseNet", 2), ("ResNet", 2), ("ViT", 2), ("UNet", 2), ("UNet", 3)}
CASES = [
    pytest.param(
        network,
        dimensions,
        id=f"{network}-{dimensions}d",
        marks=[] if (network, dimensions) in QUICK else [pytest.mark.slow],
    )
    for network, row in NETWORKS.items()
    for dimensions in row.side
]


@pytest.mark.parametrize(("network", "dimensions"), CASES)
def test_every_method_equals_a_plain_captum_call(network: str, dimensions: int) -> None:
    for method in METHODS:
        found = compare(network, dimensions, method)
        if not found.reason and found.difference is not None:
            assert found.difference <= EQUAL, method


@pytest.mark.parametrize("network", ["DenseNet", "UNet"])
def test_a_sound_copy_answers_as_the_network_does(network: str) -> None:
    asked = question(network, 2)
    copied = sound_copy(asked.model, asked.image)
    assert copied is not asked.model
    torch.testing.assert_close(copied(asked.image), asked.model(asked.image))
    assert not any(getattr(module, "inplace", False) for module in copied.modules())


class Reused(nn.Module):
    """Runs one in-place ReLU twice, on the way to a score with a known DeepLIFT map."""

    def __init__(self) -> None:
        super().__init__()
        self.activation = nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        positive = self.activation(images - 0.5)
        return self.activation(positive.sum(dim=(1, 2, 3)) - 0.1)[:, None]


def test_a_reused_in_place_relu_does_not_falsify_deeplift() -> None:
    """Above both thresholds the score is a sum, so each pixel's part is its difference."""
    image = torch.full((1, 1, 4, 4), 0.5)
    image[0, 0, 1, 2], image[0, 0, 3, 3] = 1.5, 1.0
    evidence = ask("deeplift", Reused(), image, class_logit(0), baseline="black")
    expected = (image - 0.5)[0, 0].numpy()
    assert evidence.gap == pytest.approx(0.0, abs=1e-5)
    np.testing.assert_allclose(evidence.map, expected * (1.4 / 1.5), atol=1e-5)


def test_deeplift_knows_the_relu_that_ends_at_six() -> None:
    """Captum has no rule for it and passes its gradient on, which is 0 beyond six."""
    network = nn.Sequential(nn.Flatten(), nn.ReLU6(), nn.Linear(4, 1, bias=False))
    with torch.no_grad():
        network[2].weight.fill_(1.0)
    image = torch.tensor([[[[0.0, 3.0], [9.0, 12.0]]]])
    evidence = ask("deeplift", network, image, class_logit(0), baseline="black")
    np.testing.assert_allclose(evidence.map, [[0.0, 3.0], [6.0, 6.0]], atol=1e-5)
    assert evidence.gap == pytest.approx(0.0, abs=1e-6)


class Hidden(nn.Module):
    """Calls a ReLU that no hook can see."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.relu(images).sum(dim=(1, 2, 3))[:, None]


@pytest.mark.parametrize("method", ["deeplift", "guided-backprop"])
def test_a_relu_that_is_a_function_is_refused(method: str) -> None:
    with pytest.raises(PackageRefused, match="1 ReLUs as functions"):
        ask(method, Hidden(), torch.rand(1, 1, 8, 8), class_logit(0))


class TestEffort:
    @pytest.mark.parametrize("method", ["gradient-shap", "saliency", "occlusion", "own-map"])
    def test_stops_before_the_next_pass(self, method: str) -> None:
        calls = 0

        def stop() -> None:
            nonlocal calls
            calls += 1
            if calls == 2 or method == "own-map":
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            ask(method, BlobDetector(), image_with_blob(24, 32), class_logit(0), "activation",
                Effort(stop=stop))  # fmt: skip

    @pytest.mark.parametrize("method", ["integrated-gradients", "occlusion", "feature-ablation"])
    def test_keeps_to_its_budget(self, method: str) -> None:
        evidence = ask(method, BlobDetector(), image_with_blob(24, 32), class_logit(0), "",
                       Effort(budget=50))  # fmt: skip
        assert evidence.passes <= 50 + 2

    def test_refuses_a_budget_that_is_too_small(self) -> None:
        with pytest.raises(UsageError, match="budget of 2 passes is too small"):
            ask("gradient-shap", BlobDetector(), image_with_blob(24, 32), class_logit(0), "",
                Effort(budget=2))  # fmt: skip

    def test_the_seed_decides_the_map(self) -> None:
        def made(seed: int) -> np.ndarray:
            return ask("gradient-shap", BlobDetector(), image_with_blob(24, 32), class_logit(0), "",
                       Effort(seed=seed)).map  # fmt: skip

        np.testing.assert_array_equal(made(1), made(1))
        assert np.abs(made(1) - made(2)).max() > 0


class TestWords:
    def test_a_wish_is_read_and_written(self) -> None:
        text = "occlusion:cells=10:seed=3:budget=80:checks=all"
        assert wish(text).text == text
        assert wish("grad-cam").text == "grad-cam"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("gradcam", 'Did you mean "grad-cam"'),
            ("occlusion:cell=3", "it has: baseline, cells, window"),
            ("occlusion:cells=1", "at least 2"),
            ("integrated-gradients:baseline=white", "grey, black, blurred, normal"),
            ("occlusion:seed=x", "seed is a whole number"),
            ("occlusion:checks=some", '"quick" or "all"'),
        ],
    )
    def test_a_wrong_wish_is_a_sentence(self, text: str, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            wish(text)

    def test_parameters_are_checked_by_the_table(self) -> None:
        assert settings("occlusion", {"cells": "10"})["cells"] == 10


def test_rollout_of_a_transformer_is_its_attention() -> None:
    """Two blocks by hand: the flow is the product of the mixed attentions."""
    asked = question("ViT", 2)
    evidence = ask("attention-rollout", asked.model, asked.image, asked.score)
    blocks = asked.model.network.blocks
    for block in blocks:
        block.attn.save_attn = True
    asked.model(asked.image)
    flow = torch.eye(17)
    for block in blocks:
        flow = (0.5 * block.attn.att_mat[0].mean(dim=0) + 0.5 * torch.eye(17)) @ flow
    cells = flow[0, 1:].reshape(4, 4).detach().numpy()
    np.testing.assert_allclose(evidence.map[8::16, 8::16], cells, atol=2e-3)


def test_a_reused_activation_has_no_map_of_its_own() -> None:
    with pytest.raises(PackageRefused, match="runs 2 times"):
        ask("own-map", ReusedActivation(), image_with_blob(8, 8), class_logit(0), "activation")
