"""`medimg explain PATH`: maps of evidence for a package's answer, each with its measured trust."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from PIL import Image

from medimg.batch.folder import folder_of
from medimg.batch.workers import Result, Workers, run_series
from medimg.cli.analyse import draw, watch
from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.cli.choosing import choose, whole
from medimg.cli.run_options import request_of
from medimg.explain import table
from medimg.explain.figures import FIGURES, title
from medimg.explain.table import DEFAULT, METHODS, wish
from medimg.values.errors import NothingRead
from medimg.values.explanation import Check, Explanation
from medimg.values.series import Scan, Series


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", type=Path, nargs="*", help="file or folder")
    parser.add_argument("--package", default="auto", help="package, or auto: every one that fits")
    parser.add_argument(
        "--method",
        default=DEFAULT,
        metavar="M,…",
        help="methods, with parameters after colons: occlusion:cells=10:budget=80:checks=all "
        "(default: the one that the study ranks best)",
    )
    parser.add_argument("--target", default="", help="label that is explained (all findings)")
    parser.add_argument("--series", metavar="N", help="which series, as `medimg scan` lists them")
    parser.add_argument("--out", type=Path, default=Path("explained"), help="folder for the files")
    parser.add_argument(
        "--export", default="png,pm", metavar="K,…", help="files beside the record (png,pm)"
    )
    parser.add_argument("--list", action="store_true", help="list the methods and what they cost")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Explain, tell, and return 0 if anything was explained.

    Raises:
        NothingRead: No image is under the paths.
        UsageError: There is no such method, parameter, label or series.
    """
    if args.list or not args.path:
        _list(args.json)
        return 0
    for text in args.method.split(","):
        wish(text.strip())
    target = f":target={args.target}" if args.target else ""
    args.explain = ",".join(f"{text.strip()}{target}" for text in args.method.split(","))
    request = request_of(args)
    results: list[Result] = []
    with Workers() as workers:
        scan = workers.scan(args.path, draw)
        if not scan.series:
            told = " ".join(problem.sentence for problem in scan.problems[:3])
            raise NothingRead(f"No image was found. {told}".strip())
        for series in _wanted(scan, args):
            results += run_series(
                workers,
                series,
                request,
                request.chosen,
                lambda s, p: folder_of(args.out, s, p),
                watch,
            )
    show_progress(1.0, "Done")
    explained = [result for result in results if result.analysis and result.analysis.explanations]
    for result in explained:
        _seen(result)
    if args.json:
        answer({"explained": [_plain(r) for r in explained], "refused": _refusals(results)})
    else:
        for result in explained:
            _tell(result)
        for line in _refusals(results):
            remark(f"{line['package']}: {line['reason']}")
    return 0 if explained else 1


def _wanted(scan: Scan, args: argparse.Namespace) -> tuple[Series, ...]:
    if args.series is not None:
        return choose(scan, args.series, args.path[0], "N-M takes each by itself")
    wanted, waiting = whole(scan, args.path[0])
    for sentence in waiting:
        remark(sentence)
    return wanted


def _list(is_json: bool) -> None:
    """Print the table of methods."""
    rows = [
        {
            "method": name,
            "title": row.title,
            "passes": row.passes,
            "needs": sorted(need.value for need in row.needs),
            "dimensions": row.dimensions,
            "parameters": {one.name: one.default for one in row.parameters},
            "paper": row.paper,
        }
        for name, row in METHODS.items()
    ]
    if is_json:
        answer({"methods": rows})
        return
    for (name, row), plain in zip(METHODS.items(), rows, strict=True):
        settings = ":".join(f"{one.name}={one.default}" for one in row.parameters)
        needs = ", ".join(plain["needs"]) or "nothing but the answers"  # type: ignore[arg-type]
        print(f"{name:<22} {row.passes:>6g} passes  {row.words}")
        print(f"{'':<22} needs {needs}{'; ' + settings if settings else ''}")


def _seen(result: Result) -> None:
    """Write the array that the model was given, as a picture beside the record."""
    assert result.analysis is not None
    one = result.analysis.explanations[0]
    if one.seen is None or not result.files:
        return
    path = Path(next(iter(result.files.values()))).with_name("seen.png")
    Image.fromarray(one.seen).save(path)
    result.files["seen"] = str(path)


def _tell(result: Result) -> None:
    assert result.analysis is not None
    print(f"{result.series.label}: {result.package.id}")
    for one in result.analysis.explanations:
        print(f"  {table.title(one.method)} for {one.target}: {one.trust.badge.value}")
        print(f"    {one.trust.sentence}")
        facts = dict(one.parameters)
        print(f"    {facts.get('zones', '')} {facts['passes']} passes.".replace("   ", " "))
        for check in one.trust.checks:
            print(f"    {_line(check)}")
    for kind, path in result.files.items():
        print(f"  {kind}: {path}")


def _line(check: Check) -> str:
    """One figure, what it needs, and the opponents' figures."""
    sign = {True: "passes", False: "fails", None: ""}[check.passed]
    needs = ""
    if check.needs is not None:
        at_least = FIGURES[check.name].higher_is_better
        needs = f"needs {'≥' if at_least else '≤'} {check.needs:.2f}"
    others = ", ".join(f"{name} {value:.2f}" for name, value in check.opponents)
    parts = [f"{title(check.name)} {check.value:.2f}", needs, sign, others]
    return "; ".join(part for part in parts if part)


def _plain(result: Result) -> dict[str, Any]:
    assert result.analysis is not None
    return {
        "label": result.series.label,
        "series_uid": result.series.uid,
        "package": result.package.id,
        "maps": [_map(one) for one in result.analysis.explanations],
        "files": result.files,
    }


def _map(one: Explanation) -> dict[str, Any]:
    return {
        "method": one.method,
        "target": one.target,
        "badge": one.trust.badge.value,
        "rule": one.trust.rule,
        "sentence": one.trust.sentence,
        "parameters": dict(one.parameters),
        "zones": dict(one.zones),
        "checks": [
            {
                "name": check.name,
                "value": check.value,
                "needs": check.needs,
                "passed": check.passed,
                "opponents": dict(check.opponents),
                "passes": check.passes,
            }
            for check in one.trust.checks
        ],
    }


def _refusals(results: list[Result]) -> list[dict[str, str]]:
    """Why there is no map: the run was refused or failed, or made none."""
    return [
        {
            "label": result.series.label,
            "package": result.package.id,
            "reason": " ".join(
                one
                for one in (*(result.analysis.notes if result.analysis else ()), result.reason)
                if one
            )
            or "The model marked nothing, so there is nothing to explain.",
        }
        for result in results
        if not (result.analysis and result.analysis.explanations)
    ]
