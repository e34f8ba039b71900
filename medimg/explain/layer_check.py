"""Refuse a layer that cannot be explained, before a wrong map is drawn."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from medimg.values.errors import PackageRefused

#: Layers that were proven, by network: the proof costs a forward pass and holds for every image.
_proven: WeakKeyDictionary[nn.Module, dict[str, nn.Module]] = WeakKeyDictionary()


def layer_of(model: nn.Module, name: str, image: Tensor) -> nn.Module:
    """Return the layer `name` of `model`, once it is proven that a map of it can be right.

    Hooks see what a layer gives, gradients flow to what is there in the end. Where the layer runs
    twice, or a later activation changes its output in place, the two need not be the same tensor,
    and the map is wrong without any error (captum issues 199, 578, 1082). Captum 0.9 copies what
    may be changed in place; that stays refused, for the next method need not.

    Args:
        model: The network, in evaluation mode.
        name: Dotted name of the layer, as the manifest gives it.
        image: (1, channels, …), run through once, the first time.

    Raises:
        PackageRefused: There is no such layer, it does not run exactly once, its output is
            changed in place, or it has no rows and columns.
    """
    proven = _proven.setdefault(model, {})
    if name not in proven:
        proven[name] = _proof(model, name, image)
    return proven[name]


def _proof(model: nn.Module, name: str, image: Tensor) -> nn.Module:
    try:
        layer = model.get_submodule(name)
    except AttributeError as error:
        raise PackageRefused(
            f"The model has no layer {name!r}; its maps cannot be made. Name one of its layers "
            "under [[maps]] in package.toml."
        ) from error
    outputs = _outputs(model, layer, image)
    if len(outputs) != 1:
        raise PackageRefused(
            f"Layer {name!r} runs {len(outputs)} times for one image, a map needs exactly once. "
            "Give each use a module of its own."
        )
    output, version = outputs[0]
    if output._version != version:
        raise PackageRefused(
            f"What layer {name!r} gives is changed in place by a later one; its map would be "
            "wrong without notice. Build the network without in-place activations."
        )
    if output.ndim != image.ndim:
        raise PackageRefused(
            f"Layer {name!r} gives {output.ndim} axes, a map needs {image.ndim} (image, channel "
            "and those of the image). Name an earlier layer under [[maps]] in package.toml."
        )
    return layer


def _outputs(model: nn.Module, layer: nn.Module, image: Tensor) -> list[tuple[Tensor, int]]:
    """What the layer gave in one run, each with its version: autograd counts changes in place."""
    outputs: list[tuple[Tensor, int]] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        outputs.append((output, output._version))

    handle = layer.register_forward_hook(keep)
    try:
        # Not inference_mode: its tensors count no versions.
        with torch.inference_mode(False), torch.no_grad():
            model(image.detach().clone())
    finally:
        handle.remove()
    return outputs
