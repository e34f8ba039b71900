"""Rows of 'Files', third part: more ways in which bytes and labels part."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.uid import UID, ExplicitVRBigEndian, RLELossless

from medimg.values.series import Scan
from medimg.values.volume import Volume
from tests.faults.damage import beside
from tests.faults.files import ROWS as FILE_ROWS
from tests.faults.files import SHORT, raw, rewritten
from tests.faults.grouping import report
from tests.faults.phantom import (
    axial_cuts,
    save,
    spoil,
    stack_of,
    stored_in,
    write,
    written,
)
from tests.faults.truth import Row, Truth

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def _cut_in_header(folder: Path) -> Truth:
    whole = save(axial_cuts(1, first=12)[0].dataset, folder / "cut.dcm").read_bytes()
    return beside(folder, "cut.dcm", whole[:700])


def _cut_in_meta(folder: Path) -> Truth:
    whole = save(axial_cuts(1, first=12)[0].dataset, folder / "cut.dcm").read_bytes()
    return beside(folder, "cut.dcm", whole[:180])


def _mark_alone(folder: Path) -> Truth:
    return beside(folder, "mark.dcm", bytes(128) + b"DICM")


def _noise(folder: Path) -> Truth:
    noise = np.random.default_rng(9).bytes(20_000)
    return beside(folder, "noise.dcm", bytes(128) + b"DICM" + noise)


def _native_as_rle(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    write(folder, cuts)
    for path in folder.glob("*.dcm"):
        whole = path.read_bytes()
        label = b"1.2.840.10008.1.2.1\0"
        path.write_bytes(whole.replace(label, b"1.2.840.10008.1.2.5\0", 1))
    return (stack_of(cuts),)


def _big_endian_label(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.PixelData = stored_in(one.dataset).astype(">u2").tobytes()
        one.dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    write(folder, cuts)
    for path in folder.glob("*.dcm"):
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b"1.2.840.10008.1.2.2\0", b"1.2.840.10008.1.2.1\0", 1))
    return ()


def _codec_cut(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.compress(RLELossless, generate_instance_uid=False)
    write(folder, cuts)
    path = folder / "005.dcm"
    path.write_bytes(path.read_bytes()[:-60])
    return (stack_of(cuts[:5] + cuts[6:], is_volume=False),)


def _codec_noise(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.compress(UID("1.2.840.10008.1.2.4.90"), generate_instance_uid=False)
    write(folder, cuts)
    path = folder / "005.dcm"
    whole = bytearray(path.read_bytes())
    place = whole.index(b"\xff\x4f\xff\x51") + 60
    whole[place : place + 200] = np.random.default_rng(1).bytes(200)
    path.write_bytes(whole)
    return (stack_of(cuts[:5] + cuts[6:], is_volume=False),)


def _no_rows(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    spoil(cuts[5:6], Rows=None)
    write(folder, cuts)
    return (stack_of(cuts[:5] + cuts[6:], is_volume=False),)


def _rows_zero(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    spoil(cuts[5:6], Rows=0)
    write(folder, cuts)
    return (stack_of(cuts[:5] + cuts[6:], is_volume=False),)


def _pdf(folder: Path) -> Truth:
    truth = written(folder, axial_cuts(SHORT))
    made = report()
    made.SOPClassUID, made.Modality = ENCAPSULATED_PDF, "DOC"
    made.EncapsulatedDocument, made.MIMETypeOfEncapsulatedDocument = b"%PDF-1.4", "application/pdf"
    save(made, folder / "letter.dcm")
    return truth


def _index_alone(folder: Path) -> Truth:
    truth = next(row for row in FILE_ROWS if row.id == "dicomdir").make(folder)
    for path in sorted(folder.rglob("*"))[-3:]:
        path.unlink()
    gone = truth[0].slices
    return (replace(truth[0], slices=gone[:-3]),)


def _links(folder: Path) -> Truth:
    truth = written(folder / "series", axial_cuts(SHORT))
    (folder / "again").symlink_to(folder / "series", target_is_directory=True)
    (folder / "series" / "round").symlink_to(folder, target_is_directory=True)
    (folder / "series" / "broken.dcm").symlink_to(folder / "nowhere.dcm")
    return truth


def _pipe(folder: Path) -> Truth:
    truth = written(folder, axial_cuts(SHORT))
    os.mkfifo(folder / "pipe.dcm")
    return truth


def _twice(folder: Path) -> Truth:
    """The later of the two is the slice's own, which every reader takes."""
    truth = written(folder, axial_cuts(SHORT))
    path, element = folder / "005.dcm", b"\x28\0\x52\x10DS"
    whole = path.read_bytes()
    place = whole.index(element)
    path.write_bytes(whole[:place] + element + b"\4\0-500" + whole[place:])
    return truth


def _empty_zip(folder: Path) -> Truth:
    truth = written(folder, axial_cuts(SHORT))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("x.txt", "nothing")
    return truth


