"""Files: what is damaged, mislabelled or no image is said in a sentence; the rest goes on."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from medimg.reading import read, scan
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import MR_IMAGE, axial, save, write_stack


def _only_problem(folder: Path, kind: str, file: str) -> str:
    """The sentence of the one file problem, checked for its kind and file."""
    found = scan(folder)
    (problem,) = found.problems
    assert (problem.kind, problem.files) == (kind, (str(folder / file),))
    assert file in problem.sentence and problem.sentence.endswith(".")
    return problem.sentence


class TestBesideGoodSlices:
    """Whatever lies beside three good slices, they are read."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        write_stack(tmp_path, count=3)
        return tmp_path

    @pytest.fixture(autouse=True)
    def slices_are_read(self, folder: Path) -> object:
        yield
        (series,) = scan(folder).series
        assert share_wrong(read(series)) < 0.002

    def test_empty_file(self, folder: Path) -> None:
        (folder / "e.dcm").touch()
        _only_problem(folder, "empty-file", "e.dcm")

    def test_text_named_dcm(self, folder: Path) -> None:
        (folder / "t.dcm").write_text("Dear colleague, the disc did not burn.\n" * 9)
        assert "holds text" in _only_problem(folder, "not-dicom", "t.dcm")

    def test_junk_is_listed_as_ignored(self, folder: Path) -> None:
        (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 99)
        _only_problem(folder, "ignored", "Thumbs.db")

    def test_other_files_in_gzip_are_named(self, folder: Path) -> None:
        png = b"\x89PNG\r\n\x1a\n" + bytes(40)
        (folder / "x.png.gz").write_bytes(gzip.compress(png))
        assert "PNG" in _only_problem(folder, "gzip", "x.png.gz")
        (folder / "x.png.gz").unlink()
        tar = bytes(257) + b"ustar" + bytes(300)
        (folder / "x.tgz").write_bytes(gzip.compress(tar))
        assert "tar archive" in _only_problem(folder, "gzip", "x.tgz")

    def test_gzip_that_is_cut(self, folder: Path) -> None:
        packed = gzip.compress((folder / "000.dcm").read_bytes())
        (folder / "g.dcm").write_bytes(packed[: len(packed) // 2])
        _only_problem(folder, "truncated", "g.dcm")

    def test_tiff_without_a_page(self, folder: Path) -> None:
        (folder / "scan.tif").write_bytes(b"II*\0" + bytes(200))
        assert "no page" in _only_problem(folder, "decode-failed", "scan.tif")

    def test_sequences_nested_without_end(self, folder: Path) -> None:
        begin = b"\x08\x00\x15\x11SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4
        end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
        raw = save(axial(9), folder / "bomb.dcm").read_bytes()
        place = raw.index(b"\x10\x00\x10\x00PN")
        spoiled = raw[:place] + begin * 20_000 + end * 20_000 + raw[place:]
        (folder / "bomb.dcm").write_bytes(spoiled)
        _only_problem(folder, "nested-too-deep", "bomb.dcm")

    def test_element_of_four_gigabytes_takes_no_memory(self, folder: Path) -> None:
        raw = save(axial(9), folder / "big.dcm").read_bytes()
        place = raw.index(b"\x10\x00\x10\x00PN")
        huge = b"\x08\x00\x15\x21UT\0\0" + struct.pack("<L", 4_294_967_280)
        (folder / "big.dcm").write_bytes(raw[:place] + huge + raw[place:])
        tracemalloc.start()
        _only_problem(folder, "bad-length", "big.dcm")
        assert tracemalloc.get_traced_memory()[1] < 20e6
        tracemalloc.stop()

    def test_circling_link_ends(self, folder: Path) -> None:
        (folder / "again").symlink_to(folder, target_is_directory=True)
        assert scan(folder).n_files == 3


@pytest.mark.parametrize(
    ("rows", "frames", "declared"), [(65535, 10_000, "85.9 TB"), (60_000, 1, "7.2 GB")]
)
def test_huge_picture_is_refused_before_memory_is_taken(
    tmp_path: Path, rows: int, frames: int, declared: str
) -> None:
    dataset = axial(0)
    dataset.Rows = dataset.Columns = rows
    dataset.NumberOfFrames = frames
    save(dataset, tmp_path / "x.dcm")
    sentence = _only_problem(tmp_path, "too-large", "x.dcm")
    assert f"declares {declared}" in sentence and "holds 8.19 KB" in sentence


def test_deflate_bomb_is_not_opened(tmp_path: Path) -> None:
    dataset = axial(0)
    dataset.Rows = dataset.Columns = 9_000
    dataset.PixelData = bytes(9_000 * 9_000 * 2)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    save(dataset, tmp_path / "x.dcm")
    assert "200 times" in _only_problem(tmp_path, "too-large", "x.dcm")


def test_truncated_slice_says_have_and_want(tmp_path: Path) -> None:
    path = save(axial(0), tmp_path / "x.dcm")
    path.write_bytes(path.read_bytes()[:-4000])
    assert "it has 4192 of 8192 bytes" in _only_problem(tmp_path, "truncated", "x.dcm")


def test_fewer_frames_than_declared(tmp_path: Path) -> None:
    dataset = axial(0)
    dataset.NumberOfFrames = 20
    dataset.PixelData = dataset.PixelData * 12
    save(dataset, tmp_path / "x.dcm")
    assert "declares 20 frames and holds 12" in _only_problem(tmp_path, "frames-missing", "x.dcm")


def test_picture_without_pixels(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda d, k: d.__delattr__("PixelData") if k == 2 else None, count=6)
    (series,) = scan(tmp_path).series
    assert {"no-pixels", "missing-slice"} == {p.kind for p in series.problems}


def _without_transfer_syntax(raw: bytes) -> bytes:
    place = raw.index(b"\x02\x00\x10\x00UI")
    length = struct.unpack("<H", raw[place + 6 : place + 8])[0]
    group = struct.unpack("<L", raw[140:144])[0] - 8 - length
    cut = raw[:place] + raw[place + 8 + length :]
    return cut[:140] + struct.pack("<L", group) + cut[144:]


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("transfer-syntax-missing", _without_transfer_syntax),
        ("transfer-syntax-wrong",
         lambda raw: raw.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1)),
        ("trailing-bytes", lambda raw: raw + np.random.default_rng(3).bytes(4096)),
        ("preamble-not-empty", lambda raw: b"MZ" + raw[2:]),
    ],
)  # fmt: skip
def test_small_departures_are_notes(tmp_path: Path, kind: str, spoil: object) -> None:
    for path in write_stack(tmp_path, count=3):
        path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == [kind]
    assert series.grave == ()
    assert share_wrong(read(series)) < 0.002


