"""Measures of a region, and of the image as a whole, in every export."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import highdicom
from pydicom.sr.coding import Code

from medimg.display.wording import measure_line
from medimg.results import codes, export
from medimg.values.analysis import Analysis
from medimg.values.codes import Code as Concept
from medimg.values.findings import Measure
from tests.medimg.results.planted import pyramid

MEAN = Concept("lung-density-mean", "99MEDIMG", "Mean density")
REASON = "Share below -950 HU withheld: slices are 3 mm thick, more than 2 mm."


def measured() -> Analysis:
    """An analysis with a figure of its first region, one that is withheld, one of the image."""
    made = pyramid()
    of = made.regions[0].code
    return replace(
        made,
        measures=(
            Measure("p/measure/mean", "Mean density", -839.7, "HU", "", of, MEAN),
            Measure("p/measure/low", "Share below -950 HU", None, "%", REASON, of),
            Measure("p/measure/share", "Share of the image", 12.5, "%"),
        ),
    )


def test_a_report_gives_them_with_code_and_unit(tmp_path: Path) -> None:
    report = highdicom.sr.srread(export(measured(), tmp_path, ["sr"])["sr"])
    first, *others = report.content.get_volumetric_roi_measurement_groups()
    (mean,) = first.get_measurements(Code("lung-density-mean", "99MEDIMG", "Mean density"))
    assert (mean.value, mean.unit) == (-839.7, codes.HOUNSFIELD)
    assert mean.unit == Code("[hnsf'U]", "UCUM", "Hounsfield unit")
    assert not any(group.get_measurements(mean.name) for group in others)
    (whole,) = [
        one
        for group in report.content.get_image_measurement_groups()
        for one in group.get_measurements(Code("share", "99MEDIMG", "Share of the image"))
    ]
    assert (whole.value, whole.unit) == (12.5, codes.PERCENT)
    texts = [str(e.value) for e in report.iterall() if e.keyword == "TextValue"]
    assert REASON in texts


def test_tables_give_the_reason_of_what_is_withheld(tmp_path: Path) -> None:
    analysis = measured()
    written = export(analysis, tmp_path, ["csv", "json"])
    rows = csv.DictReader(Path(written["csv"]).read_text(encoding="utf-8-sig").splitlines())
    mean, low, whole = (row for row in rows if row["kind"] == "measure")
    assert (mean["value"], mean["unit"]) == ("-839.7", "HU")
    assert (mean["code"], whole["code"]) == (analysis.regions[0].code, "")
    assert (low["value"], low["withheld"]) == ("", REASON)
    said = json.loads(Path(written["json"]).read_text())["measures"]
    assert [one["value"] for one in said] == [-839.7, None, 12.5]


def test_line_names_its_region() -> None:
    analysis = measured()
    mean, low, whole = (measure_line(one, analysis.regions) for one in analysis.measures)
    owner = analysis.regions[0].label
    assert mean == f"{owner}, mean density: −840 HU"
    assert low == f"{owner}: {REASON}"
    assert whole == "Share of the image: 12.5 %"


def test_report_holds_them(tmp_path: Path) -> None:
    assert export(measured(), tmp_path, ["pdf"])["pdf"].stat().st_size > 10_000
