"""The verb that says why: answers, files, and sentences for wrong wishes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.packages.catalogue import EXTRA_FOLDERS
from medimg.results import record
from tests import tiny_packages
from tests.medimg.cli.test_analyse import call


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a bright square beside a package that marks what is bright."""
    root = tmp_path_factory.mktemp("explain")
    (root / "tmp").mkdir()
    tiny_packages.bright(root / "packages")
    image = np.random.default_rng(0).integers(0, 60, (64, 80)).astype(np.uint8)
    image[10:40, 20:60] += 180
    Image.fromarray(image).save(root / "film.png")
    return root


def test_it_answers_with_figures_and_files(place: Path) -> None:
    assert EXTRA_FOLDERS  # where the tiny package is found
    code, out, _ = call(
        place, "explain", str(place / "film.png"), "--package", "tiny-bright", "--method",
        "default:budget=60,integrated-gradients:most_steps=8:seed=3", "--out", str(place / "out"),
        "--json",
    )  # fmt: skip
    assert code == 0
    (told,) = json.loads(out)["explained"]
    occlusion, path = told["maps"]
    assert (occlusion["method"], path["method"]) == ("occlusion", "integrated-gradients")
    names = [check["name"] for check in path["checks"]]
    assert names == ["deletion-gain", "insertion-gain", "lead", "completeness", "agreement"]
    assert path["parameters"]["asked"] == "integrated-gradients:most_steps=8:seed=3"
    assert path["badge"] in ("weak", "not reliable")
    kept = record.load(told["files"]["h5"])
    assert [one.method for one in kept.explanations] == ["occlusion", "integrated-gradients"]
    with Image.open(told["files"]["seen"]) as seen:
        assert seen.size == (32, 32)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "gradcam"), 'Did you mean "grad-cam"'),
        (("--target", "Fracture"), 'has no label "Fracture"; it has: FLAIR change'),
        (("--method", "grad-cam"), "names no layer for grad-cam"),
    ],
)
def test_a_wrong_wish_is_a_sentence(place: Path, words: tuple[str, ...], said: str) -> None:
    code, _, err = call(
        place, "explain", str(place / "film.png"), "--package", "tiny-bright", *words, "--out",
        str(place / "wrong"),
    )  # fmt: skip
    assert code in (1, 2)
    assert said in err
    assert "Traceback" not in err


def test_the_list_names_cost_and_needs(place: Path) -> None:
    code, out, _ = call(place, "explain", "--list", "--json")
    rows = {row["method"]: row for row in json.loads(out)["methods"]}
    assert code == 0
    assert rows["own-map"]["passes"] == 1.0
    assert rows["grad-cam"]["needs"] == ["gradients", "layer"]
