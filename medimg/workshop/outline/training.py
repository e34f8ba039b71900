"""The training loop of the outline network: resumable to the same result after a kill."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from medimg.inference.outlining.network import OutlineNet
from medimg.workshop.outline.batches import Batch, assemble
from medimg.workshop.outline.drawing import draw_sample, weights_of
from medimg.workshop.outline.nodules import Nodule
from medimg.workshop.outline.recipe import Recipe
from medimg.workshop.sampling import seed_of
from medimg.workshop.training_state import State, follow, rate, save

MAX_GRADIENT = 1.0
BETAS = (0.9, 0.99)
# Pixels: how small a target still counts as one in the sample's own Dice.
SMOOTH = 4.0
Report = Callable[[dict[str, float]], None]


def start(recipe: Recipe, fold: int) -> State:
    """Set up a fresh training."""
    torch.manual_seed(seed_of(recipe.seed, fold))
    model: nn.Module = OutlineNet()
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = [
        {"params": [p for p in model.parameters() if (p.ndim > 1) is decays], "weight_decay": decay}
        for decays, decay in ((True, recipe.schedule.weight_decay), (False, 0.0))
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.schedule.rate, betas=BETAS)
    return State(model, copy.deepcopy(model), optimiser)


def loss_of(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy, Dice of each sample and Dice of the batch (Milletari 2016), where known.

    The target is the share of the readers who drew a pixel. The sample's own Dice makes small
    nodules and empty targets count; the batch's steadies it.
    """
    known = batch.known
    target = batch.target * known
    entropy = functional.binary_cross_entropy_with_logits(logits, batch.target, weight=known)
    probability = torch.sigmoid(logits) * known
    shared = (probability * target).sum(dim=(1, 2, 3))
    both = (probability.square() + target.square()).sum(dim=(1, 2, 3))
    each = 1 - (2 * shared + SMOOTH) / (both + SMOOTH)
    together = 1 - (2 * shared.sum() + 1) / (both.sum() + 1)
    loss: Tensor = 4 * entropy + 0.5 * each.mean() + 0.5 * together
    return loss


def _step(state: State, recipe: Recipe, batch: Batch, step: int) -> float:
    schedule = recipe.schedule
    for group in state.optimiser.param_groups:
        group["lr"] = schedule.rate * rate(
            schedule.warmup, step / (schedule.epochs * schedule.steps)
        )
    inputs = batch.inputs.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        logits = state.model(inputs)
    loss = loss_of(logits.float(), batch)
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(state.model.parameters(), MAX_GRADIENT)
    state.optimiser.step()
    follow(state.average, state.model, min(schedule.ema, (1 + step) / (10 + step)))
    return float(loss.detach())


def train(
    state: State,
    recipe: Recipe,
    nodules: Sequence[Nodule],
    fold: int,
    checkpoint: Path,
    report: Report,
) -> None:
    """Run the epochs that are left, with a whole checkpoint after each.

    Every batch has its own seed, so that a training that goes on ends as one that ran through.

    Args:
        state: From `start`, perhaps `resume`d.
        recipe: The settings.
        nodules: What is trained on.
        fold: Fold left out; part of every seed.
        checkpoint: File to write after each epoch.
        report: Told each epoch's row of the curve.
    """
    weights = weights_of(nodules, recipe.draw)
    while state.epoch < recipe.schedule.epochs:
        begun = time.process_time()
        state.model.train()
        losses = []
        first = state.epoch * recipe.schedule.steps
        for step in range(first, first + recipe.schedule.steps):
            generator = np.random.default_rng(seed_of(recipe.seed, fold, step))
            drawn = generator.choice(len(nodules), recipe.schedule.batch_size, p=weights)
            samples = [draw_sample(nodules[row], recipe.draw, generator) for row in drawn]
            losses.append(_step(state, recipe, assemble(samples, recipe.change, generator), step))
        state.epoch += 1
        row = {"fold": float(fold), "epoch": float(state.epoch), "loss": float(np.mean(losses))}
        state.curve.append(row)
        save(state, recipe, checkpoint)
        report({**row, "processor_s": time.process_time() - begun})
    state.average.eval()
