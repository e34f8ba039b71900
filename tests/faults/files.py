"""Rows of 'Files', first part: what is mislabelled, badly written, or lies beside images."""

from __future__ import annotations

import gzip
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomFileLike
from pydicom.fileset import FileSet
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag
from pydicom.uid import UID, ImplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from medimg.values.series import Scan
from medimg.values.volume import Unit, Volume
from tests.faults.grouping import SECONDARY_CAPTURE
from tests.faults.phantom import (
    MR_IMAGE,
    Cut,
    axial_cuts,
    instance,
    save,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.pictures import picture_of
from tests.faults.truth import Row, Truth

#: Slices of a row whose fault is in each file alike.
SHORT = 12
_PREAMBLE = 128
_GROUP_LENGTH = 140


def rewritten(folder: Path, change: Callable[[bytes], bytes], count: int = SHORT) -> Truth:
    """Write good slices and change the bytes of each file."""
    truth = written(folder, axial_cuts(count))
    for path in folder.glob("*.dcm"):
        path.write_bytes(change(path.read_bytes()))
    return truth


def _text(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    (folder / "letter.dcm").write_text("Dear colleague, the disc did not burn.\n" * 9)
    return truth


def _junk(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts, [f"IM{k:04d}" for k in range(len(cuts))])
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99)
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1" * 99)
    (folder / "readme.txt").write_text("Written by nobody.\n")
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(folder / "preview.jpg")
    return (stack_of(cuts),)


def _no_preamble(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for k, one in enumerate(cuts):
        one.dataset.SOPInstanceUID = f"1.2.9.{k + 1}"
        with (folder / f"IM{k:04d}").open("wb") as file:
            stream = DicomFileLike(file)
            stream.is_little_endian, stream.is_implicit_VR = True, True
            one.dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            write_dataset(stream, one.dataset)
    return (stack_of(cuts),)


def _without_syntax(whole: bytes) -> bytes:
    at = whole.index(b"\x02\x00\x10\x00UI")
    length = 8 + struct.unpack("<H", whole[at + 6 : at + 8])[0]
    return _group_length(whole[:at] + whole[at + length :], -length)


def _group_length(whole: bytes, more: int) -> bytes:
    """Change the length that the meta header states."""
    place = slice(_GROUP_LENGTH, _GROUP_LENGTH + 4)
    stated = struct.unpack("<L", whole[place])[0] + more
    return whole[: place.start] + struct.pack("<L", stated) + whole[place.stop :]


def _implicit_label(whole: bytes) -> bytes:
    return whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1)


def _too_long(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.PixelData += bytes(512)
    return written(folder, cuts)


def _odd(folder: Path) -> Truth:
    made = instance("CR")
    made.SOPClassUID = SECONDARY_CAPTURE
    made.Modality, made.ImageType = "OT", ["DERIVED", "SECONDARY"]
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.Rows, made.Columns = 7, 63, 47
    picture = (np.arange(63 * 47) % 251).astype(np.uint8).reshape(63, 47)
    made.PixelData = picture.tobytes() + b"\0"
    made["PixelData"].VR = "OB"
    path = save(made, folder / "x.dcm")
    whole = path.read_bytes()
    stated = struct.pack("<L", picture.size + 1)
    assert whole.count(stated) == 1
    path.write_bytes(whole.replace(stated, struct.pack("<L", picture.size))[:-1])
    return picture_of(picture, Unit.ARBITRARY)


def _sequences(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        inner, outer = Dataset(), Dataset()
        inner.CodeValue, inner.CodingSchemeDesignator, inner.CodeMeaning = "1", "99M", "x"
        outer.ConceptNameCodeSequence = [inner]
        outer["ConceptNameCodeSequence"].is_undefined_length = True
        outer.is_undefined_length_sequence_item = True
        one.dataset.ReferencedStudySequence = [outer]
        one.dataset["ReferencedStudySequence"].is_undefined_length = True
        block = one.dataset.private_block(0x0009, "MEDIMG PHANTOM", create=True)
        block.add_new(1, "SQ", [outer])
        one.dataset[0x0009, 0x1001].is_undefined_length = True
    return written(folder, cuts)


def _zip(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    with zipfile.ZipFile(folder / "series.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.dcm")):
            archive.write(path, path.name)
            path.unlink()
    return truth


def _dicomdir(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(), StudyTime="120000", StudyID="1", AccessionNumber="",
                 StudyDescription="", PatientBirthDate="")  # fmt: skip
    fileset = FileSet()
    for k, one in enumerate(cuts):
        one.dataset.SOPInstanceUID = f"1.2.9.{k + 1}"
        one.dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.9.{k + 1}")
        one.dataset.file_meta.MediaStorageSOPClassUID = one.dataset.SOPClassUID
        fileset.add(one.dataset)
    fileset.write(folder)
    return (stack_of(cuts),)


def _sop_class(folder: Path, uid: str) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), SOPClassUID=uid))


