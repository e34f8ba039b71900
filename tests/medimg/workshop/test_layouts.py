"""Folders are known by their header, real ones and planted ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import LAYOUTS, cases, recognise

COUNTS = {"cxr-tb-lungs": 682, "cxr-jsrt": 196, "cxr-opacity": 876, "mri-glioma-seg": 94}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", LAYOUTS)
def test_real_folders_are_recognised(name: str, shared_data: Path) -> None:
    layout = recognise(shared_data / name)
    assert layout.name == name
    found = cases(shared_data / name, layout)
    assert len(found) == COUNTS[name]
    assert all(case.images[0].is_file() for case in found[:3])


@pytest.mark.shared_data
def test_real_rows_can_be_chosen_and_carry_boxes(shared_data: Path) -> None:
    folder = shared_data / "cxr-tb-lungs"
    films = cases(folder, recognise(folder), {"site": "montgomery"})
    assert len(films) == 119
    assert all(case.masks[0] is not None for case in films)
    folder = shared_data / "cxr-opacity"
    films = cases(folder, recognise(folder))
    assert sum(len(case.boxes) for case in films) == 445
    assert all(bool(case.boxes) == (case.row["label"] == "opacity") for case in films)


def test_slices_are_put_in_order(tmp_path: Path) -> None:
    text = "file,mask,patient,slice\nb.jpg,,P,10\na.jpg,m.png,P,9\nc.jpg,,Q,1\n"
    (tmp_path / "slices.csv").write_text(text)
    first, second = cases(tmp_path, recognise(tmp_path))
    assert [path.name for path in first.images] == ["a.jpg", "b.jpg"]
    assert first.masks == (tmp_path / "m.png", None)
    assert second.patient == "Q"


def test_other_folders_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("name,value\na,1\n")
    with pytest.raises(InputRefused, match="cxr-jsrt"):
        recognise(tmp_path)


def test_an_unreadable_table_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,\xff\xfe\n")
    with pytest.raises(InputRefused, match=r"labels\.csv cannot be read"):
        recognise(tmp_path)
