"""The options that `analyse` and `batch` share: which package, which maps, which files."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.batch.workers import AUTO, Request
from medimg.results import EXPORTS
from medimg.values.errors import UsageError


def run_options(parser: argparse.ArgumentParser, kinds: str) -> None:
    """Declare the shared options; `kinds` are written unless others are named."""
    parser.add_argument(
        "--package", default=AUTO, help="package, or auto: every package that fits (default)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument(
        "--explain",
        default="",
        metavar="M,…",
        help="maps of evidence: default, grad-cam, … (`medimg explain --list`)",
    )
    parser.add_argument(
        "--export", default=kinds, metavar="K,…", help=f"files: {', '.join(EXPORTS)} ({kinds})"
    )


def request_of(args: argparse.Namespace) -> Request:
    """What the options ask for.

    Raises:
        UsageError: An unknown kind of file.
    """
    kinds = _words(args.export)
    unknown = [kind for kind in kinds if kind not in EXPORTS]
    if unknown:
        raise UsageError(f'No export "{unknown[0]}"; there are {", ".join(EXPORTS)}.')
    return Request(args.package, _words(args.explain), kinds)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
