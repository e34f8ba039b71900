"""`medimg data check`: look through a folder of labelled cases before anything is trained on it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from medimg.cli.answers import answer, json_option, show_progress
from medimg.values.errors import UsageError

if TYPE_CHECKING:
    from medimg.packages.manifest import Figure
    from medimg.workshop.checking import Check


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("action", choices=("check",), help="what to do")
    parser.add_argument("folder", type=Path, help="folder of labelled cases")
    parser.add_argument("--folds", type=int, default=5, help="folds where it brings no split")
    parser.add_argument("--target", default="", help="a column of 0 and 1 in the label's place")
    parser.add_argument("--group", default="", help="a column in the patient's place")
    json_option(parser)


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {
        name: {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
        for name, one in figures.items()
    }


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name or 'no label'} {count}" for name, count in counts.items())


def _table(folder: Path, found: Check) -> str:
    lines = [
        f"{folder.name}: {found.layout}, {found.cases} cases of {found.patients} patients, "
        f"{found.images} images",
        f"  labels: {_counts(found.labels)}",
        f"  split: {_counts(found.split)}",
    ]
    for label, factors in found.shortcuts.items():
        lines.append(f'  AUC for "{label}" of what is no anatomy:')
        for name, one in factors.items():
            lines.append(f"    {name:<24} {one.value:.3f}  [{one.low:.3f}, {one.high:.3f}]")
    lines += [f"  warning: {sentence}" for sentence in found.warnings]
    lines += [f"  refused: {sentence}" for sentence in found.refusals]
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """Check the folder; 1 where its split must not be used."""
    if not args.folder.is_dir():
        raise UsageError(f"{args.folder} is not a folder.")
    if args.folds < 2:
        raise UsageError("--folds is at least 2.")
    from medimg.workshop.checking import check

    found = check(
        args.folder,
        args.folds,
        args.target,
        args.group,
        lambda done, of: show_progress(done / of, "reading"),
    )
    if args.json:
        answer(
            {
                "data": str(args.folder),
                "layout": found.layout,
                "cases": found.cases,
                "images": found.images,
                "patients": found.patients,
                "labels": found.labels,
                "split": found.split,
                "warnings": list(found.warnings),
                "refusals": list(found.refusals),
                "shortcuts": {label: _plain(each) for label, each in found.shortcuts.items()},
            }
        )
    else:
        print(_table(args.folder, found))
    return 1 if found.refusals else 0
