"""`medimg replay RECORD`: run a record again and say what differs."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.batch.replaying import replay
from medimg.cli.answers import answer, json_option, remark, show_progress


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of this verb."""
    parser.add_argument("record", type=Path, metavar="RECORD", help="an analysis.h5")
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=(),
        metavar="PATH",
        help="where the images lie now",
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run the record again; 0 where everything is equal, 1 where something differs."""
    done = replay(args.record, args.images, lambda now: show_progress(now.fraction, now.stage))
    show_progress(1.0, "Done")
    if args.json:
        rows = {"differences": done.differences, "circumstances": done.circumstances}
        answer({"package": f"{done.record.package.id}@{done.record.package.version}", **rows})
    else:
        for sentence in done.circumstances:
            remark(sentence)
        for sentence in done.differences:
            print(sentence)
        if not done.differences:
            print("Everything is equal: verdict, findings, regions, measures and maps.")
    return 1 if done.differences else 0
