"""Every network of the table keeps the same promises, whatever it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from medimg.inference import boxes
from medimg.inference.configuration import build
from medimg.values.errors import InputRefused
from medimg.workshop.losses import detection
from medimg.workshop.networks import NETWORKS, Network, body_of, row_of, state_of

SIDE, CHANNELS = 64, 3


@pytest.fixture(scope="module", params=NETWORKS)
def name(request: pytest.FixtureRequest) -> str:
    """One network after the other, so that each is built once for all tests."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def model(name: str) -> nn.Module:
    torch.manual_seed(0)
    found: nn.Module = build(definition(name))
    return found


def definition(name: str) -> dict[str, object]:
    """As the table says; the 4096 channels of the oldest networks' linear layers cut to 64."""
    found = NETWORKS[name].definition(CHANNELS, 2, SIDE)
    wide = found["_target_"].rpartition(".")[2] in ("AlexNet", "VGG")
    return {**found, "width": 64} if wide else found


def planted() -> tuple[Tensor, Tensor]:
    """Four images; the even ones have a bright square, which is also their mask."""
    images = 0.2 * torch.rand(4, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    masks = torch.zeros(4, 1, SIDE, SIDE)
    for index in (0, 2):
        masks[index, :, 16:44, 20:48] = 1
    return images + 0.7 * masks, masks


def loss_of(network: Network, model: nn.Module) -> Tensor:
    # The same dropout every time.
    torch.manual_seed(3)
    images, masks = planted()
    out = model(images)
    if network.task == "segment":
        return functional.binary_cross_entropy_with_logits(out[:, :1], masks)
    if network.task == "detect":
        square = np.asarray([[20, 16, 48, 44]], np.float32)
        none = np.zeros((0, 4), np.float32)
        kinds = np.zeros(1, np.int64)
        cells = [
            boxes.encode(each, kinds[: len(each)], (SIDE, SIDE), 2)
            for each in (square, none, square, none)
        ]
        return detection(out, torch.from_numpy(np.stack(cells)))
    truth = torch.tensor([0, 1, 0, 1])
    if out.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(out[:, 0], 1.0 - truth)
    return functional.cross_entropy(out, truth)


def test_a_step_lowers_the_loss(name: str, model: nn.Module) -> None:
    network = NETWORKS[name]
    model.train()
    before = loss_of(network, model)
    before.backward()
    # The derivative is exact, so a small enough step downhill must go down; three sizes are tried,
    # since deep networks with batch norms curve strongly.
    start = {key: value.detach().clone() for key, value in model.state_dict().items()}
    steepness = torch.sqrt(sum((p.grad**2).sum() for p in model.parameters() if p.grad is not None))
    for length in (1e-2, 1e-3, 1e-4):
        model.load_state_dict(start)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter -= length * parameter.grad / steepness
            if float(loss_of(network, model)) < before.item():
                return
    pytest.fail(f"the loss stays at {before.item()}")


def test_saved_weights_come_back_equal(name: str, model: nn.Module, tmp_path: Path) -> None:
    images, _ = planted()
    model.eval()
    save_file(state_of(model), tmp_path / "a.safetensors")
    other: nn.Module = build(definition(name))
    other.load_state_dict(load_file(tmp_path / "a.safetensors"))
    with torch.inference_mode():
        assert torch.equal(other.eval()(images), model(images))


def test_the_layer_of_the_map_is_an_image(name: str, model: nn.Module) -> None:
    seen: list[Tensor] = []
    layer = model.eval().get_submodule(NETWORKS[name].layer)
    hook = layer.register_forward_hook(lambda _, __, out: seen.append(out))
    with torch.inference_mode():
        model(planted()[0])
    hook.remove()
    assert seen[0].ndim == 4
    assert min(seen[0].shape[2:]) >= 2


def test_the_body_is_made_of_parts_with_weights(name: str, model: nn.Module) -> None:
    network = NETWORKS[name]
    named = dict(model.named_parameters())
    for part, _ in body_of(model, network):
        assert any(key.startswith(f"{part}.") for key in named), part
    assert row_of(definition(name)) is network


def test_a_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputRefused, match="multiple of 32"):
        NETWORKS["efficientnet-lite0"].definition(1, 2, 100)


def test_boxes_survive_the_cells_of_a_detector() -> None:
    given = np.asarray([[4, 6, 30, 40], [36, 36, 62, 60]], np.float32)
    cells = boxes.encode(given, np.asarray([0, 1]), (SIDE, SIDE), 2)
    cells[0] = np.where(cells[0] > 0, 9, -9)
    cells[5:] = np.where(cells[5:] > 0, 9, -9)
    found, score, kinds = boxes.decode(cells)
    kept = [index for index in boxes.suppress(found, score) if score[index] > 0.5]
    order = np.argsort(kinds[kept])
    assert np.allclose(found[kept][order], given, atol=1e-3)


def test_a_worse_box_over_a_better_one_is_suppressed() -> None:
    near = np.asarray([[0, 0, 10, 10], [1, 1, 10, 10], [30, 30, 40, 40]], np.float32)
    kept = boxes.suppress(near, np.asarray([0.6, 0.9, 0.3], np.float32))
    assert kept.tolist() == [1, 2]
