"""`medimg self-test`: how steps are told; the whole of it is a slow test."""

from __future__ import annotations

import json

import pytest

from medimg.cli.main import main
from medimg.cli.self_test import line, summary
from medimg.selftest.steps import LIBRARIES, Step

GOOD = Step("libraries", True, "16 load", 1.2)
BAD = Step("decode JPEG 2000", False, "Pixels were changed.", 0.1)


class TestWords:
    def test_a_failed_step_stands_out(self) -> None:
        assert line(GOOD).startswith("ok")
        assert line(BAD).startswith("FAIL decode JPEG 2000")
        assert "Pixels were changed." in line(BAD)

    def test_the_summary_names_what_failed(self) -> None:
        assert summary([GOOD, BAD]) == "1 of 2 failed: decode JPEG 2000."
        assert summary([GOOD]) == "All 1 steps passed in 1 s."


def test_the_engines_libraries_are_left_to_the_engine() -> None:
    """Torch must not enter this process."""
    assert not {"torch", "monai", "captum"} & {name.split(".")[0] for name in LIBRARIES}


@pytest.mark.slow
def test_passes_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["self-test", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"]
    assert sum(step["name"].startswith("phantom through") for step in said["steps"]) == 3
