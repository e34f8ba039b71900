"""Run a recipe: prepare its data, train one fold or the final network, keep what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from medimg.inference.configuration import build, read_file
from medimg.packages.manifest import INFERENCE
from medimg.values.errors import InputRefused
from medimg.workshop import facts, folds, initial, kept, layouts, networks, training, training_state
from medimg.workshop.layouts.case import Case
from medimg.workshop.recipe import Recipe, load
from medimg.workshop.samples import Samples, prepare
from medimg.workshop.tasks import Task, task_of

FINAL = -1
# Stands for the fold in the seeds of the final training.
FINAL_SEED = 999


def name_of(fold: int) -> str:
    """File name of one training, without suffix."""
    return "final" if fold == FINAL else f"fold{fold}"


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A recipe with the package it trains and the data it trains on."""

    recipe: Recipe
    package: Path
    samples: Samples
    fold_of: dict[str, int]

    @property
    def task(self) -> Task:
        """The task of the recipe."""
        return task_of(self.recipe.task)

    @property
    def fold_numbers(self) -> NDArray[np.int64]:
        """Fold of each case."""
        return np.asarray([self.fold_of[case.patient] for case in self.samples.cases])

    def rows(self, fold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to train on and rows left out; the final training leaves nothing out."""
        left_out = self.fold_numbers[self.samples.case] == fold
        return np.flatnonzero(~left_out), np.flatnonzero(left_out)


def job(recipe_file: Path, data: Path, out: Path | None = None) -> Job:
    """Load a recipe's data and its folds; the folds are dealt and written at the first run.

    Args:
        recipe_file: `recipe.toml` in the folder of its package.
        data: Folder that holds the data sets.
        out: Where prepared samples are kept for the next run; None keeps nothing.
    """
    recipe = load(recipe_file)
    folder, images = data / recipe.data.folder, recipe.data.images
    listed = layouts.cases(folder, recipe.data.where, recipe.data.group)
    usable = task_of(recipe.task).usable
    cases = tuple(case for case in listed if usable(case, images))
    if not cases:
        raise InputRefused(f"{folder.name}: no case fits the recipe {recipe_file.name}.")
    file = recipe_file.parent / "folds.csv"
    if not file.is_file():
        folds.write(folds.deal(cases, recipe.data.folds, recipe.seed, images), file)
    package = recipe_file.parent
    return Job(recipe, package, _samples(recipe, package, cases, out), folds.read(file))


def _samples(recipe: Recipe, package: Path, cases: tuple[Case, ...], out: Path | None) -> Samples:
    key = kept.key(recipe, package, cases)
    found = kept.load(out / kept.FILE, key, cases) if out else None
    if found is None:
        draft = facts.draft(package, facts.load(package))
        found = prepare(cases, recipe.data.images, draft)
        if out:
            kept.save(found, out / kept.FILE, key)
    return found


def network(package: Path) -> nn.Module:
    """The package's network with the initial weights that the table of networks knows for it."""
    model: nn.Module = build(definition(package))
    row = networks.row_of(definition(package))
    model.load_state_dict(initial.fitting(model.state_dict(), row.weights if row else ""))
    return model


def definition(package: Path) -> dict[str, Any]:
    """The `network_def` of a package folder."""
    found: dict[str, Any] = read_file(package / INFERENCE)["network_def"]
    return found


def _announce(row: dict[str, float]) -> None:
    print(
        "  ".join(f"{key} {value:.4g}" for key, value in row.items()), file=sys.stderr, flush=True
    )


def run(
    work: Job, fold: int, out: Path, report: Callable[[dict[str, float]], None] = _announce
) -> nn.Module:
    """Train with one fold left out, or on everything with `FINAL`; goes on from a checkpoint in
    `out`.

    Returns:
        The averaged network; also written as `fold<k>.safetensors` or `final.safetensors`.
    """
    out.mkdir(parents=True, exist_ok=True)
    name = name_of(fold)
    torch.manual_seed(work.recipe.seed)
    model = network(work.package)
    body = networks.body_of(model, networks.row_of(definition(work.package)))
    state = training.start(work.recipe, model, body)
    checkpoint = out / f"{name}.ckpt"
    if checkpoint.is_file():
        training_state.resume(state, work.recipe, checkpoint)
    rows, left_out = work.rows(fold)

    def figures(model: nn.Module) -> dict[str, float]:
        return work.task.validate(model, work.samples, left_out, work.recipe)

    training.train(
        state,
        work.recipe,
        work.samples,
        rows,
        FINAL_SEED if fold == FINAL else fold,
        checkpoint,
        figures if left_out.size else None,
        report,
    )
    average = state.average.eval()
    save_file(networks.state_of(average), out / f"{name}.safetensors")
    (out / f"{name}.json").write_text(json.dumps(state.curve))
    return average