def _charset(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(SHORT), SpecificCharacterSet="ISO_IR 192", PatientName="Muller^Eva")
    truth = written(folder, cuts)
    for path in folder.glob("*.dcm"):
        path.write_bytes(path.read_bytes().replace(b"Muller", b"M\xfcller"))
    return truth


def _name_is_marked(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    name = scan.series[0].patient.name
    return [] if name == "M\ufffdller^Eva" else ["the name is not shown with a mark"]


def raw(one: Cut, keyword: str, vr: str, value: bytes) -> None:
    """Give a slice an element's bytes as they are, past all checks of the writer."""
    tag = Tag(keyword)
    value += b" " * (len(value) % 2)
    one.dataset[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)


def _bad_values(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for k, one in enumerate(cuts):
        raw(one, "PatientAge", "AS", b"ABC")
        raw(one, "PatientSex", "CS", b"0000")
        raw(one, "StudyDate", "DA", b"20261341")
        raw(one, "InstanceNumber", "IS", b"%d.0" % (k + 1))
    return written(folder, cuts)


def _person_is_unknown(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    person, study = scan.series[0].patient, scan.series[0].study
    told = [p for p in scan.series[0].problems if p.kind == "bad-value"]
    faults = (
        [] if (person.age_years, person.sex, study.date) == (None, "", "") else ["a value is used"]
    )
    return faults if len(told) >= 4 else [*faults, f"{len(told)} fields are told"]


def _long_numbers(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        place = "\\".join(f"{v:+022.16f}" for v in one.truth.position or ())
        raw(one, "ImagePositionPatient", "DS", place.encode())
    return written(folder, cuts)


def _any_script(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    names = [f"Schädel {k:02d} 头部 🩻.dcm" for k in range(len(cuts))]
    write(folder / "Köln 東京 🩻", cuts, names)
    return (stack_of(cuts),)


def _long_path(folder: Path) -> Truth:
    return written(
        folder.joinpath(*["a folder with a rather long name " * 2] * 5), axial_cuts(SHORT)
    )


def _gzip(folder: Path) -> Truth:
    truth = written(folder, axial_cuts(SHORT))
    for path in folder.glob("*.dcm"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    return truth


def _nifti(folder: Path) -> Truth:
    whole = bytearray(352 + 16 * 16 * 8 * 2)
    struct.pack_into("<i", whole, 0, 348)
    struct.pack_into("<8h", whole, 40, 3, 16, 16, 8, 1, 1, 1, 1)
    struct.pack_into("<2h", whole, 70, 4, 16)
    whole[344:348] = b"n+1\0"
    (folder / "head.dcm").write_bytes(whole)
    return ()


def _fragments(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
        (frame,) = generate_frames(one.dataset.PixelData, number_of_frames=1)
        one.dataset.PixelData = encapsulate([frame], fragments_per_frame=3, has_bot=False)
    return written(folder, cuts)


def _no_delimiter(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.compress(RLELossless, generate_instance_uid=False)
    truth = written(folder, cuts)
    for path in folder.glob("*.dcm"):
        path.write_bytes(path.read_bytes().removesuffix(b"\xfe\xff\xdd\xe0\0\0\0\0"))
    return truth


def _private(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.add_new(0x00091001, "UN", b"no creator")
        one.dataset.add_new(0x00110003, "UN", b"\1\2\3\4")
        one.dataset.add_new(0x7FE11010, "UN", bytes(64))
    return written(folder, cuts)


def _empty(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    (folder / "empty.dcm").touch()
    return truth


ROWS: tuple[Row, ...] = (
    Row("zero-byte-file", "an empty .dcm beside 40 good slices",
        "reads 40; problem empty-file naming it", _empty, ("empty-file",),
        files=("empty.dcm",)),
    Row("text-named-dcm", "a text file named .dcm beside 40 good slices",
        "reads 40; problem not-dicom naming it", _text, ("not-dicom",), files=("letter.dcm",)),
    Row("junk-beside",
        "Thumbs.db, .DS_Store, readme.txt, a JPEG beside 40 slices without suffix",
        "reads 40; junk listed as ignored", _junk, ("ignored",),
        files=("Thumbs.db", ".DS_Store", "readme.txt", "preview.jpg")),
    Row("no-preamble", "no preamble and no meta header, implicit little endian",
        "reads; note no-preamble", _no_preamble, ("no-preamble",)),
    Row("transfer-syntax-missing", "meta header without TransferSyntaxUID",
        "reads by looking at the bytes; note transfer-syntax-missing",
        lambda folder: rewritten(folder, _without_syntax), ("transfer-syntax-missing",)),
    Row("transfer-syntax-lies", "meta says Implicit, data are Explicit little endian",
        "reads by looking at the bytes; note transfer-syntax-wrong",
        lambda folder: rewritten(folder, _implicit_label), ("transfer-syntax-wrong",)),
    Row("meta-length-wrong", "group 0002 length too small by 40",
        "reads; note meta-length-wrong",
        lambda folder: rewritten(folder, lambda whole: _group_length(whole, -40)),
        ("meta-length-wrong",)),
    Row("pixels-too-long", "PixelData 512 bytes longer than Rows x Columns x 2",
        "reads; note extra-bytes 512", _too_long, ("extra-bytes",), (r"\b512 bytes",)),
    Row("odd-length", "8-bit 63 x 47 picture, PixelData of odd length without pad byte",
        "reads; no problem", _odd),
    Row("undefined-length-sequences",
        "private and standard sequences of undefined length, nested", "reads; no problem",
        _sequences),
    Row("zip-of-series", "the series inside one .zip",
        "reads the members without unpacking to disk, or refuses and says 'zip'", _zip,
        ("from-archive",), files=("series.zip",)),
    Row("dicomdir", "DICOMDIR with files without suffix in a subfolder",
        "reads the series through the DICOMDIR or the folder, once", _dicomdir,
        ("not-an-image",), files=("DICOMDIR",)),
    Row("wrong-sop-class", "CT slices under the MR SOP class, Modality CT",
        "reads; note sop-class-differs", lambda folder: _sop_class(folder, MR_IMAGE),
        ("sop-class-differs",)),
    Row("unknown-sop-class", "an unknown private SOP class", "reads; note unknown-sop-class",
        lambda folder: _sop_class(folder, "1.2.3.4.5"), ("unknown-sop-class",)),
    Row("charset-wrong", "PatientName in Latin-1 bytes, SpecificCharacterSet says UTF-8",
        "reads; problem charset-wrong; name shown with a mark, never dropped", _charset,
        ("charset-wrong",), look=_name_is_marked),
    Row("bad-header-values",
        "PatientAge 'ABC', PatientSex '0000', StudyDate 20261341, InstanceNumber '1.0'",
        "reads; problem bad-value per field; age and sex unknown", _bad_values, ("bad-value",),
        (r"PatientAge", r"PatientSex", r"StudyDate", r"InstanceNumber"),
        look=_person_is_unknown),
    Row("ds-too-long", "positions with 22 digits (DS longer than 16)",
        "reads the numbers; note over-long DS", _long_numbers, ("over-long-ds",)),
    Row("name-non-ascii", "folder and file names with umlauts, CJK, spaces, emoji",
        "reads; no problem", _any_script),
    Row("path-over-260", "path longer than 260 characters", "reads; no problem", _long_path),
    Row("trailing-garbage", "4 KB of random bytes after the data set",
        "reads; note trailing-bytes",
        lambda folder: rewritten(folder, lambda w: w + np.random.default_rng(3).bytes(4096)),
        ("trailing-bytes",)),
    Row("preamble-is-program", "preamble carries an executable's header (MZ)",
        "reads; note preamble-not-empty",
        lambda folder: rewritten(folder, lambda w: b"MZ\x90\0" + w[4:]),
        ("preamble-not-empty",)),
    Row("gzip-dcm", "slices gzip-compressed under the name .dcm",
        "reads; note from-archive", _gzip, ("from-archive",), files=("000.dcm",)),
    Row("nifti-named-dcm", "a NIfTI file named .dcm alone in the folder",
        "problem not-dicom, says it looks like NIfTI", _nifti, ("not-dicom",), (r"NIfTI",),
        ("head.dcm",)),
    Row("fragments-without-table",
        "JPEG 2000 slices in several fragments, empty offset table", "reads; no problem",
        _fragments),
    Row("missing-sequence-delimiter", "RLE slice without the final sequence delimiter",
        "reads; note delimiter-missing", _no_delimiter, ("delimiter-missing",)),
    Row("private-without-creator", "private elements without a creator, odd groups, VR UN",
        "reads; no problem", _private),
)  # fmt: skip
