"""DICOMDIR: the series it lists are read once, and the files that are not there are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.fileset import FileSet

from medimg.reading import read, scan
from tests.medimg.reading.truth import kinds, share_wrong
from tests.phantoms import write_stack


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc with one series, whose names have no suffix."""
    write_stack(tmp_path / "stack", count=5)
    disc = FileSet()
    for file in sorted((tmp_path / "stack").iterdir()):
        dataset = dcmread(file)
        dataset.StudyTime, dataset.StudyID, dataset.AccessionNumber = "120000", "1", ""
        dataset.StudyDescription = "CT"
        disc.add(dataset)
    disc.write(tmp_path / "disc")
    return tmp_path / "disc"


@pytest.mark.parametrize("opened", ["", "DICOMDIR"])
def test_the_series_is_read_once(disc: Path, opened: str) -> None:
    """Through the folder, or by naming the index alone."""
    (series,) = scan(disc / opened).series
    assert len(series.frames) == 5 and share_wrong(read(series)) < 0.002
    assert not series.problems


def test_both_given_is_still_once(disc: Path) -> None:
    (series,) = scan(disc / "DICOMDIR", disc).series
    assert len(series.frames) == 5 and not series.problems


def test_absent_files_are_named(disc: Path) -> None:
    gone = [file for file in sorted(disc.rglob("*")) if file.is_file()][1:3]
    names = ["/".join(file.relative_to(disc).parts) for file in gone]
    for file in gone:
        file.unlink()
    (problem,) = (p for p in scan(disc / "DICOMDIR").problems if p.kind == "files-absent")
    assert "lists 5 files; 2 are not there" in problem.sentence
    assert problem.files == (str(disc / "DICOMDIR"), *names)


def test_names_in_small_letters_are_found(disc: Path) -> None:
    for path in sorted(disc.rglob("*"), reverse=True):
        if path.name != "DICOMDIR":
            path.rename(path.with_name(path.name.lower()))
    found = scan(disc / "DICOMDIR")
    assert "files-absent" not in kinds(found) and len(found.series[0].frames) == 5


def test_a_name_that_leads_out_is_not_followed(disc: Path, tmp_path: Path) -> None:
    """The index may have been written by anyone."""
    raw = (disc / "DICOMDIR").read_bytes()
    (outside,) = (tmp_path / "stack").glob("000*")
    shutil.copy(outside, tmp_path / "SECRET")
    some = next(
        file for file in sorted(disc.rglob("*")) if file.is_file() and file.name != "DICOMDIR"
    )
    listed = "\\".join(some.relative_to(disc).parts).encode()
    evil = b"..\\SECRET".ljust(len(listed))
    (disc / "DICOMDIR").write_bytes(raw.replace(listed, evil))
    found = scan(disc / "DICOMDIR")
    assert "files-absent" in kinds(found)
    assert all(Path(f.file).is_relative_to(disc) for s in found.series for f in s.frames)


def test_a_disc_that_pydicom_ships(tmp_path: Path) -> None:
    """31 files under names without suffix; the index alone leads to the same series."""
    index = get_testdata_file("DICOMDIR")
    assert index is not None
    by_index, by_folder = scan(index), scan(Path(index).parent)
    assert "files-absent" not in kinds(by_index)
    ids = {series.id for series in by_folder.series}
    assert by_index.series and {series.id for series in by_index.series} <= ids


def test_an_index_that_is_cut(disc: Path) -> None:
    path = disc / "DICOMDIR"
    path.write_bytes(path.read_bytes()[:700])
    found = scan(disc)
    assert len(found.series[0].frames) == 5
