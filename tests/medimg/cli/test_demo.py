"""`medimg demo`: its usage and its answers; the whole tour is a slow test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from medimg.cli.demo import has_display
from medimg.cli.main import main


class TestDemo:
    def test_a_path_that_is_not_there_is_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = str(tmp_path / "out")
        assert main(["demo", str(tmp_path / "nothing"), "--out", out, "--no-window"]) == 2
        assert "does not exist" in capsys.readouterr().err

    def test_a_path_without_an_image_fails_and_says_why(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        plan = str(get_testdata_file("rtplan.dcm", download=False))
        assert main(["demo", plan, "--out", str(tmp_path), "--no-window"]) == 1
        assert "is not an image" in capsys.readouterr().err

    def test_takes_the_users_own_and_writes_a_page(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        scan = str(get_testdata_file("CT_small.dcm", download=False))
        assert main(["demo", scan, "--out", str(tmp_path), "--no-window", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["page"] == str((tmp_path / "index.html").resolve())
        assert [image["title"] for image in said["images"]] == ["CT_small.dcm"]
        assert {one["state"] for one in said["images"][0]["packages"]} == {"refused"}
        assert (tmp_path / "index.html").is_file()

    @pytest.mark.slow
    def test_the_whole_tour_runs_packages_on_phantoms(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["demo", "--out", str(tmp_path), "--no-window", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["ran"] >= 5
        states = {one["state"] for image in said["images"] for one in image["packages"]}
        assert "failed" not in states


class TestHasDisplay:
    @pytest.mark.parametrize(
        ("environment", "platform", "expected"),
        [
            ({"DISPLAY": ":0"}, "linux", True),
            ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
            ({}, "linux", False),
            ({"DISPLAY": ":0", "CI": "1"}, "linux", False),
            ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "linux", False),
            ({}, "win32", True),
            ({"CI": "true"}, "darwin", False),
        ],
    )
    def test_knows_when_nobody_could_see_a_window(
        self, environment: dict[str, str], platform: str, expected: bool
    ) -> None:
        assert has_display(environment, platform) is expected
