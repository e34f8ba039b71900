"""`medimg batch DIR --out DIR`: a folder of cases, one analysis each; begin again to go on."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from medimg.batch.folder import INDEX, TABLE, Batch, Step
from medimg.batch.folder import run as run_batch
from medimg.batch.workers import State
from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.cli.run_options import request_of, run_options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of this verb."""
    parser.add_argument("path", type=Path, nargs="+", help="file or folder")
    run_options(parser, "json,png,pdf")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run, write the overviews, and return 0 if any case is done; Ctrl-C keeps what is done."""
    batch = run_batch(args.path, args.out, request_of(args), _draw)
    show_progress(1.0, "Done")
    if args.json:
        answer(_whole(batch))
    else:
        _tell(batch)
    return 0 if batch.count(State.DONE) else 1


def _draw(step: Step) -> None:
    where = f"{step.done + 1} of {step.total}  {step.case}: " if step.total else ""
    fraction = None if step.fraction is None else min(step.fraction, 0.999)
    show_progress(fraction, where + step.stage, step.left_s)


def _tell(batch: Batch) -> None:
    for case in batch.cases:
        words = ", ".join(case.findings) or case.reason
        print(f"{case.state:8} {case.case}  {case.package}  {words}".rstrip())
    for problem in batch.problems:
        remark(problem)
    earlier = f", {batch.resumed} of them earlier" if batch.resumed else ""
    print(
        f"{batch.count(State.DONE)} done{earlier}, {batch.count(State.REFUSED)} refused, "
        f"{batch.count(State.FAILED)} failed: {batch.out / INDEX}"
    )


def _whole(batch: Batch) -> dict[str, object]:
    return {
        "cases": msgspec.to_builtins(batch.cases),
        "done": batch.count(State.DONE),
        "refused": batch.count(State.REFUSED),
        "failed": batch.count(State.FAILED),
        "resumed": batch.resumed,
        "problems": batch.problems,
        "table": batch.out / TABLE,
        "index": batch.out / INDEX,
    }
