"""`medimg deidentify` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from medimg.cli.main import main


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A CT and a secondary capture, and where they go."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("CT_small.dcm", "SC_rgb_small_odd.dcm"):
        (folder / name).write_bytes(Path(get_testdata_file(name)).read_bytes())
    return ["deidentify", str(folder), str(tmp_path / "out"), "--key", str(tmp_path / "key")]


def test_exit_code_says_that_a_picture_was_held_back(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The CT is written, the capture is listed with its reason, and the code is 1."""
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "SC_rgb_small_odd.dcm: it is a secondary capture" in said
    assert "1 written" in said and "1 held back" in said


def test_flagged_pictures_are_written_on_word(words: list[str], tmp_path: Path) -> None:
    """The user has looked at them."""
    assert main([*words, "--write-flagged"]) == 0
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 2


def test_json_is_one_object(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, and what became of each file."""
    assert main([*words, "--json"]) == 1
    whole = json.loads(capsys.readouterr().out)
    assert (whole["written"], whole["held"], whole["refused"]) == (1, 1, 0)
    assert Path(whole["files"][0]["file"]).is_file() and whole["files"][1]["file"] is None


def test_devices_of_a_site_are_blacked_out(words: list[str], tmp_path: Path) -> None:
    """A row that fits the capture by make and size lets it through, blank where it says."""
    table = tmp_path / "devices.toml"
    table.write_text(
        '[[device]]\nmanufacturer = ""\nmodel = ""\nrows = 3\ncolumns = 3\nregions = [[0, 0, 3, 1]]'
    )
    assert main([*words, "--devices", str(table)]) == 0


@pytest.mark.parametrize(
    "extra",
    [
        ["--keep", "names"],
        ["--keep", "dates,shifted-dates"],
        ["--blackout", "1,2,3"],
        ["--devices", "absent.toml"],
    ],
)
def test_wrong_words_are_exit_2(
    extra: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one sentence, and nothing is written."""
    assert main([*words, *extra]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
