"""`medimg data check` finds what was planted: twins across the split, a marker, a lone patient."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.cli.main import main
from medimg.workshop import duplicates, shortcuts
from medimg.workshop.checking import check

SIDE = 48


def picture(generator: np.random.Generator) -> np.ndarray:
    """Smooth noise with as much structure as an image has."""
    coarse = Image.fromarray((generator.random((8, 8)) * 200).astype(np.uint8))
    return np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def folder_of(root: Path, marker: bool, twins: bool) -> Path:
    generator = np.random.default_rng(0)
    rows = ["file,patient,label"]
    for index in range(40):
        image = np.array(picture(generator))
        if marker and index % 2:
            image[:3, :10] = 255
        if twins and index == 1:
            image = np.array(Image.open(root / "0.png"))[:, ::-1]
        Image.fromarray(image).save(root / f"{index}.png")
        rows.append(f"{index}.png,p{index},{'sick' if index % 2 else 'well'}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def test_a_marker_in_a_corner_is_called_a_shortcut(tmp_path: Path) -> None:
    found = check(folder_of(tmp_path, marker=True, twins=False))
    assert found.shortcuts["well"]["border"].low > 0.7
    assert any("Border alone predicts" in sentence for sentence in found.warnings)
    assert found.labels == {"sick": 20, "well": 20}
    assert not found.refusals


def test_without_a_marker_nothing_is_called_a_shortcut(tmp_path: Path) -> None:
    found = check(folder_of(tmp_path, marker=False, twins=False))
    assert not found.warnings
    assert all(one.low < shortcuts.WORTH_SAYING for one in found.shortcuts["well"].values())


def test_a_mirrored_twin_in_another_fold_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(folder_of(tmp_path, marker=False, twins=True))
    # Where both happen to be dealt into one fold there is nothing to refuse: more folds, no chance.
    code = main(["data", "check", folder, "--folds", "40", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 1
    assert "(0 and 1)" in answer["refusals"][0]


def test_every_orientation_of_a_picture_is_known_again() -> None:
    image = picture(np.random.default_rng(3)).astype(float)
    for turn in range(4):
        for turned in (np.rot90(image, turn), np.rot90(image, turn)[:, ::-1]):
            both = np.stack([duplicates.thumbnail(image), duplicates.thumbnail(turned * 0.5 + 9)])
            assert duplicates.pairs(both, ["a", "b"]) == [(0, 1)]
            assert duplicates.pairs(both, ["a", "a"]) == []


def test_a_label_of_one_patient_is_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, marker=False, twins=False)
    text = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(text.replace("p3,sick", "p3,rare"))
    found = check(folder)
    assert any('"rare" comes from one patient only' in sentence for sentence in found.warnings)
    assert any('"rare" is missing from fold' in sentence for sentence in found.warnings)


@pytest.mark.shared_data
def test_the_view_gives_opacity_away(shared_data: Path) -> None:
    found = check(shared_data / "cxr-opacity", target="opacity", group="patient")
    (factors,) = found.shortcuts.values()
    assert factors["view"].value > 0.7
