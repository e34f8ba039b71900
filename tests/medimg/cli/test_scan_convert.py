"""`medimg scan` and `medimg convert` as a person calls them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from medimg.cli.main import main
from tests import derived_objects
from tests.phantoms import radiograph, save, write_deadly_stack, write_stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_stack(tmp_path / "in", count=8)[3].unlink()
    (tmp_path / "in" / "notes.dcm").write_text("nothing but words, and more of them " * 9)
    return tmp_path / "in"


def test_scan_says_what_is_there_and_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "Phantom Synthetic · ID P1 · O · 45 years" in out
    assert "7 axial slices of 64 x 64" in out
    assert "! A slice is missing between 002.dcm and 004.dcm" in out
    assert "notes.dcm is named like a DICOM file and is none" in out


def test_scan_says_the_same_thing_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(3):
        (tmp_path / f"{n}").mkdir()
        (tmp_path / f"{n}" / "LICENCE.txt").write_text("words")
        film = radiograph()
        film.PhotometricInterpretation, film.SeriesInstanceUID = "MONOCHROME1", f"1.2.{n}"
        save(film, tmp_path / f"{n}" / f"film{n}.dcm")
    assert main(["scan", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("stores white as low values") == 1
    assert "– MONOCHROME1, as above: film2.dcm" in out
    assert "2 more of the same kind: 1/LICENCE.txt, 2/LICENCE.txt." in out
    assert "   [3] " in out and f" · 2{os.sep}film2.dcm" in out
    assert out.endswith("3 series in 6 files.\n")


def test_files_of_one_name_are_told_apart_by_their_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("a", "b/c"):
        write_stack(tmp_path / place, count=3)
        (tmp_path / place / "broken.dcm").write_bytes(b"")
        (tmp_path / place / "001.dcm").write_bytes(b"words" * 99)
    assert main(["scan", str(tmp_path), "--json"]) == 0
    files = [p["files"] for p in json.loads(capsys.readouterr().out)["problems"]]
    assert sorted(files) == [
        [f"{place}/{name}"] for place in ("a", "b/c") for name in ("001.dcm", "broken.dcm")
    ]
    assert main(["scan", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    assert ["b/c/broken.dcm"] in [
        p["files"] for p in json.loads(capsys.readouterr().out)["problems"]
    ]


def test_scan_as_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(folder), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    (series,) = answer["series"]
    assert series["shape"] == [7, 64, 64] and series["affine_lps"] is None
    (problem,) = series["problems"]
    assert (problem["kind"], problem["severity"]) == ("missing-slice", "problem")
    assert answer["problems"][0]["files"] == ["notes.dcm"]


def test_a_slice_that_kills_its_codec_is_named_and_the_rest_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_deadly_stack(tmp_path / "in")
    out = tmp_path / "out.nii.gz"
    assert main(["convert", str(tmp_path / "in"), "-o", str(out), "--json"]) == 1
    assert not out.exists()
    assert "1 of 5 slices could not be decoded" in capsys.readouterr().err
    picture = tmp_path / "out.png"
    assert main(["show", str(tmp_path / "in"), "-o", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "decoder crashed" in capsys.readouterr().err


def test_folder_without_an_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert main(["scan", str(tmp_path)]) == 1
    assert "No image was found in 1 file." in capsys.readouterr().err


def test_wrong_path_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "/no/such/folder"]) == 2
    assert capsys.readouterr().err.strip() == "/no/such/folder does not exist. Check the path."


def test_convert_asks_which_of_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n in (1, 2):
        uid = f"1.2.{n}"
        write_stack(
            tmp_path / str(n),
            lambda d, k, uid=uid: setattr(d, "SeriesInstanceUID", uid),  # type: ignore[misc]
            count=3,
        )
    out = tmp_path / "x.nii.gz"
    assert main(["convert", str(tmp_path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "Choose one by --series N" in said and "  1  CT (3)\n    2  CT (3)" in said
    assert main(["convert", str(tmp_path), "-o", str(out), "--series", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["series"] == "1.2.2"
    assert out.is_file()
    assert main(["convert", str(tmp_path), "-o", str(out), "--series", "7"]) == 2
    assert main(["convert", str(tmp_path), "-o", str(out), "--series", "one"]) == 2


def test_convert_replaces_nothing_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stack(tmp_path / "in", count=3)
    out = tmp_path / "x.nrrd"
    out.write_text("kept")
    assert main(["convert", str(tmp_path / "in"), "-o", str(out)]) == 2
    assert "exists" in capsys.readouterr().err and out.read_text() == "kept"
    assert main(["convert", str(tmp_path / "in"), "-o", str(out), "--overwrite"]) == 0
    assert out.read_bytes().startswith(b"NRRD0005")
    assert main(["convert", str(tmp_path / "in"), "-o", str(tmp_path / "in"), "--overwrite"]) == 2


def test_convert_says_which_of_several_volumes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def echoes(dataset: Dataset, k: int) -> None:
        dataset.EchoTime = 10 * (k % 2 + 1)
        dataset.ImagePositionPatient = [0, 0, 2.5 * (k // 2)]

    write_stack(tmp_path / "in", echoes, count=6, modality="MR")
    told = ["convert", str(tmp_path / "in"), "-o"]
    assert main([*told, str(tmp_path / "two.nii"), "--series", "2", "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("one of 2 volumes of its series (number 2)" in note for note in notes)
    assert main([*told, str(tmp_path / "all.nii"), "--series", "all", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["volumes"]) == 2 and answer["notes"][-1].startswith("The volumes in the file")


def test_objects_are_listed_under_their_study_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    derived_objects.segmentation(derived_objects.stack(tmp_path), [derived_objects.BLOCK]).save_as(
        tmp_path / "seg.dcm"
    )
    assert main(["scan", str(tmp_path)]) == 0
    assert "+ Segmentation: Part 1 · Drawer Anna" in capsys.readouterr().out
    assert main(["scan", "--json", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    (object_,) = found["objects"]
    assert (object_["kind"], object_["contents"]) == ("segmentation", ["Part 1"])
    assert object_["series"] == [found["series"][0]["id"]]
    png = tmp_path / "out" / "a.png"
    png.parent.mkdir()
    assert main(["show", str(tmp_path), "-o", str(png), "--layers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == ["Part 1"]
    drawn = np.asarray(Image.open(png).convert("RGB")).astype(int)
    orange = np.argwhere(np.abs(drawn - [230, 159, 0]).max(axis=2) <= 2)
    assert orange.min(axis=0) == pytest.approx([20, 10], abs=1)
    assert orange.max(axis=0) == pytest.approx([39, 29], abs=1)