def _bad_uid(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.SeriesInstanceUID = "1.2.03.no-uid"
    return written(folder, cuts)


def _missing_tags(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(SHORT), PatientID=None, PatientName=None, StudyInstanceUID=None,
                 StudyDate=None, PatientSex=None, PatientAge=None, SeriesNumber=None,
                 ImageType=None)  # fmt: skip
    return written(folder, cuts)


def _element_twice(whole: bytes) -> bytes:
    place = whole.index(b"\x10\x00\x20\x00LO")
    length = 8 + struct.unpack("<H", whole[place + 6 : place + 8])[0]
    element = whole[place : place + length]
    return whole[:place] + element + whole[place:]


def _steering(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        raw(one, "PatientName", "PN", b"Doe\x1b[31m^J\x07 ")
        raw(one, "SeriesDescription", "LO", b"head\r\n\x1b[2J")
    return written(folder, cuts)


def _is_printable(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    texts = [text for one in scan.series for text in (one.label, one.description, one.patient.name)]
    return [f"{text!r} is shown" for text in texts if not text.isprintable()]


ROWS: tuple[Row, ...] = (
    Row("cut-in-header", "a file cut inside its header beside good slices",
        "reads the rest; problem no-pixels naming the file", _cut_in_header, ("no-pixels",),
        files=("cut.dcm",)),
    Row("cut-in-meta-header", "a file cut inside its meta header beside good slices",
        "reads the rest; problem naming the file", _cut_in_meta, ("bad-length",),
        files=("cut.dcm",)),
    Row("mark-alone", "a file that ends after its DICM mark", "reads the rest; problem not-dicom",
        _mark_alone, ("not-dicom",), files=("mark.dcm",)),
    Row("noise-after-mark", "20 KB of random bytes after the DICM mark",
        "reads the rest; problem naming the file", _noise, ("bad-length",), files=("noise.dcm",),
        is_hostile=True),
    Row("native-labelled-rle", "native pixels under the RLE transfer syntax",
        "reads by looking at the bytes; note transfer-syntax-wrong", _native_as_rle,
        ("transfer-syntax-wrong",)),
    Row("big-endian-labelled-little", "big endian data under the little endian syntax",
        "refused in words, never with swapped bytes", _big_endian_label, ("bad-length",)),
    Row("compressed-cut", "one RLE slice of twelve cut off",
        "problem truncated naming the file; 3-D analysis refused", _codec_cut,
        ("truncated", "missing-slice"), files=("005.dcm",)),
    Row("codestream-noise", "one JPEG 2000 slice of twelve with noise in its codestream",
        "problem decode-failed naming the file; 3-D analysis refused", _codec_noise,
        ("decode-failed", "missing-slice"), files=("005.dcm",), is_hostile=True),
    Row("rows-missing", "one slice of twelve without Rows",
        "problem decode-failed naming the file; 3-D analysis refused", _no_rows,
        ("decode-failed", "missing-slice"), files=("005.dcm",)),
    Row("rows-zero", "one slice of twelve with Rows 0",
        "problem decode-failed naming the file; 3-D analysis refused", _rows_zero,
        ("decode-failed", "missing-slice"), files=("005.dcm",)),
    Row("attribute-twice", "one slice of twelve with two values of RescaleIntercept",
        "reads, the last value counts; problem naming the file", _twice, ("bad-value",),
        (r"RescaleIntercept stands twice in 005\.dcm",), files=("005.dcm",)),
    Row("pdf-beside", "an encapsulated PDF beside the slices",
        "reads the slices; the document listed, not an image", _pdf, ("not-an-image",),
        files=("letter.dcm",)),
    Row("dicomdir-files-missing", "DICOMDIR names 40 files, three of them are not there",
        "reads 37; problem files-absent that counts them", _index_alone,
        ("not-an-image", "files-absent"), (r"40 files; 3 are not there",)),
    Row("links", "links to the folder, around in a circle, and to nowhere",
        "reads each slice once", _links),
    Row("pipe", "a named pipe among the slices", "reads the slices; does not wait for the pipe",
        _pipe, is_hostile=True),
    Row("zip-beside", "a zip archive without images beside the slices",
        "reads the slices; what the archive holds is listed as ignored", _empty_zip, ("ignored",),
        files=("x.txt",)),
    Row("zip-empty", "a zip archive that holds nothing, beside the slices",
        "reads the slices; problem naming the archive",
        lambda folder: beside(folder, "x.zip", b"PK\5\6" + bytes(18)), ("no-pixels",),
        files=("x.zip",)),
    Row("preamble-is-archive", "preamble begins as a zip archive does",
        "reads; note preamble-not-empty",
        lambda folder: rewritten(folder, lambda whole: b"PK\3\4" + whole[4:]),
        ("preamble-not-empty",)),
    Row("controls-in-texts", "escape sequences and line ends in name and description",
        "reads; nothing that steers a terminal is shown", _steering, look=_is_printable),
    Row("uid-invalid", "SeriesInstanceUID is no UID", "reads one volume; no problem", _bad_uid),
    Row("tags-missing", "no patient, study, number, type", "reads one volume; no problem",
        _missing_tags),
    Row("element-twice", "PatientID present twice", "reads; no problem",
        lambda folder: rewritten(folder, _element_twice)),
)  # fmt: skip
