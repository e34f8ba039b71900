"""What every training shares: state, rate, average of the weights, and its checkpoint."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from torch import nn

from medimg.values.errors import InputRefused


@dataclass
class State:
    """Everything a training needs to go on."""

    model: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)


def fingerprint(recipe: msgspec.Struct) -> str:
    """One line that changes with any setting: a checkpoint goes on with its own recipe only."""
    return json.dumps(msgspec.to_builtins(recipe), sort_keys=True)


def rate(warmup: float, done: float) -> float:
    """Part of the full rate at a share of the training: linear warm-up, then a cosine to zero."""
    if done < warmup:
        return (done + 1e-3) / warmup
    return 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move an average of the weights (EMA) towards the newest ones."""
    new = model.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(new[name], 1 - decay)
        else:
            value.copy_(new[name])


def save(state: State, recipe: msgspec.Struct, path: Path) -> None:
    """Write a checkpoint whole: to a temporary name, flushed, renamed."""
    content = {
        "recipe": fingerprint(recipe),
        "epoch": state.epoch,
        "model": state.model.state_dict(),
        "average": state.average.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "curve": state.curve,
    }
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def resume(state: State, recipe: msgspec.Struct, path: Path) -> None:
    """Go on from a checkpoint.

    Raises:
        InputRefused: The checkpoint belongs to another recipe.
    """
    content = torch.load(path, weights_only=True)
    if content["recipe"] != fingerprint(recipe):
        raise InputRefused(
            f"{path} was made with other settings. Use another --out folder, or remove it."
        )
    state.model.load_state_dict(content["model"])
    state.average.load_state_dict(content["average"])
    state.optimiser.load_state_dict(content["optimiser"])
    state.epoch, state.curve = content["epoch"], content["curve"]
