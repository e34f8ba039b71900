"""Layers that would give a wrong map without notice are refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medimg.explain.layer_check import layer_of
from medimg.explain.targets import class_logit
from medimg.values.errors import PackageRefused
from tests.medimg.explain.tiny_models import (
    BlobDetector,
    ChangedInPlace,
    ReusedActivation,
    ask,
    image_with_blob,
)

IMAGE = image_with_blob(24, 32)


class TestLayerOf:
    def test_gives_a_sound_layer(self) -> None:
        model = BlobDetector()
        assert layer_of(model, "activation", IMAGE) is model.activation

    def test_refuses_a_layer_that_is_not_there(self) -> None:
        with pytest.raises(PackageRefused, match=r"no layer 'encoder\.head'"):
            layer_of(BlobDetector(), "encoder.head", IMAGE)

    def test_refuses_a_reused_activation(self) -> None:
        with pytest.raises(PackageRefused, match="runs 2 times"):
            layer_of(ReusedActivation(), "activation", IMAGE)

    def test_refuses_a_layer_that_never_runs(self) -> None:
        model = BlobDetector()
        model.add_module("spare", nn.ReLU())
        with pytest.raises(PackageRefused, match="runs 0 times"):
            layer_of(model, "spare", IMAGE)

    def test_refuses_a_layer_before_an_in_place_activation(self) -> None:
        model = BlobDetector()
        model.activation = nn.ReLU(inplace=True)
        with pytest.raises(PackageRefused, match="changed in place"):
            layer_of(model, "look", IMAGE)

    def test_refuses_a_change_in_place_that_is_no_module(self) -> None:
        with pytest.raises(PackageRefused, match="changed in place"):
            layer_of(ChangedInPlace(), "look", IMAGE)

    def test_refuses_a_layer_without_rows_and_columns(self) -> None:
        with pytest.raises(PackageRefused, match="2 axes"):
            layer_of(BlobDetector(), "decide", IMAGE)

    def test_leaves_no_hook_when_the_model_fails(self) -> None:
        model = BlobDetector()
        with pytest.raises(RuntimeError):
            layer_of(model, "look", torch.zeros(1, 3, 8, 8))
        assert not model.look._forward_hooks


def test_the_danger_is_real() -> None:
    """Unchecked, a reused activation gets the map of its last use only, and nothing is raised."""
    from captum.attr import LayerGradCam

    model = ReusedActivation()
    unchecked = LayerGradCam(model, model.activation).attribute(IMAGE.clone(), target=0)
    assert unchecked.shape[2:] == (52, 52)  # the second use; the first has 54 x 54 cells
    with pytest.raises(PackageRefused):
        ask("grad-cam", model, IMAGE, class_logit(0), "activation")
