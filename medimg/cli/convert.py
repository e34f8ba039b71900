"""`medimg convert PATH -o FILE`: one series as NIfTI, NRRD or MetaImage."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.cli.answers import answer, counting, json_option, remark
from medimg.cli.scan import nothing
from medimg.reading import read, scan
from medimg.reading.converting import WRITERS, convert, writer_of
from medimg.values.errors import NothingRead, UsageError
from medimg.values.series import Scan, Series


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a file or folder")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help=" ".join(WRITERS)
    )
    parser.add_argument(
        "--series", type=int, metavar="N", help="which series, counted as `medimg scan` lists them"
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Convert one series."""
    writer_of(args.out)
    series = choose(scan(args.path, progress=counting("reading headers")), args.series, args.path)
    volume = read(series, progress=counting("reading pixels"))
    notes = convert(volume, args.out)
    told = [problem.sentence for problem in volume.problems] + list(notes)
    if args.json:
        answer({"series": series.id, "label": series.label, "file": str(args.out), "notes": told})
        return 0
    for sentence in told:
        remark(sentence)
    print(f"{series.label} ({len(volume.series.frames)} slices) is written to {args.out}.")
    return 0


def choose(found: Scan, number: int | None, path: Path) -> Series:
    """Take the series that was asked for, or the only one.

    Raises:
        NothingRead: There is none.
        UsageError: There are several and none was named; all are listed.
    """
    if not found.series:
        raise NothingRead(nothing(found))
    if number is None and len(found.series) == 1:
        return found.series[0]
    if number is not None and 1 <= number <= len(found.series):
        return found.series[number - 1]
    listed = "; ".join(
        f"{place} {series.label} ({len(series.frames)})"
        for place, series in enumerate(found.series, start=1)
    )
    what = "several series" if number is None else f"no series {number}"
    raise UsageError(f"{path} holds {what}. Choose one by --series N: {listed}.")
