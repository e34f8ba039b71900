"""The table of exports: every row writes a whole file, refuses in a sentence, or fails alone."""

from __future__ import annotations

import csv
import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from medimg.results import EXPORTS, export, export_each
from medimg.values import whole_files as files
from medimg.values.errors import OutputFailed, UsageError
from tests.medimg.results.planted import ct, film, picture_analysis

FIRST_BYTES = {
    "h5": b"\x89HDF",
    "json": b"{",
    "csv": b"analysis,",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "seg": b"\0" * 128 + b"DICM",
    "pm": b"\0" * 128 + b"DICM",
    "sr": b"\0" * 128 + b"DICM",
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_each_export_writes_its_file_and_nothing_else(kind: str, tmp_path: Path) -> None:
    written = export(ct(), tmp_path / "out", [kind])
    assert written[kind].read_bytes().startswith(FIRST_BYTES[kind])
    assert set(written) == {kind, *EXPORTS[kind].refers_to}
    assert sorted((tmp_path / "out").iterdir()) == sorted(written.values())


def test_an_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no export 'docx'; there are h5, json"):
        export(ct(), tmp_path / "out", ["json", "docx"])
    assert not (tmp_path / "out").exists()


def test_a_source_without_frame_of_reference_skips_seg_and_says_so(tmp_path: Path) -> None:
    outcome = {e.kind: e for e in export_each(film(), tmp_path, ["seg", "sr", "csv"])}
    assert outcome["seg"].path is None and not outcome["seg"].failed
    assert "no frame of reference" in outcome["seg"].sentence
    assert outcome["sr"].path is not None and outcome["csv"].path is not None


def test_a_picture_file_skips_dicom_and_writes_the_rest(tmp_path: Path) -> None:
    outcome = {e.kind: e for e in export_each(picture_analysis(), tmp_path, EXPORTS)}
    assert {kind for kind, e in outcome.items() if e.path is None} == {"seg", "pm", "sr"}
    assert "not DICOM" in outcome["sr"].sentence
    assert not any(e.failed for e in outcome.values())


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the way")
    with pytest.raises(OutputFailed, match=r"analysis\.json could not be written to .*out\. A .*"):
        export(ct(), tmp_path / "out", ["json"])


@pytest.mark.parametrize(
    ("code", "todo"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only")]
)
def test_a_full_or_read_only_disk_leaves_the_old_file_whole(
    code: int, todo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(ct(), tmp_path, ["json"])
    before = (tmp_path / "analysis.json").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    # The disk's own answer at the flush; the rest is real.
    monkeypatch.setattr(files.os, "fsync", full)
    outcome = export_each(ct(), tmp_path, ["json", "csv"])
    assert all(e.failed and todo in e.sentence and str(tmp_path) in e.sentence for e in outcome)
    assert [p.name for p in tmp_path.iterdir()] == ["analysis.json"]
    assert (tmp_path / "analysis.json").read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_files_are_for_this_user_alone(tmp_path: Path) -> None:
    path = export(ct(), tmp_path, ["json"])["json"]
    assert path.stat().st_mode & 0o077 == 0


def test_findings_csv_runs_no_formula(tmp_path: Path) -> None:
    """A label, a patient's number and a reason from outside were written as live formulas."""
    live = '=HYPERLINK("http://example.org","open")'
    analysis = ct()
    patient = replace(analysis.series.patient, id="@SUM(A1)")
    found = replace(analysis.findings[0], label=live, code="+1", score=-1.5)
    region = replace(analysis.regions[0], label="\t=1", withheld="-1+1")
    analysis = replace(
        analysis,
        series=replace(analysis.series, patient=patient),
        findings=(found,),
        regions=(region,),
    )
    path = export(analysis, tmp_path, ["csv"])["csv"]
    with path.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["label"], first["code"], first["score"]) == (f"'{live}", "'+1", "-1.5")
    assert (second["label"], second["withheld"]) == ("'\t=1", "'-1+1")
    assert first["patient_id"] == second["patient_id"] == "'@SUM(A1)"


def test_importing_results_loads_nothing_heavy() -> None:
    code = (
        "import sys, medimg.results; heavy = ('pydicom', 'highdicom', 'reportlab', 'h5py', 'PIL'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
