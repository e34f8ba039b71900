"""Files that hold the same: each image and each object counts once, whatever its encoding."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from medimg.reading import read, scan
from medimg.values.series import Scan
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import write_stack


def _again(path: Path, syntax: str, out: Path) -> FileDataset:
    """Write a file anew in another transfer syntax."""
    dataset = pydicom.dcmread(path)
    if syntax in (RLELossless, JPEGLSLossless):
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(out)
        return dataset
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = dataset.pixel_array.byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    little = syntax != ExplicitVRBigEndian
    pydicom.dcmwrite(
        out, dataset, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=little
    )
    return dataset


def _told(found: Scan) -> list[tuple[str, str]]:
    return [(p.kind, p.sentence) for series in found.series for p in series.problems]


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
    ],
)
def test_one_image_in_two_encodings_counts_once(tmp_path: Path, syntax: str) -> None:
    """They were called two images of one name, and the stack was no volume."""
    paths = write_stack(tmp_path, count=12)
    _again(paths[5], syntax, tmp_path / "again.dcm")
    (series,) = scan(tmp_path).series
    ((kind, sentence),) = _told(scan(tmp_path))
    assert kind == "duplicate-file" and len(series.frames) == 12
    # A deflated file is opened before anything looks at it, and told of as the rest is.
    is_named = syntax != DeflatedExplicitVRLittleEndian
    assert (f" and as {UID(syntax).name}" if is_named else "encoded otherwise") in sentence
    assert series.geometry.affine is not None and share_wrong(read(series)) < 0.002


def test_one_image_under_two_headers_counts_once_and_says_where_they_differ(tmp_path: Path) -> None:
    paths = write_stack(tmp_path, count=12)
    other = pydicom.dcmread(paths[5])
    other.InstitutionName, other.WindowCenter = "Elsewhere", 77
    other.save_as(tmp_path / "z.dcm")
    ((kind, sentence),) = _told(scan(tmp_path))
    assert kind == "duplicate-file"
    assert "headers that differ in InstitutionName, WindowCenter" in sentence


@pytest.mark.parametrize("keyword", ["RescaleIntercept", "PatientName", "PixelSpacing"])
def test_equal_pixels_under_a_header_that_means_otherwise_are_no_copy(
    tmp_path: Path, keyword: str
) -> None:
    paths = write_stack(tmp_path, count=12)
    other = pydicom.dcmread(paths[5])
    setattr(other, keyword, {"PatientName": "B^C", "PixelSpacing": [3, 3]}.get(keyword, 5))
    other.save_as(tmp_path / "z.dcm")
    told = [s for k, s in _told(scan(tmp_path)) if k == "same-sop-instance-differs"]
    assert told and all(f"their headers differ in {keyword}" in sentence for sentence in told)


def test_other_pixels_under_one_name_are_a_problem(tmp_path: Path) -> None:
    paths = write_stack(tmp_path, count=12)
    other = pydicom.dcmread(paths[5])
    other.PixelData = np.zeros_like(other.pixel_array).tobytes()
    other.save_as(tmp_path / "z.dcm")
    told = dict(_told(scan(tmp_path)))
    assert "their pixels differ" in told["same-sop-instance-differs"]


def test_copies_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    paths = write_stack(tmp_path / "a", count=3)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "001.dcm").write_bytes(paths[1].read_bytes())
    (problem,) = scan(tmp_path).series[0].problems
    assert problem.sentence == "a/001.dcm and b/001.dcm are the same file; it counts once."
    assert problem.files == (str(paths[1]), str(tmp_path / "b" / "001.dcm"))


def test_all_slices_twice_in_another_encoding_is_one_note(tmp_path: Path) -> None:
    for path in write_stack(tmp_path / "a", count=12):
        (tmp_path / "b").mkdir(exist_ok=True)
        _again(path, ImplicitVRLittleEndian, tmp_path / "b" / path.name)
    (series,) = scan(tmp_path).series
    ((kind, sentence),) = _told(scan(tmp_path))
    assert (kind, len(series.frames)) == ("duplicate-file", 12)
    assert sentence.startswith("12 images came twice, a/000.dcm and b/000.dcm for one")


@pytest.mark.shared_data
def test_two_files_of_one_film(shared_data: Path) -> None:
    """One with a preamble and explicit, one without and implicit: the pixels are the same."""
    found = scan(*sorted((shared_data / "dicom" / "cr-chest").glob("fuji-*.dcm")))
    (series,) = found.series
    assert len(series.frames) == 1
    assert "same-sop-instance-differs" not in {p.kind for p in series.problems}
    assert any("Implicit VR Little Endian" in p.sentence for p in series.problems)


@pytest.mark.shared_data
def test_an_object_that_came_twice_is_listed_once(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "dicom" / "seg-liver-ct"
    for name in ("01.dcm", "02.dcm", "03.dcm", "liver.dcm", "liver_expb.dcm"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / "copy.dcm").write_bytes((source / "liver.dcm").read_bytes())
    (object_,) = scan(tmp_path).objects
    assert {p.kind for p in object_.problems} == {"duplicate-file"}
    told = " ".join(p.sentence for p in object_.problems)
    assert "copy.dcm and liver.dcm are the same file; it counts once." in told
    assert "hold the same object, encoded as" in told and "Big Endian" in told


@pytest.mark.shared_data
def test_objects_of_one_name_that_differ_are_both_listed(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "dicom" / "seg-liver-ct" / "liver.dcm"
    (tmp_path / "liver.dcm").write_bytes(source.read_bytes())
    other = pydicom.dcmread(source)
    other.SegmentSequence[0].SegmentLabel = "Spleen"
    other.save_as(tmp_path / "z.dcm")
    objects = scan(tmp_path).objects
    assert len(objects) == 2 and len({one.id for one in objects}) == 2
    for one in objects:
        (problem,) = (p for p in one.problems if p.kind == "same-sop-instance-differs")
        assert "not the same object: their headers differ in SegmentSequence" in problem.sentence
