"""Run a recipe: deal the folds, train one of them or the final network, keep the weights.

`python -m medimg.workshop.outline.runs RECIPE --data DIR --fold K --out DIR`
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from medimg.workshop import folds, training_state
from medimg.workshop.outline import nodules, training
from medimg.workshop.outline.nodules import Nodule
from medimg.workshop.outline.recipe import Recipe, load
from medimg.workshop.runs import FINAL, FINAL_SEED, name_of


def deal(all_nodules: Sequence[Nodule], count: int, seed: int) -> dict[str, int]:
    """Deal patients into folds, alike in the size of their largest nodule."""
    largest: dict[str, float] = {}
    for nodule in all_nodules:
        size = float(nodule.row["diameter_mm"])
        largest[nodule.patient] = max(size, largest.get(nodule.patient, 0.0))
    patients = sorted(largest)
    chance = np.random.default_rng(seed).permutation(len(patients))
    order = sorted(range(len(patients)), key=lambda i: (round(largest[patients[i]]), chance[i]))
    return {patients[i]: place % count for place, i in enumerate(order)}


def fold_of(recipe: Recipe, recipe_file: Path, all_nodules: Sequence[Nodule]) -> dict[str, int]:
    """Fold by patient; dealt and written beside the recipe at the first run."""
    file = recipe_file.parent / "folds.csv"
    if not file.is_file():
        folds.write(deal(all_nodules, recipe.data.folds, recipe.seed), file)
    return folds.read(file)


def _announce(row: dict[str, float]) -> None:
    print(
        "  ".join(f"{key} {value:.4g}" for key, value in row.items()), file=sys.stderr, flush=True
    )


def run(recipe_file: Path, data: Path, fold: int, out: Path) -> nn.Module:
    """Train with one fold left out, or on everything with `FINAL`; goes on from a checkpoint.

    Returns:
        The averaged network; also written as `fold<k>.safetensors` or `final.safetensors`.
    """
    recipe = load(recipe_file)
    everyone = nodules.read_all(data / recipe.data.folder)
    place = fold_of(recipe, recipe_file, everyone)
    shown = [nodule for nodule in everyone if place[nodule.patient] != fold]
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"{name_of(fold)}.ckpt"
    number = FINAL_SEED if fold == FINAL else fold
    state = training.start(recipe, number)
    if checkpoint.is_file():
        training_state.resume(state, recipe, checkpoint)
    training.train(state, recipe, shown, number, checkpoint, _announce)
    weights = {key: value.contiguous() for key, value in state.average.state_dict().items()}
    save_file(weights, out / f"{name_of(fold)}.safetensors")
    (out / f"{name_of(fold)}.json").write_text(json.dumps(state.curve))
    return state.average


def main() -> None:
    """Train one fold from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fold", type=int, default=FINAL, help="fold left out; -1: the final one")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    run(given.recipe, given.data, given.fold, given.out)


if __name__ == "__main__":
    main()
