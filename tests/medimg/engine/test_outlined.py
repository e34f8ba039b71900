"""An outline from a click, through the engine's job and out as DICOM objects."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest

from medimg.engine.context import JobContext
from medimg.engine.jobs.analyse import AnalyseJob, run
from medimg.phantoms.chest_ct import cut
from medimg.results import seg, sr
from medimg.values.analysis import Analysis
from medimg.values.prompt import Prompt
from tests.chest_scans import volume_of, whole


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    volume = volume_of(tmp_path_factory.mktemp("chest"), cut(whole(), slices=slice(90, 140)))
    job = AnalyseJob(volume, "ct-lung-nodule-outline", (), Prompt((whole().nodules[0].center,)))
    return run(job, JobContext(lambda *_: None))


def _opened(content: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(content))


def test_segment_and_report_track_the_nodule_by_one_id(analysis: Analysis) -> None:
    (segment,) = _opened(seg.make(analysis).data).SegmentSequence
    report = str(_opened(sr.make(analysis).data))
    assert segment.TrackingID == "Lung nodule 1"
    assert segment.TrackingID in report and segment.TrackingUID in report


def test_the_report_gives_the_nodule_s_volume_and_axes(analysis: Analysis) -> None:
    report = str(_opened(sr.make(analysis).data))
    assert "cubic millimeter" in report and "Long axis" in report and "Short axis" in report


def test_the_record_holds_where_the_reader_clicked(analysis: Analysis) -> None:
    assert analysis.prompt == Prompt((whole().nodules[0].center,))
    assert {one.region for one in analysis.measures} == {"lung-nodule"}
