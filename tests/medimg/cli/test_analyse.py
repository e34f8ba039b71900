"""The verbs that run packages, as a user calls them: answers, exit codes, silence in a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.packages.catalogue import EXTRA_FOLDERS
from tests import tiny_packages


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a film, a blank picture and a letter; two tiny packages beside it."""
    root = tmp_path_factory.mktemp("place")
    (root / "in").mkdir()
    (root / "tmp").mkdir()
    tiny_packages.bright(root / "packages")
    tiny_packages.many_calls(root / "packages")
    image = np.random.default_rng(0).integers(0, 60, (64, 80)).astype(np.uint8)
    image[10:40, 20:60] += 180
    Image.fromarray(image).save(root / "in" / "film.png")
    Image.fromarray(image * 0).save(root / "in" / "blank.png")
    (root / "in" / "letter.dcm").write_text("Dear colleague,")
    yield root


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        EXTRA_FOLDERS: str(place / "packages"),
        "TMPDIR": str(place / "tmp"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "medimg.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def call(place: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    process = start(place, *words)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_analyse_answers_with_one_object(place: Path) -> None:
    """What ran, what was refused and why, what no image was; files are where it says."""
    code, out, err = call(
        place,
        *("analyse", str(place / "in"), "--package", "tiny-bright", "--json"),
        *("--out", str(place / "out"), "--export", "json,csv"),
    )
    assert (code, err) == (0, "")
    told = json.loads(out)
    (analysis,) = told["analyses"]
    assert analysis["findings"][0]["decision"] == "flagged"
    assert analysis["regions"][0]["area_px"] == pytest.approx(30 * 40, rel=0.1)
    assert all(Path(path).is_file() for path in analysis["files"].values())
    assert set(analysis["files"]) == {"h5", "json", "csv"}
    assert "blank" in told["refused"][0]["reason"]
    assert any("letter.dcm" in problem["sentence"] for problem in told["problems"])
    assert "Research use only" in told["notice"]
    assert list((place / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["in", "--package", "tiny-brigth"], 2, 'Did you mean "tiny-bright"'),
        (["nowhere", "--package", "tiny-bright"], 2, "nowhere"),
        (["in", "--export", "docx"], 2, 'No export "docx"'),
        (["packages", "--package", "tiny-bright"], 1, "No image was found"),
        (["in/blank.png", "--package", "tiny-bright"], 1, "blank"),
    ],
)
def test_exit_codes(place: Path, words: list[str], code: int, sentence: str) -> None:
    """Wrong usage is 2, nothing done is 1, each with its sentence."""
    path, *rest = words
    done, out, err = call(place, "analyse", str(place / path), "--out", str(place / "o"), *rest)
    assert done == code
    assert sentence in out + err
    assert "Traceback" not in err


def test_interrupt_is_130_and_leaves_nothing(place: Path) -> None:
    """Ctrl-C ends verb and children within seconds; no file of the run is left."""
    process = start(
        place,
        *("analyse", str(place / "in" / "film.png"), "--package", "tiny-many-calls"),
        *("--out", str(place / "stopped")),
    )
    for _ in range(300):
        if list((place / "tmp").glob("medimg-run-*/job-*")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Cancelled" in err and "Traceback" not in err
    assert list((place / "tmp").iterdir()) == []


def test_packages(place: Path) -> None:
    """List, show and verify; a changed byte makes `verify` fail by name."""
    code, out, _ = call(place, "packages", "list", "--json")
    assert code == 0
    assert {"tiny-bright", "tiny-many-calls"} <= {p["id"] for p in json.loads(out)["packages"]}
    code, out, _ = call(place, "packages", "show", "tiny-bright")
    assert code == 0 and "Non-commercial" not in out and "Apache-2.0" in out
    config = place / "packages" / "tiny-many-calls" / "configs" / "inference.json"
    config.write_text(config.read_text() + " ")
    code, out, _ = call(place, "packages", "verify")
    assert code == 1
    assert "tiny-bright: whole" in out
    assert "tiny-many-calls: configs/inference.json of tiny-many-calls was changed" in out


def test_a_record_runs_again_to_the_same_answer(place: Path, tmp_path: Path) -> None:
    """Equal where nothing changed; other pixels and a lost image are each a sentence."""
    out = tmp_path / "out"
    words = ("--package", "tiny-bright", "--out", str(out), "--json")
    code, text, _ = call(place, "analyse", str(place / "in" / "film.png"), *words)
    assert code == 0
    (record,) = out.rglob("*.h5")
    code, text, err = call(place, "replay", str(record), "--json")
    assert code == 0, err
    assert json.loads(text)["differences"] == []
    code, _, err = call(place, "replay", str(record), "--images", str(place / "in" / "blank.png"))
    assert code == 1 and "other pixels" in err
