"""The training loop: resumable to the same result after a kill at any time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.workshop.augmentation import move, regrey
from medimg.workshop.losses import LOSSES, Batch
from medimg.workshop.recipe import Recipe, Schedule
from medimg.workshop.samples import Samples
from medimg.workshop.sampling import epoch_rows, seed_of
from medimg.workshop.training_state import State, follow, rate, save

MAX_GRADIENT = 1.0
# Adam's second beta: trainings of a few hundred steps need a shorter memory than the usual 0.999.
BETAS = (0.9, 0.99)
Validate = Callable[[nn.Module], dict[str, float]]
Report = Callable[[dict[str, float]], None]
Body = Sequence[tuple[str, nn.Module]]


def _optimiser(model: nn.Module, schedule: Schedule, body: Body) -> torch.optim.Optimizer:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    prefixes = tuple(f"{name}." for name, _ in body)
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        in_body = name.startswith(prefixes)
        rate = schedule.encoder_rate if in_body else schedule.decoder_rate
        decay = schedule.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": p, "lr": r, "full_rate": r, "weight_decay": d} for (r, d), p in groups.items()],
        betas=BETAS,
    )


def start(recipe: Recipe, model: nn.Module, body: Body = ()) -> State:
    """Set up a fresh training of a network that already holds its initial weights.

    Args:
        recipe: The settings.
        model: The network.
        body: Its parts from the input on. The first of them stay frozen where the recipe says
            so: general features, and the dearest gradients.
    """
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for _, part in body[: recipe.schedule.frozen]:
        part.requires_grad_(False)
    return State(model, copy.deepcopy(model), _optimiser(model, recipe.schedule, body))


def batch_of(samples: Samples, rows: NDArray[np.int64], recipe: Recipe, seed: int) -> Batch:
    """Take samples and change them at random, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    at = torch.from_numpy(rows)
    images = samples.stacked(rows, recipe.data.neighbours).float() / 255
    masks = samples.masks[at].float() / 255
    images, masks = move(images, masks, recipe.augment, generator)
    images = regrey(images, recipe.augment, generator)
    images = images.to(memory_format=torch.channels_last)
    return Batch(images, masks, samples.classes[at], samples.targets[at])


def _step(state: State, recipe: Recipe, batch: Batch, done: float, steps: int) -> float:
    factor = rate(recipe.schedule.warmup, done)
    for group in state.optimiser.param_groups:
        group["lr"] = group["full_rate"] * factor
    loss: Tensor = LOSSES[recipe.loss](state.model, batch)
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(state.model.parameters(), MAX_GRADIENT)
    state.optimiser.step()
    # A young average forgets its start faster, else short trainings would ship half their initial
    # weights.
    follow(state.average, state.model, min(recipe.schedule.ema, (1 + steps) / (10 + steps)))
    return float(loss.detach())


def _epoch(
    state: State, recipe: Recipe, samples: Samples, rows: NDArray[np.int64], fold: int
) -> float:
    state.model.train()
    drawn = epoch_rows(recipe, samples, rows, seed_of(recipe.seed, fold, state.epoch))
    size = recipe.schedule.batch_size
    steps = len(drawn) // size
    losses = []
    for step in range(steps):
        seed = seed_of(recipe.seed, fold, state.epoch, step)
        torch.manual_seed(seed)
        batch = batch_of(samples, drawn[step * size : (step + 1) * size], recipe, seed)
        total = state.epoch * steps + step
        losses.append(_step(state, recipe, batch, total / (recipe.schedule.epochs * steps), total))
    return float(np.mean(losses))


def train(
    state: State,
    recipe: Recipe,
    samples: Samples,
    rows: NDArray[np.int64],
    fold: int,
    checkpoint: Path,
    validate: Validate | None,
    report: Report,
) -> None:
    """Run the epochs that are left, with a whole checkpoint after each.

    Args:
        state: From `start`, perhaps `resume`d.
        recipe: The settings.
        samples: All samples.
        rows: Indices to train on.
        fold: Fold left out; part of every seed.
        checkpoint: File to write after each epoch.
        validate: Figures of the averaged weights on what was left out.
        report: Told each epoch's row of the curve.
    """
    last = recipe.schedule.epochs
    while state.epoch < last:
        begun = time.monotonic()
        row = {"fold": float(fold), "epoch": float(state.epoch + 1)}
        row["loss"] = _epoch(state, recipe, samples, rows, fold)
        state.epoch += 1
        due = state.epoch % recipe.schedule.validate_every == 0 or state.epoch == last
        if validate and due:
            row |= validate(state.average.eval())
        state.curve.append(row)
        save(state, recipe, checkpoint)
        report({**row, "seconds": time.monotonic() - begun})
