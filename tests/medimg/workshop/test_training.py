"""A training that was killed goes on to the very same weights, and trainings learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from medimg.inference.networks import LiteUNet
from medimg.values.errors import InputRefused
from medimg.workshop import training, training_state
from medimg.workshop.networks import NETWORKS, body_of
from medimg.workshop.recipe import Recipe
from tests.medimg.workshop import planted

ROWS = np.arange(8)


class Killed(BaseException):
    """Stands for a kill between two epochs."""


def fresh(recipe: Recipe) -> training_state.State:
    torch.manual_seed(0)
    model = LiteUNet(decoder=(16, 16, 8, 8))
    return training.start(recipe, model, body_of(model, NETWORKS["lite-unet"]))


def run(
    recipe: Recipe, file: Path, state: training_state.State, stop_after: int = 99
) -> training_state.State:
    def report(row: dict[str, float]) -> None:
        if row["epoch"] >= stop_after:
            raise Killed

    training.train(state, recipe, planted.samples(), ROWS, 0, file, None, report)
    return state


def test_a_killed_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe = planted.recipe()
    whole = run(recipe, tmp_path / "whole.ckpt", fresh(recipe))
    with pytest.raises(Killed):
        run(recipe, tmp_path / "cut.ckpt", fresh(recipe), stop_after=1)
    again = fresh(recipe)
    training_state.resume(again, recipe, tmp_path / "cut.ckpt")
    assert again.epoch == 1
    run(recipe, tmp_path / "cut.ckpt", again)
    for network in ("model", "average"):
        expected = getattr(whole, network).state_dict()
        for name, value in getattr(again, network).state_dict().items():
            assert torch.equal(value, expected[name]), name
    assert [row["loss"] for row in again.curve] == [row["loss"] for row in whole.curve]


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    recipe = planted.recipe(epochs=1)
    run(recipe, tmp_path / "a.ckpt", fresh(recipe))
    other = planted.recipe(epochs=2)
    with pytest.raises(InputRefused, match="other settings"):
        training_state.resume(fresh(other), other, tmp_path / "a.ckpt")


def test_a_training_learns_and_leaves_the_frozen_stages(tmp_path: Path) -> None:
    recipe = planted.recipe(epochs=6)
    before = fresh(recipe).model.state_dict()
    state = run(recipe, tmp_path / "a.ckpt", fresh(recipe))
    losses = [row["loss"] for row in state.curve]
    assert losses[-1] < 0.9 * losses[0]
    after = state.model.state_dict()
    frozen = [
        n for n in after if n.startswith(("encoder.stem", "encoder.stages.0", "encoder.stages.1"))
    ]
    assert frozen
    assert all(torch.equal(after[name], before[name]) for name in frozen)
    assert not torch.equal(after["to_logits.weight"], before["to_logits.weight"])


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    recipe = planted.recipe(epochs=1)
    run(recipe, tmp_path / "a.ckpt", fresh(recipe))
    assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]
