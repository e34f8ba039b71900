"""`python -m tests.bench AREA`: speed beside other programs, every answer compared first."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from medimg.cli.answers import answer, json_option, remark
from tests.bench import AREAS
from tests.bench.measure import ENOUGH, Race, lines, plain
from tests.bench.measure import run as measured
from tests.bench.sizes import Sizes


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    areas = "; ".join(f"{area}: {text}" for area, (_, text) in AREAS.items())
    parser.add_argument("area", choices=list(AREAS), metavar="AREA", help=areas)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="5 at first")
    sizes = Sizes()
    parser.add_argument("--slices", type=int, default=sizes.slices, metavar="N", help="of a stack")
    parser.add_argument("--files", type=int, default=sizes.files, metavar="N", help="of a folder")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Measure one area and print a table a race."""
    races = import_module(AREAS[args.area][0]).races
    tables = []
    with tempfile.TemporaryDirectory(prefix="medimg-bench-") as root:
        race: Race
        for race in races(Path(root), Sizes(args.slices, args.files)):
            rows = measured(race, args.rounds)
            tables.append(plain(race, rows))
            if not args.json:
                print("\n".join(lines(race, rows)), end="\n\n", flush=True)
    if args.json:
        answer({"area": args.area, "races": tables})
    else:
        remark("Ratios are times of the first row over the row's own, in the same round.")
        if args.rounds < ENOUGH:
            remark(f"* Fewer than {ENOUGH} rounds: an impression. Add --rounds {ENOUGH}.")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Parse the words of the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments(parser)
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
