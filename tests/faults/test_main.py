"""`python -m tests.faults` answers with one object, keeps its inputs if asked, and can fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.__main__ import main


def test_answers_with_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", "missing-slice", "good-axial", "--keep", str(tmp_path), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is True
    good, missing = told["rows"]
    assert (good["id"], good["problems"]) == ("good-axial", [])
    assert missing["verdicts"] == {"ours": "right"}
    (problem,) = missing["problems"]
    assert (problem["kind"], problem["severity"]) == ("missing-slice", "problem")
    assert len(list((tmp_path / "missing-slice").iterdir())) == 39


def test_lists_rows_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "zero-byte-file"]) == 0
    out = capsys.readouterr().out
    assert "zero-byte-file" in out and "1 of 1 rows are as they must be" in out
