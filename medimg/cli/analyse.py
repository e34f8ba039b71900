"""`medimg analyse PATH`: every series under it through every package that fits."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from medimg.batch.case_folders import case_name
from medimg.batch.folder import folder_of
from medimg.batch.workers import Result, State, Workers, run_series
from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.cli.choosing import choose, whole
from medimg.cli.pointing import pointing_options, prompt_of
from medimg.cli.run_options import request_of, run_options
from medimg.cli.scan import plain_problem
from medimg.display.wording import measure_line
from medimg.engine.client import Progress
from medimg.packages.manifest import Package
from medimg.values.analysis import Analysis
from medimg.values.errors import NothingRead
from medimg.values.findings import Region
from medimg.values.series import Scan, Series


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of this verb."""
    parser.add_argument("path", type=Path, nargs="+", help="file or folder")
    parser.add_argument(
        "--series",
        metavar="N",
        help="which series, numbered as in `medimg scan` (3, 3,5, 3-5 or all); without it "
        "all that stand by themselves, and none of a 4-D item's volumes",
    )
    run_options(parser, "json,png")
    pointing_options(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run, tell, and return 0 if anything ran.

    Raises:
        NothingRead: No image is under the paths.
        UsageError: It is not clear which volumes of a 4-D item are meant.
    """
    request = replace(request_of(args), prompt=prompt_of(args))
    chosen = request.chosen
    results: list[Result] = []
    with Workers() as workers:
        scan = workers.scan(args.path, draw)
        if not scan.series:
            told = " ".join(problem.sentence for problem in scan.problems[:3])
            raise NothingRead(f"No image was found. {told}".strip())
        wanted, waiting = _wanted(scan, args.series, args.path[0])
        for series in wanted:
            new = run_series(
                workers,
                series,
                request,
                chosen,
                lambda s, p: folder_of(args.out, s, p),
                watch,
                scan.series,
            )
            results += new
            if not args.json:
                _tell(series, new)
    show_progress(1.0, "Done")
    for sentence in waiting:
        remark(sentence)
    if args.json:
        answer({**_whole(scan, results, args.path), "left_out": list(waiting)})
    else:
        for problem in scan.problems:
            remark(problem.sentence)
    return 0 if any(result.state is State.DONE for result in results) else 1


def _wanted(
    scan: Scan, numbers: str | None, path: Path
) -> tuple[tuple[Series, ...], tuple[str, ...]]:
    """The series to run on, and what is said of volumes that wait to be chosen.

    Raises:
        UsageError: A number is none of the scan, or there are but volumes of 4-D items.
    """
    if numbers is not None:
        return choose(scan, numbers, path, "N-M takes each by itself"), ()
    return whole(scan, path)


def draw(progress: Progress) -> None:
    """Draw how far the running job is."""
    fraction = None if progress.fraction is None else min(progress.fraction, 0.999)
    show_progress(fraction, progress.stage, progress.left_s)


def watch(series: Series, package: Package | None, progress: Progress) -> None:
    """The same, with the name of what runs."""
    name = package.id if package else series.label
    draw(Progress(progress.fraction, f"{name}: {progress.stage}", progress.left_s))


def _tell(series: Series, results: list[Result]) -> None:
    """Print what came out for one series; refusals in one line each."""
    _clear()
    count = series.geometry.shape[0]
    print(f"{case_name(series)}  ({count} {'image' if count == 1 else 'images'})")
    for result in results:
        print(f"  {result.package.id}: {result.state.value}  {_reason(result)}".rstrip())
        if result.analysis:
            for line in _lines(result.analysis):
                print(f"    {line}")
        for kind, path in result.files.items():
            print(f"    {kind}: {path}")


def _clear() -> None:
    """Take the line of progress away before lines of text."""
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def _reason(result: Result) -> str:
    if result.state is not State.DONE or result.verdict is None:
        return result.reason
    return " ".join([*result.verdict.sentences, result.reason]).strip()


def _lines(analysis: Analysis) -> list[str]:
    lines = [
        f"{f.label}: {f.probability:.2f} ({f.low:.2f}–{f.high:.2f}), {f.decision.value} at "
        f"{f.operating_point.name} {f.operating_point.threshold:.2f}"
        for f in analysis.findings
    ]
    lines += [f"{region.label}: {_size(region)}" for region in analysis.regions]
    lines += [measure_line(one, analysis.regions) for one in analysis.measures]
    lines += [
        f"{e.method} for {e.target}: {e.trust.badge.value}. {e.trust.sentence}".strip()
        for e in analysis.explanations
    ]
    return [*lines, *analysis.notes]


def _size(region: Region) -> str:
    parts = [f"{region.volume_ml:.1f} ml"] if region.volume_ml is not None else []
    parts += (
        [f"longest {region.longest_mm:.0f} mm"]
        if region.longest_mm is not None
        else [f"longest {region.longest_px:.0f} px"]
    )
    parts = [*parts, f"best seen on image {region.best_slice + 1}"]
    return ". ".join(filter(None, [", ".join(parts), region.withheld]))


def _whole(scan: Scan, results: list[Result], paths: list[Path]) -> dict[str, Any]:
    done = [result for result in results if result.analysis is not None]
    return {
        "analyses": [_analysis(result) for result in done],
        "refused": [_refused(result) for result in results if result.state is State.REFUSED],
        "failed": [_refused(result) for result in results if result.state is State.FAILED],
        "problems": [
            plain_problem(p, paths)
            for p in (*scan.problems, *(p for s in scan.series for p in s.problems))
        ],
    }


def _named(result: Result) -> dict[str, Any]:
    series = result.series
    return {
        "case": case_name(series),
        "series_uid": series.uid,
        "label": series.label,
        "modality": series.modality,
        "package": result.package.id,
    }


def _refused(result: Result) -> dict[str, Any]:
    return {**_named(result), "reason": result.reason}


def _analysis(result: Result) -> dict[str, Any]:
    analysis = result.analysis
    assert analysis is not None
    return {
        **_named(result),
        "id": analysis.id,
        "version": analysis.package.version,
        "gate": analysis.verdict.outcome.value,
        "reasons": analysis.verdict.sentences,
        "findings": [
            {
                "label": f.label,
                "probability": f.probability,
                "low": f.low,
                "high": f.high,
                "decision": f.decision.value,
                "operating_point": f.operating_point.name,
                "threshold": f.operating_point.threshold,
                "prevalence": f.prevalence,
            }
            for f in analysis.findings
        ],
        "regions": [
            {
                "label": r.label,
                "kind": r.kind.value,
                "volume_ml": r.volume_ml,
                "area_mm2": r.area_mm2,
                "area_px": r.area_px,
                "longest_mm": r.longest_mm,
                "longest_px": r.longest_px,
                "centroid": r.centroid,
                "best_slice": r.best_slice,
                "withheld": r.withheld,
            }
            for r in analysis.regions
        ],
        "measures": [
            {
                "name": m.name,
                "region": m.region,
                "value": m.value,
                "unit": m.unit,
                "withheld": m.withheld,
            }
            for m in analysis.measures
        ],
        "explanations": [
            {
                "method": e.method,
                "target": e.target,
                "badge": e.trust.badge.value,
                "deletion": e.trust.deletion,
                "deletion_random": e.trust.deletion_random,
                "share_inside": e.trust.share_inside,
                "share_by_area": e.trust.share_by_area,
                "sentence": e.trust.sentence,
            }
            for e in analysis.explanations
        ],
        "notes": [*analysis.notes, *([result.reason] if result.reason else [])],
        "files": result.files,
        "seconds": result.seconds,
        "stages": dict(analysis.seconds),
    }
