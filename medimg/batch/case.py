"""One row of a batch: what came of a series under a package."""

from __future__ import annotations

from pathlib import Path

import msgspec

from medimg.batch.case_folders import case_name
from medimg.batch.workers import Request, Result, State
from medimg.packages.catalogue import packages
from medimg.packages.manifest import Package
from medimg.values.analysis import Analysis
from medimg.values.findings import Finding, Region


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a batch: a series and a package, or a series that no package reads.

    Attributes:
        case: File name, or patient's number, date and series.
        state: "done", "refused" or "failed".
        reason: Why, in words; notes where it is done.
        key: What it was made with: the whole package, methods and kinds of files.
        files: Paths relative to the folder of the batch, by kind of export.
    """

    case: str
    series_uid: str
    package: str
    state: str
    reason: str = ""
    gate: str = ""
    findings: tuple[str, ...] = ()
    figures: tuple[dict[str, str | int | float | None], ...] = ()
    files: dict[str, str] = {}
    seconds: float = 0.0
    key: str = ""


def key_of(package: Package, request: Request) -> str:
    """With what a case is made: another package, method or kind of file makes it anew.

    A package is all that its manifest says: weights, calibration, operating points, rules. The one
    that outlines its organ counts too.
    """
    organ = packages().get(package.anatomy) if package.anatomy else None
    made_with = (package, organ) if organ else (package,)
    return " ".join((*(p.fingerprint for p in made_with), *request.explain, *request.kinds))


def case_of(out: Path, result: Result, request: Request) -> Case:
    """The row of a result whose files lie in the folder of a batch."""
    analysis = result.analysis
    return Case(
        case=case_name(result.series),
        series_uid=result.series.uid,
        package=result.package.id,
        state=result.state.value,
        reason=_reason(result),
        gate=result.verdict.outcome.value if result.verdict else "",
        findings=_in_words(analysis) if analysis else (),
        figures=_figures(analysis) if analysis else (),
        files={k: Path(v).relative_to(out).as_posix() for k, v in result.files.items()},
        seconds=result.seconds,
        key=key_of(result.package, request),
    )


def _reason(result: Result) -> str:
    if result.state is not State.DONE or result.verdict is None:
        return result.reason
    return " ".join([*result.verdict.sentences, result.reason]).strip()


def _in_words(analysis: Analysis) -> tuple[str, ...]:
    findings = [f"{f.label}: {f.probability:.2f} ({f.decision.value})" for f in analysis.findings]
    regions = [f"{r.label}: {r.volume_ml:.1f} ml" for r in analysis.regions if r.volume_ml]
    return (*findings, *regions)


def _figures(analysis: Analysis) -> tuple[dict[str, str | int | float | None], ...]:
    return (*map(_finding_row, analysis.findings), *map(_region_row, analysis.regions))


def _finding_row(finding: Finding) -> dict[str, str | int | float | None]:
    return {
        "label": finding.label,
        "probability": round(finding.probability, 4),
        "low": round(finding.low, 4),
        "high": round(finding.high, 4),
        "decision": finding.decision.value,
        "operating_point": finding.operating_point.name,
    }


def _region_row(region: Region) -> dict[str, str | int | float | None]:
    return {
        "label": region.label,
        "volume_ml": region.volume_ml,
        "area_mm2": region.area_mm2,
        "longest_mm": region.longest_mm,
        "best_slice": region.best_slice,
    }
