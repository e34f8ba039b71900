"""Findings and regions as JSON and CSV; every number is a field of a value."""

from __future__ import annotations

import json
from typing import Any

from medimg import __version__
from medimg.results.exported import Exported
from medimg.results.source import sources
from medimg.values import plain
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.csv_text import table
from medimg.values.errors import InputRefused
from medimg.values.findings import Finding, Measure, Region

#: Fields that hold pixels, or what only the record needs.
_LEFT_OUT = ("mask", "map", "grey", "headers", "key_images")

#: Columns of the table: whose result it is, then the figures of a finding, then of a region.
COLUMNS = (
    "analysis",
    "created",
    "package",
    "version",
    "patient_id",
    "study_uid",
    "series_uid",
    "gate",
    "kind",
    "label",
    "code",
    "probability",
    "low",
    "high",
    "decision",
    "operating_point",
    "threshold",
    "prevalence",
    "score",
    "volume_ml",
    "area_mm2",
    "area_px",
    "longest_mm",
    "longest_px",
    "best_slice",
    "value",
    "unit",
    "withheld",
)


def make_json(analysis: Analysis) -> Exported:
    """Turn an analysis into JSON without pixels."""
    value = json.loads(plain.to_json(analysis, lambda name, array: None))
    value = _without_pixels(value)
    value["notice"] = RESEARCH_NOTICE
    value["program"] = f"medimg {__version__}"
    value["header_notes"] = list(_header_notes(analysis))
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return Exported(text.encode() + b"\n")


def make_csv(analysis: Analysis) -> Exported:
    """Turn findings, regions and measures into one table; what a row lacks stays empty."""
    whose = {
        "analysis": analysis.id,
        "created": analysis.created,
        "package": analysis.package.id,
        "version": analysis.package.version,
        "patient_id": analysis.series.patient.id,
        "study_uid": analysis.series.study.uid,
        "series_uid": analysis.series.uid,
        "gate": analysis.verdict.outcome.value,
    }
    rows = [*map(_finding_row, analysis.findings), *map(_region_row, analysis.regions)]
    rows += [_measure_row(one) for one in analysis.measures]
    return Exported(table(COLUMNS, (whose | row for row in rows)).encode())


def _finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "kind": "finding",
        "label": finding.label,
        "code": finding.code,
        "probability": finding.probability,
        "low": finding.low,
        "high": finding.high,
        "decision": finding.decision.value,
        "operating_point": finding.operating_point.name,
        "threshold": finding.operating_point.threshold,
        "prevalence": finding.prevalence,
        "score": finding.score,
    }


def _region_row(region: Region) -> dict[str, Any]:
    return {
        "kind": f"region, {region.kind.value}",
        "label": region.label,
        "code": region.code,
        "volume_ml": region.volume_ml,
        "area_mm2": region.area_mm2,
        "area_px": region.area_px,
        "longest_mm": region.longest_mm,
        "longest_px": region.longest_px,
        "best_slice": region.best_slice,
        "withheld": region.withheld,
    }


def _measure_row(measure: Measure) -> dict[str, Any]:
    return {
        "kind": "measure",
        "label": measure.name,
        "code": measure.region,
        "value": measure.value,
        "unit": measure.unit,
        "withheld": measure.withheld,
    }


def _without_pixels(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_pixels(v) for k, v in value.items() if k not in _LEFT_OUT}
    if isinstance(value, list):
        return [_without_pixels(item) for item in value]
    return value


def _header_notes(analysis: Analysis) -> tuple[str, ...]:
    """Say what a DICOM export leaves out of the source's header."""
    if not analysis.headers:
        return ()
    try:
        return sources(analysis).notes
    except InputRefused as refusal:
        return (str(refusal),)
