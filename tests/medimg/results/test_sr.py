"""The structured report read back, by highdicom and by another toolkit."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.sr.coding import Code

from medimg.results import codes, export, export_each
from medimg.values.findings import Decision
from tests.medimg.results.planted import ct, errors_of, film, multiframe, no_region, pyramid


def read(path: Path) -> highdicom.sr.ComprehensiveSR:
    return highdicom.sr.srread(path)


def texts(report: pydicom.Dataset) -> str:
    """All texts of a report."""
    return " | ".join(str(e.value) for e in report.iterall() if e.keyword == "TextValue")


def test_a_finding_comes_back_with_its_certainty_interval_and_decision(tmp_path: Path) -> None:
    report = read(export(ct(), tmp_path, ["sr"])["sr"])
    (group,) = report.content.get_image_measurement_groups()
    assert group.finding_type == Code("lung-opacity", "99MEDIMG", "Lung opacity")
    (certainty,) = group.get_measurements(codes.CERTAINTY)
    assert (certainty.value, certainty.unit) == (78.0, codes.PERCENT)
    widths = [float(item.value) for item in certainty[0].ContentSequence]
    assert widths == [7.0, 9.0]
    (decision,) = group.get_qualitative_evaluations(codes.DECISION)
    assert decision.value == codes.DECISIONS[Decision.FLAGGED]
    (threshold,) = group.get_measurements(codes.THRESHOLD)
    assert threshold.value == 45.0


def test_every_decision_has_a_code() -> None:
    assert set(codes.DECISIONS) == set(Decision)
    assert len({code.value for code in codes.DECISIONS.values()}) == len(Decision)


def test_a_region_refers_to_the_segment_that_was_written(tmp_path: Path) -> None:
    written = export(pyramid(overlapping=True), tmp_path, ["sr"])
    segmentation = pydicom.dcmread(written["seg"])
    report = read(written["sr"])
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == len(segmentation.SegmentSequence) == 2
    for number, group in enumerate(groups, start=1):
        assert group.reference_type == Code("121191", "DCM", "Referenced Segment")
        (reference,) = [
            item.ReferencedSOPSequence[0]
            for item in group[0].ContentSequence
            if item.ValueType == "IMAGE"
        ]
        assert reference.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
        assert reference.ReferencedSegmentNumber == number
    named = {instance[2] for instance in report.get_evidence()}
    assert segmentation.SOPInstanceUID in named


def test_without_frame_of_reference_the_outline_lies_on_the_image(tmp_path: Path) -> None:
    analysis = film()
    report = read(export(analysis, tmp_path, ["sr"])["sr"])
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == 2
    for group, region in zip(groups, analysis.regions, strict=True):
        (outline,) = group.roi
        points = outline.value
        assert np.array_equal(points[0], points[-1])
        # Pixel [r, c] has its centre at (c + 0.5, r + 0.5); a planted disc has a known middle.
        middle = (points.max(axis=0) + points.min(axis=0)) / 2
        assert np.allclose(middle, np.array(region.centroid)[:0:-1] + 0.5, atol=0.01)
        x, y = points[:-1].T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        assert area == pytest.approx(region.area_px, rel=0.02)


def test_frames_are_named_in_image_coordinates_too(tmp_path: Path) -> None:
    report = read(export(multiframe(frames=(3, 1), places=False), tmp_path, ["sr"])["sr"])
    (group,) = report.content.get_volumetric_roi_measurement_groups()
    frames = [
        int(region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber)
        for region in group.roi
    ]
    assert frames == [4, 2]


def test_it_names_the_algorithm_and_is_not_verified(tmp_path: Path) -> None:
    report = read(export(ct(), tmp_path, ["sr"])["sr"])
    assert report.VerificationFlag == "UNVERIFIED" and report.PreliminaryFlag == "PRELIMINARY"
    text = texts(report)
    for word in ("MedImg Workstation", "9f31c07a44e2", "Research use only", "children"):
        assert word in text


def test_emptied_header_values_are_listed_in_it(tmp_path: Path) -> None:
    analysis = ct()
    model = analysis.headers[0].replace('"Value": ["O"]', '"Value": ["unknown"]')
    assert model != analysis.headers[0]
    *_, outcome = export_each(replace(analysis, headers=(model,)), tmp_path, ["sr"])
    assert "PatientSex of the source" in outcome.sentence
    assert outcome.path is not None
    assert "PatientSex of the source" in texts(read(outcome.path))


def test_nothing_found_and_nothing_marked_is_no_report(tmp_path: Path) -> None:
    nothing = replace(no_region(), findings=(), explanations=())
    outcome = export_each(nothing, tmp_path, ["sr"])
    assert [e.path for e in outcome] == [None, None, None]
    assert "nothing to report" in outcome[-1].sentence


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="needs dciodvfy (Debian dicom3tools)")
@pytest.mark.parametrize("analysis", [ct(), film(), pyramid()], ids=["ct", "film", "stack"])
def test_dciodvfy_finds_no_error(analysis, tmp_path: Path) -> None:
    assert errors_of(export(analysis, tmp_path, ["sr"])["sr"]) == set()


@pytest.mark.skipif(not shutil.which("dsrdump"), reason="needs dsrdump (Debian dcmtk)")
@pytest.mark.parametrize("analysis", [ct(), film()], ids=["segment", "image coordinates"])
def test_dsrdump_reads_it(analysis, tmp_path: Path) -> None:
    path = export(analysis, tmp_path, ["sr"])["sr"]
    done = subprocess.run(["dsrdump", path], capture_output=True, text=True, check=True)
    assert '"Certainty of Finding")="78.0" (%,UCUM,"Percent")' in done.stdout
    assert "Right lung" in done.stdout
