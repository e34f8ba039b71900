"""How verbs answer: one JSON object or lines on standard output, all else on standard error."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from medimg.values.notice import RESEARCH_NOTICE
from medimg.values.progress import Progress, TimeLeft

_BAR = 24


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json` as every verb has it."""
    parser.add_argument(
        "--json", action="store_true", help="one JSON object on standard output, all else on stderr"
    )


def from_root(file: str, paths: Sequence[Path]) -> str:
    """A file's path from what was given: the folder itself, else the folder that holds it all.

    What does not lie there, such as a member of an archive, keeps its path.
    """
    root = paths[0] if len(paths) == 1 else Path(os.path.commonpath([p.absolute() for p in paths]))
    root = root.absolute() if root.is_dir() else root.absolute().parent
    place = Path(file).absolute()
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else file


def answer(fields: Mapping[str, object]) -> None:
    """Print the verb's one JSON object, with the research notice in it."""
    whole = {**fields, "notice": RESEARCH_NOTICE}
    print(json.dumps(whole, ensure_ascii=False, indent=2, default=str))


def remark(sentence: str) -> None:
    """Say something that is not the answer."""
    print(sentence, file=sys.stderr)


def show_progress(fraction: float | None, stage: str, left_s: float | None = None) -> None:
    """Draw one line of progress on a terminal; in a pipe stay silent.

    Args:
        fraction: 0 to 1; 1 ends the line. None where the end is not known.
        stage: What is being done.
        left_s: Seconds that are left; None where unknown.
    """
    if not sys.stderr.isatty():
        return
    filled = 0 if fraction is None else round(_BAR * fraction)
    left = "" if left_s is None else f"  {left_s:.0f} s left"
    bar = "█" * filled + "░" * (_BAR - filled)
    end = "\n" if fraction == 1 else ""
    print(f"\r\x1b[2K{bar} {stage}{left}", end=end, file=sys.stderr, flush=True)


def counting(stage: str) -> Progress:
    """Draw the progress of a scan or a read, with the time that is left."""
    pace = TimeLeft()

    def progress(done: int, total: int) -> None:
        if pace.is_due(done, total):
            show_progress(done / total, f"{stage}, {done} of {total}", pace.left_s(done, total))

    return progress
