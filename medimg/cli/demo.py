"""`medimg demo [PATH]`: the tour – read, ask, run, explain, report – in front of the user."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import medimg
from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.tour.page import write_page
from medimg.tour.sources import OWN, Source, beside, downloaded, phantoms, shipped
from medimg.tour.stops import Stop, visit
from medimg.values.errors import NothingRead, UsageError
from medimg.values.notice import RESEARCH_NOTICE

PAGE = "index.html"
WINDOW = "medimg-workstation"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "path", nargs="?", type=Path, help="your own file or folder instead of the examples"
    )
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="folder for the results")
    parser.add_argument(
        "--download", action="store_true", help="download two real radiographs with pydicom"
    )
    parser.add_argument(
        "--no-window", action="store_true", help="do not open the window at the end"
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Take the tour and print what was found where.

    Raises:
        UsageError: The path is not there.
        NothingRead: No image is under it.
    """
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    stops: list[Stop] = []
    for source in _sources(args, out):
        if not args.json and (not stops or stops[-1].group != source.group):
            _clear()
            print(f"\n{source.group}", flush=True)
        for stop in visit(source, out, lambda words: show_progress(None, words)):
            stops.append(stop)
            write_page(out / PAGE, stops)
            if not args.json:
                _clear()
                print("\n".join(lines(stop)), flush=True)
    if args.path and not any(stop.picture for stop in stops):
        raise NothingRead(" ".join([f"No image was read in {args.path}.", *stops[0].problems[:1]]))
    _end(args, out, stops)
    return 0


def lines(stop: Stop) -> list[str]:
    """One image and its answers for a person."""
    said = [f"  {stop.title}"]
    said += [f"      ! {problem}" for problem in stop.problems if problem != stop.title]
    for told in stop.told:
        if told.state == "ran":
            said += [f"      {told.package.id}: ran", *(f"          {line}" for line in told.lines)]
        else:
            # One reason is enough here; the page has them all.
            said.append(f"      {told.package.id}: {told.state}. {' '.join(told.lines[:1])}")
        if "pdf" in told.files:
            said.append(f"          {told.files['pdf']}")
    return said


def _sources(args: argparse.Namespace, out: Path) -> Iterable[Source]:
    """What the tour goes through, made one group after another."""
    if args.path:
        if not args.path.exists():
            raise UsageError(f"{args.path} does not exist. Check the path.")
        yield Source(OWN, args.path.name, args.path)
        return
    yield from shipped()
    show_progress(None, "Calculating the phantoms")
    yield from phantoms(out / "phantoms")
    real = beside(Path(medimg.__file__).parents[1])
    yield from real
    if args.download:
        show_progress(None, "Downloading")
        yield from downloaded()


def _end(args: argparse.Namespace, out: Path, stops: list[Stop]) -> None:
    told = [one for stop in stops for one in stop.told]
    counts = {state: sum(one.state == state for one in told) for state in ("ran", "refused")}
    page = (out / PAGE).resolve()
    if args.json:
        answer({"page": str(page), **counts, "images": [_plain(stop) for stop in stops]})
    else:
        print(f"\n{counts['ran']} runs, {counts['refused']} refusals. All of it: {page}")
        print(RESEARCH_NOTICE)
    if not args.no_window and has_display(os.environ, sys.platform):
        remark("Opening the window; close it when you are done.")
        _open_window(args.path or out / "phantoms")


def _plain(stop: Stop) -> dict[str, object]:
    return {
        "group": stop.group,
        "title": stop.title,
        "name": stop.name,
        "problems": stop.problems,
        "packages": [
            {
                "package": one.package.id,
                "state": one.state,
                "said": one.lines,
                "files": {kind: str(path) for kind, path in one.files.items()},
            }
            for one in stop.told
        ],
    }


def has_display(environment: dict[str, str] | os._Environ[str], platform: str) -> bool:
    """Whether somebody could see a window: not on a build server, not without a screen."""
    if environment.get("CI") or environment.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _open_window(path: Path) -> None:
    """Start the window as a program of its own, which outlives this one."""
    frozen = getattr(sys, "frozen", False)
    beside_this = Path(sys.executable).with_name(WINDOW + Path(sys.executable).suffix)
    program = [str(beside_this)] if frozen else [sys.executable, "-m", "medimg_workstation.main"]
    subprocess.Popen(
        [*program, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _clear() -> None:
    """Take the line of progress away before lines of text."""
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
