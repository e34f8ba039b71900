"""`medimg train`: train a package by its recipe, then measure and pack it."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from medimg.cli.answers import answer, json_option, remark
from medimg.values.errors import UsageError

SHARED = Path("..") / "shared" / "data"
STEPS = ("train", "measure", "pack")
CARD = "card"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("recipe", help="a recipe.toml, or the id of a package that has one")
    parser.add_argument("--data", type=Path, help="folder that holds the data sets")
    parser.add_argument("--fold", default="all", help="a fold's number, all (default) or final")
    parser.add_argument("--out", type=Path, help="where checkpoints go (default: runs/ID)")
    parser.add_argument(
        "--threads", type=int, default=0, help="processor threads; 0 for torch's own choice"
    )
    parser.add_argument(
        "--only",
        choices=(*STEPS, CARD),
        help="one step only; measure and pack need finished trainings in --out, card writes the "
        "card of a packed package again",
    )
    json_option(parser)


def _recipe_file(name: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    from medimg.packages.catalogue import folders

    recipes = Path(str(files("medimg_resources"))) / "recipes"
    for root in (*(folder for _, folder in folders()), recipes):
        candidate = root / name / "recipe.toml"
        if candidate.is_file():
            return candidate
    raise UsageError(f'No recipe "{name}": neither a file nor a package with a recipe.toml.')


def data_root(chosen: Path | None) -> Path:
    """The folder of data sets: as given, or `../shared/data` where that exists.

    Raises:
        UsageError: Neither is there.
    """
    root = chosen or SHARED
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder. Give the folder of the data sets with --data.")
    return root


def _folds(word: str, count: int) -> list[int]:
    from medimg.workshop.runs import FINAL

    if word == "all":
        return [*range(count), FINAL]
    if word == "final":
        return [FINAL]
    if word.isdigit() and int(word) < count:
        return [int(word)]
    raise UsageError(f'"{word}" is not a fold. Give a number below {count}, all or final.')


def run(args: argparse.Namespace) -> int:
    """Train what is not trained yet, then measure and pack."""
    from medimg.workshop import threads

    threads.share(args.threads)
    from medimg.workshop import outcome, packing, recipe, runs

    file = _recipe_file(args.recipe)
    if args.only == CARD:
        package = packing.write_card(file.parent)
        return _done(args, package.id, [CARD], file.parent)
    out = args.out or Path("runs") / recipe.load(file).package
    work = runs.job(file, data_root(args.data), out)
    folds = _folds(args.fold, work.recipe.data.folds)
    steps = (args.only,) if args.only else STEPS if args.fold == "all" else ("train",)
    if "train" in steps:
        for fold in folds:
            remark(f"{work.recipe.package}, {runs.name_of(fold)}")
            runs.run(work, fold, out)
    if "measure" in steps:
        outcome.measure(work, out, data_root(args.data), remark)
    if "pack" in steps:
        packing.pack(work, out)
    return _done(args, work.recipe.package, list(steps), out)


def _done(args: argparse.Namespace, package: str, steps: list[str], out: Path) -> int:
    if args.json:
        answer({"package": package, "steps": steps, "out": str(out)})
    else:
        print(f"{package}: {', '.join(steps)} done, in {out}", file=sys.stdout)
    return 0