def test_no_preamble(tmp_path: Path) -> None:
    for k in range(3):
        with (tmp_path / f"IM{k}").open("wb") as file:
            stream = DicomFileLike(file)
            stream.is_little_endian, stream.is_implicit_VR = True, True
            dataset = axial(k)
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            write_dataset(stream, dataset)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["no-preamble"]
    assert share_wrong(read(series)) < 0.002


def test_pixels_longer_than_the_picture(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda d, k: setattr(d, "PixelData", d.PixelData + bytes(512)), count=3)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["extra-bytes"]
    assert "512 bytes" in series.problems[0].sentence
    assert share_wrong(read(series)) < 0.002


@pytest.mark.parametrize(
    ("uid", "kind"), [(MR_IMAGE, "sop-class-differs"), ("1.2.3.4.5", "unknown-sop-class")]
)
def test_odd_storage_class_is_a_note(tmp_path: Path, uid: str, kind: str) -> None:
    write_stack(tmp_path, lambda d, k: setattr(d, "SOPClassUID", uid), count=3)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == [kind]


def test_bad_header_values_are_told_and_unknown(tmp_path: Path) -> None:
    def spoil(raw: bytes) -> bytes:
        raw = raw.replace(b"045Y", b"ABC ").replace(b"DA\x08\x0020260101", b"DA\x08\x0020261341")
        return raw.replace(b"CS\x02\x00O ", b"CS\x02\x007 ")

    for path in write_stack(tmp_path, count=3):
        path.write_bytes(spoil(path.read_bytes()))
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["bad-value"] * 3
    assert series.patient.age_years is None
    assert (series.patient.sex, series.study.date) == ("", "")


def test_name_outside_its_character_set_is_marked_not_dropped(tmp_path: Path) -> None:
    def name(dataset: object, k: int) -> None:
        dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Muller"  # type: ignore[attr-defined]

    for path in write_stack(tmp_path, name, count=3):
        path.write_bytes(path.read_bytes().replace(b"Muller", b"M\xfcller"))
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["charset-wrong"]
    assert series.patient.name == "M\ufffdller"


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_stack_lies_right(tmp_path: Path, syntax: str) -> None:
    for k in range(4):
        dataset = axial(k)
        dataset.compress(syntax)
        save(dataset, tmp_path / f"{k}.dcm")
    (series,) = scan(tmp_path).series
    assert series.problems == ()
    assert share_wrong(read(series)) < 0.002


def test_missing_delimiter_is_a_note(tmp_path: Path) -> None:
    for k in range(3):
        dataset = axial(k)
        dataset.compress(RLELossless)
        path = save(dataset, tmp_path / f"{k}.dcm")
        path.write_bytes(path.read_bytes().removesuffix(b"\xfe\xff\xdd\xe0\0\0\0\0"))
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["delimiter-missing"]
    assert share_wrong(read(series)) < 0.002


def test_deflated_stack_lies_right(tmp_path: Path) -> None:
    def deflate(dataset: object, k: int) -> None:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian  # type: ignore[attr-defined]

    write_stack(tmp_path, deflate, count=3)
    (series,) = scan(tmp_path).series
    assert series.problems == ()
    assert share_wrong(read(series)) < 0.002


def test_names_in_any_script(tmp_path: Path) -> None:
    write_stack(tmp_path / "Köln 東京 🩻", count=3)
    (series,) = scan(tmp_path).series
    assert share_wrong(read(series)) < 0.002
