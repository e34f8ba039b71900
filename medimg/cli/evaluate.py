"""`medimg evaluate`: score a folder of labelled cases with a package."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.values.errors import UsageError

if TYPE_CHECKING:
    from medimg.packages.manifest import Figure
    from medimg.workshop.evaluation import Evaluation


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--package", required=True, help="id of the package")
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled cases")
    parser.add_argument("--threads", type=int, default=0, help="processor threads")
    json_option(parser)


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {
        name: {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
        for name, one in figures.items()
    }


def _table(result: Evaluation) -> str:
    lines = [f"{result.package.name} on {result.folder}: {result.n_cases} cases"]
    for name, one in {**result.metrics, **result.groups}.items():
        lines.append(f"  {name:<28} {one.value:.3f}  [{one.low:.3f}, {one.high:.3f}]  n {one.n}")
    lines += [f"  not scored: {case}: {sentence}" for case, sentence in result.problems]
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """Score the folder and print the figures."""
    if not args.data.is_dir():
        raise UsageError(f"{args.data} is not a folder.")
    from medimg.packages.catalogue import find

    package = find(args.package)
    from medimg.workshop import threads

    threads.share(args.threads)
    from medimg.workshop.evaluation import evaluate

    remark(f"Scoring {args.data.name} with {package.name}.")
    result = evaluate(package, args.data, lambda done, of: show_progress(done / of, "scoring"))
    if not args.json:
        print(_table(result))
        return 0
    answer(
        {
            "package": package.name,
            "data": str(args.data),
            "layout": result.layout,
            "cases": result.n_cases,
            "patients": result.n_patients,
            "metrics": _plain(result.metrics),
            "subgroups": _plain(result.groups),
            "problems": [{"case": case, "sentence": text} for case, text in result.problems],
        }
    )
    return 0
