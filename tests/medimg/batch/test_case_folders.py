"""Folder names: readable, safe, and one for each series."""

from __future__ import annotations

from dataclasses import replace

from medimg.batch.case_folders import case_folder, mark
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, Patient, Series, Study

DICOM = Series(
    id="1",
    label="FLAIR",
    format="dicom",
    modality="MR",
    frames=(Frame("a/1.dcm", sop_instance_uid="1.2.3"),),
    geometry=Geometry((1, 2, 2)),
    uid="1.2",
    number=4,
    patient=Patient(id="../../7/ä", name="Doe^Jane"),
    study=Study(date="20200121"),
)


def test_name_is_safe_and_without_the_patients_name() -> None:
    """No path, no name, no strange letter gets into a folder's name."""
    name = case_folder(DICOM)
    assert name == f"7-20200121-4-FLAIR-{mark(DICOM)}"
    assert "Doe" not in name


def test_same_uids_in_two_files_are_two_folders() -> None:
    """Two images that wrongly carry one UID do not overwrite each other's results."""
    other = replace(DICOM, frames=(Frame("a/2.dcm", sop_instance_uid="1.2.3"),))
    assert case_folder(other) != case_folder(DICOM)


def test_moved_dicom_is_the_same_case_and_pictures_go_by_their_path() -> None:
    """A moved folder resumes; two pictures of one name in two folders are two cases."""
    moved = replace(DICOM, frames=(Frame("b/1.dcm", sop_instance_uid="1.2.3"),))
    assert case_folder(moved) == case_folder(DICOM)
    picture = replace(DICOM, format="picture", uid="", frames=(Frame("a/film.png"),))
    elsewhere = replace(picture, frames=(Frame("b/film.png"),))
    assert case_folder(picture).startswith("film-")
    assert case_folder(picture) != case_folder(elsewhere)
