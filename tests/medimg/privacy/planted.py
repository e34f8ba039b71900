"""A patient who is nobody, written into every place of a DICOM file that can hold a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pydicom
from pydicom.data import get_testdata_file
from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from medimg.privacy.table import BASIC

FAMILY, GIVEN, NUMBER, DAY = "Quuxley", "Zorblatt", "QX77123456", "19470823"
ACCENTED, JAPANESE = "Jürgßenqx", "山田鯰"
NAME = f"{FAMILY}^{GIVEN}"
SENTENCE = f"{FAMILY} {GIVEN} {NUMBER} {DAY}"

#: What is planted, by value representation.
VALUES = {
    "PN": NAME,
    "DA": DAY,
    "DT": f"{DAY}134759",
    "TM": "134759.774411",
    "AS": "077Y",
    "CS": FAMILY.upper(),
    "AE": FAMILY,
    "SH": NUMBER,
    "IS": "7712345",
    "DS": "7712345",
    "UI": f"1.2.276.0.9999.{DAY}.1",
    "UR": f"http://host/{FAMILY}/{NUMBER}",
    **dict.fromkeys(("LO", "LT", "ST", "UC", "UT"), SENTENCE),
    **dict.fromkeys(("OB", "UN"), SENTENCE.encode() + b" "),
}

#: Attributes that hold a kind and not a text: a wrong one makes another file of it, not a leak.
_STRUCTURE = re.compile(r"ClassUID|SOPClass|TransferSyntax|CodingSchemeUID|ContextUID|MappingRes")
_NOT_HERE = ("SpecificCharacterSet", "Modality", "PixelData", "CodeValue", "CodingSchemeVersion")

#: As bytes, in every spelling that a file may have them in.
NEEDLES: tuple[bytes, ...] = (
    *(
        spelled
        for word in (FAMILY, FAMILY.upper(), GIVEN, NUMBER, DAY, "7712345", "134759.774411")
        for spelled in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    ),
    *(ACCENTED.encode("latin-1"), ACCENTED.encode()),
    *(JAPANESE.encode(), JAPANESE.encode("iso2022_jp")[3:-3]),
)


def found_in(data: bytes) -> list[bytes]:
    """The planted words that bytes still hold."""
    return [needle for needle in NEEDLES if needle in data]


def planted() -> bytes:
    """A small CT image with the patient in all of it, as the bytes of a file."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.remove_private_tags()
    with pydicom.config.disable_value_validation():
        for tag, vr in _texts():
            dataset.add_new(tag, vr, VALUES[vr])
        dataset.PatientName, dataset.PatientID = NAME, NUMBER
        dataset.OtherPatientIDs = ["7712345", NUMBER]
        _nest(dataset)
        _private(dataset)
        _graphics(dataset)
        dataset.DataSetTrailingPadding = SENTENCE.encode() + b" "
        return _written(dataset)


def spelled(charset: list[str], name: str) -> bytes:
    """The same image of a patient whose name is in another script."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.SpecificCharacterSet = charset
    for keyword in ("PatientName", "OperatorsName", "PhysiciansOfRecord"):
        setattr(dataset, keyword, name)
    for keyword in ("Manufacturer", "PatientComments", "StudyDescription", "RescaleType"):
        setattr(dataset, keyword, f"of {name}")
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def _texts() -> Iterator[tuple[int, str]]:
    """All text attributes of the dictionary in which the patient may be named."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        is_listed = (tag >> 16, tag & 0xFFFF) in BASIC
        is_open = keyword and not _STRUCTURE.search(keyword) and keyword not in _NOT_HERE
        if vr not in VALUES or not is_open or (tag >> 16) < 0x0008 or (tag >> 16) == 0x0028:
            continue
        if is_listed or vr not in ("OB", "IS", "DS", "UN", "TM"):
            yield tag, vr


def _nest(dataset: FileDataset) -> None:
    """Names four sequences deep, in a report's content, in an operator, in a person's code."""
    inner = Dataset()
    for keyword in ("PatientName", "PersonName", "TextValue", "SeriesDescription", "Date"):
        vr = DicomDictionary[tag_for_keyword(keyword)][0]
        inner.add_new(tag_for_keyword(keyword), vr, VALUES[vr])
    inner.private_block(0x0011, "ACME", create=True).add_new(1, "LO", SENTENCE)
    for keyword in ("ContentSequence", "ContentSequence", "ReferencedImageSequence"):
        outer = Dataset()
        setattr(outer, keyword, Sequence([inner]))
        inner = outer
    dataset.ContentSequence = Sequence([inner])
    person = Dataset()
    person.CodeValue, person.CodingSchemeDesignator, person.CodeMeaning = NUMBER, "99X", SENTENCE
    dataset.OperatorIdentificationSequence = Sequence([Dataset()])
    dataset.OperatorIdentificationSequence[0].PersonIdentificationCodeSequence = Sequence([person])
    dataset.GraphicAnnotationSequence = Sequence([Dataset()])
    text = Dataset()
    text.UnformattedTextValue = SENTENCE
    dataset.GraphicAnnotationSequence[0].TextObjectSequence = Sequence([text])


def _private(dataset: FileDataset) -> None:
    block = dataset.private_block(0x0011, f"ACME {FAMILY}"[:20], create=True)
    for number, (vr, value) in enumerate(VALUES.items(), start=1):
        block.add_new(number, vr, value)
    block.add_new(0x40, "OB", SENTENCE.encode("utf-16-le"))
    block.add_new(0x41, "SQ", Sequence([Dataset()]))
    dataset.add_new(0x00190001, "UN", SENTENCE.encode() + b" ")  # without a creator


def _graphics(dataset: FileDataset) -> None:
    """An overlay plane, a curve, an icon and a document with the patient in their bytes."""
    raw = SENTENCE.encode() * 8
    raw += b" " * (len(raw) % 2)
    dataset.add_new(0x60000010, "US", 64)
    dataset.add_new(0x60000011, "US", 64)
    dataset.add_new(0x60003000, "OW", raw)
    for tag, vr in ((0x60000022, "LO"), (0x60001500, "LO"), (0x60004000, "LT")):
        dataset.add_new(tag, vr, SENTENCE)
    dataset.add_new(0x50003000, "OW", raw)
    dataset.add_new(0x50000030, "SH", NUMBER)
    dataset.IconImageSequence = Sequence([Dataset()])
    dataset.IconImageSequence[0].add_new(0x7FE00010, "OB", raw)
    dataset.add_new(0x00420011, "OB", raw)


def _written(dataset: FileDataset) -> bytes:
    dataset.preamble = SENTENCE.encode().ljust(128, b" ")[:128]
    dataset.file_meta.SourceApplicationEntityTitle = FAMILY
    dataset.file_meta.SendingApplicationEntityTitle = FAMILY
    dataset.file_meta.PrivateInformationCreatorUID = VALUES["UI"]
    dataset.file_meta.PrivateInformation = SENTENCE.encode() + b" "
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()
