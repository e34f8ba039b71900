"""`medimg convert PATH -o FILE`: a series as NIfTI, NRRD, MetaImage, HDF5 or a new DICOM series."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.cli.answers import answer, counting, json_option, remark
from medimg.cli.choosing import choose
from medimg.reading import headers, read, scan
from medimg.values.errors import UsageError
from medimg.values.series import Scan, Series
from medimg.writing import WRITERS
from medimg.writing.converting import convert, writer_of
from medimg.writing.resampling import resampled
from medimg.writing.stack import Stack

#: What several numbers mean here.
_ONE_GRID = "N-M writes volumes of one grid into one file"
_SUFFIXES = " ".join(suffix for suffix in WRITERS if suffix)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a file or folder")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"{_SUFFIXES}; without a suffix a folder of DICOM files",
    )
    parser.add_argument(
        "--series",
        metavar="N",
        help="which series, counted as `medimg scan` lists them; N-M, N,M or all: volumes of one "
        "grid into one file",
    )
    parser.add_argument(
        "--identity",
        action="store_true",
        help="keep patient, study and headers in HDF5 (DICOM always keeps them; the other "
        "formats never do)",
    )
    parser.add_argument(
        "--resample",
        action="store_true",
        help="resample a tilted (gantry) or uneven stack to a regular grid with the same pixel "
        "spacing, by linear interpolation",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace FILE where it exists")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Convert one series, or the volumes of one."""
    writer_of(args.out)
    _refuse_taken(args.out, args.overwrite)
    found = scan(args.path, progress=counting("reading headers"))
    chosen = choose(found, args.series, args.path, _ONE_GRID)
    volumes = tuple(read(series, progress=counting("reading pixels")) for series in chosen)
    done: list[str] = []
    if args.resample:
        made = [resampled(volume) for volume in volumes]
        volumes, done = tuple(volume for volume, _ in made), [sentence for _, sentence in made]
    stack = Stack(volumes, headers(chosen[0]), args.identity)
    notes = convert(stack, args.out)
    told = list(dict.fromkeys([*_told(stack), *done, *_which(chosen, found), *notes]))
    series = stack.series
    if args.json:
        labels = [one.label for one in chosen]
        facts = {"series": series.id, "label": series.label, "volumes": labels}
        answer({**facts, "file": str(args.out), "notes": told})
        return 0
    for sentence in told:
        remark(sentence)
    many = f"{len(chosen)} volumes of " if len(chosen) > 1 else ""
    slices = f"{many}{len(series.frames)} slice" + "s" * (len(series.frames) != 1)
    print(f"{series.label} ({slices}) is written to {args.out}.")
    return 0


def _refuse_taken(out: Path, may_overwrite: bool) -> None:
    if out.is_dir():
        raise UsageError(f"The folder {out} exists. Choose a new one.")
    if out.exists() and not may_overwrite:
        raise UsageError(f"{out} exists. Choose another name, or use --overwrite.")


def _told(stack: Stack) -> list[str]:
    """What the readers said of the source."""
    return [problem.sentence for volume in stack.volumes for problem in volume.problems]


def _which(chosen: tuple[Series, ...], found: Scan) -> list[str]:
    """Say which of several volumes of a series was written, or in what order all were."""
    if len(chosen) > 1:
        order = "; ".join(f"{k} {series.label}" for k, series in enumerate(chosen, start=1))
        return [f"The volumes in the file are: {order}."]
    one = chosen[0]
    same = [k for k, series in enumerate(found.series, start=1) if _is_same(series, one)]
    if len(same) < 2:
        return []
    place = same.index(next(k for k, series in enumerate(found.series, 1) if series is one)) + 1
    numbers = ",".join(str(k) for k in same)
    return [
        f"{one.label} is one of {len(same)} volumes of its series (number {place}); "
        f"--series {numbers} writes all into one file where they share a grid."
    ]


def _is_same(series: Series, other: Series) -> bool:
    """Whether two stacks are of one series of the source."""
    if series.uid and other.uid:
        return series.uid == other.uid and series.patient == other.patient
    return series.frames[0].file == other.frames[0].file
