"""`medimg deidentify IN OUT`: DICOM files without their patients (PS3.15 Annex E)."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.privacy.blackout import Rectangle
from medimg.privacy.devices import KNOWN, Devices, known, load
from medimg.privacy.folder import (
    Report,
    check_places,
    default_key,
    default_log,
    load_key,
)
from medimg.privacy.folder import run as deidentify
from medimg.privacy.instance import Request, State
from medimg.privacy.options import OPTIONS, Kept
from medimg.privacy.secret import Secret

#: As `medimg.cli.main` ends what Ctrl-C stopped.
CANCELLED = 130

_NOTE = """\
Pictures that may contain text in their pixels are held back: they are listed and not written, and
the exit code is 1. Pictures whose pixels cannot be opened are held back too. Black the text out
(--blackout, --devices), or check the pictures yourself and use --write-flagged.

What can be kept:
""" + "\n".join(f"  {name:<14} {option.sentence}" for name, option in OPTIONS.items())


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of this verb."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"{_NOTE}\n\n{parser.epilog or ''}"
    parser.add_argument("source", type=Path, metavar="IN", help="a DICOM file or a folder")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the results")
    parser.add_argument(
        "--keep",
        default="",
        metavar="NAMES",
        help="what to keep, separated by commas: " + ", ".join(OPTIONS),
    )
    parser.add_argument(
        "--blackout",
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="black out this rectangle of every picture; can be repeated",
    )
    parser.add_argument(
        "--devices",
        metavar="TOML",
        help='a table of devices and where they write text; "known" uses the one that is included',
    )
    parser.add_argument(
        "--write-flagged", action="store_true", help="also write pictures that may contain text"
    )
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="the secret key of pseudonyms, UIDs and shifts; created if absent; keep it private",
    )
    parser.add_argument(
        "--log",
        type=Path,
        metavar="JSON",
        help="log of the changes, without values (default: beside OUT)",
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """De-identify; 1 where a DICOM file was held back or refused, 130 where it was stopped."""
    log = args.log or default_log(args.out)
    check_places(args.source, args.out, log)
    report = deidentify(args.source, args.out, _request(args), log, _draw)
    if args.json:
        answer(_plain(report))
    else:
        _tell(report)
    if report.is_cancelled:
        return CANCELLED
    is_short = report.count(State.HELD) or report.count(State.REFUSED)
    return 1 if is_short or not report.count(State.WRITTEN) else 0


def _request(args: argparse.Namespace) -> Request:
    """What the words ask for.

    Raises:
        UsageError: One of them is wrong.
    """
    kept = Kept(frozenset(name.strip() for name in args.keep.split(",") if name.strip()))
    regions = tuple(Rectangle.parse(text) for text in args.blackout)
    devices = _devices(args.devices)
    secret = Secret(load_key(args.key or default_key(), args.out))
    return Request(secret, kept, regions, devices, args.write_flagged)


def _devices(word: str | None) -> Devices:
    if word is None:
        return Devices()
    return known() if word == KNOWN else load(Path(word))


def _draw(done: int, total: int, left_s: float | None) -> None:
    show_progress(done / total, f"{done} of {total} files", left_s)


def _tell(report: Report) -> None:
    for told in report.files:
        if told.reasons:
            print(f"{told.state.value:9} {told.source}: {'; '.join(told.reasons)}")
    for sentence in report.problems:
        remark(sentence)
    if report.is_cancelled:
        remark("Stopped. The files that were written are complete; the others were not started.")
    print(
        f"{report.count(State.WRITTEN)} written to {report.out}, "
        f"{report.count(State.HELD)} held back, {report.count(State.REFUSED)} refused, "
        f"{report.count(State.LEFT_OUT) + report.other} left out. Log: {report.log}"
    )


def _plain(report: Report) -> dict[str, object]:
    return {
        "out": report.out,
        "log": report.log,
        "cancelled": report.is_cancelled,
        **{state.name.lower(): report.count(state) for state in State},
        "not_dicom": report.other,
        "problems": report.problems,
        "files": [
            {
                "source": told.source,
                "state": told.state.value,
                "reasons": told.reasons,
                "file": None if told.place is None else report.out / told.place,
            }
            for told in report.files
        ],
    }
