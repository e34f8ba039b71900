"""Score the network of one fold on the people it never saw, and keep every click's row.

`python -m medimg.workshop.outline.evaluating RECIPE --data DIR --fold K --out DIR`
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from medimg.inference.outlining.network import OutlineNet
from medimg.workshop import folds
from medimg.workshop.outline import nodules, scoring
from medimg.workshop.outline.recipe import load
from medimg.workshop.runs import name_of

#: Clicks beside a nodule in each fold; five folds make 500.
BESIDE = 100


def evaluate(recipe_file: Path, data: Path, fold: int, out: Path, every: int = 1) -> Path:
    """Score one fold and write its rows.

    Args:
        out: Folder that holds `fold<k>.safetensors`; gets `rows-fold<k>.json`.
        every: Take every n-th nodule, for a quick look.
    """
    recipe = load(recipe_file)
    everyone = nodules.read_all(data / recipe.data.folder)
    place = folds.read(recipe_file.parent / "folds.csv")
    left_out = [at for at, nodule in enumerate(everyone) if place[nodule.patient] == fold][::every]
    model = OutlineNet()
    model.load_state_dict(load_file(out / f"{name_of(fold)}.safetensors"))
    network = scoring.network_of(model, bfloat16=True)
    rows = {
        "clicks": list(scoring.score_nodules(everyone, left_out, network)),
        "beside": list(scoring.score_beside(everyone, left_out, network, BESIDE)),
        "bright": list(scoring.score_beside(everyone, left_out, network, BESIDE, bright=True)),
        "readers": [
            {"nodule": everyone[at].name, "patient": everyone[at].patient, "dice": figure}
            for at in left_out
            for figure in scoring.one_against_others(everyone[at])
        ],
    }
    file = out / f"rows-{name_of(fold)}.json"
    file.write_text(json.dumps(rows))
    return file


def main() -> None:
    """Score one fold from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.monotonic()
    file = evaluate(given.recipe, given.data, given.fold, given.out, given.every)
    print(f"{file}: {time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
