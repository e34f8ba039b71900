"""Files to measure on: CT slices with the header of a real scanner's export, made afresh."""

from __future__ import annotations

import io
import re
import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from medimg.phantoms.compressed import recode

#: Transfer syntaxes by the name that the table prints.
SYNTAXES: dict[str, UID] = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG 2000": JPEG2000Lossless,
}
#: Slices that are encoded; longer stacks repeat them, each under its own header.
DISTINCT = 12
#: Slices in each series of a folder to scan.
A_SERIES = 100

# Stand in the template where each file has its own text.
_SERIES, _INSTANCE, _NUMBER, _PLACE = "7700000077", "8800000088", "0000000099", "-999.125"
_ROOT = "1.2.826.0.1.3680043.10.1.6."


def write_stack(folder: Path, count: int, size: int, syntax: UID) -> list[Path]:
    """Write a stack of `count` slices of `size` x `size` pixels."""
    folder.mkdir()
    kinds = min(count, DISTINCT)
    templates = [_template(slice_values(place, size), syntax) for place in range(kinds)]
    return _write(folder, ((templates[number % kinds], 1, number) for number in range(count)))


def write_folder(folder: Path, count: int) -> list[Path]:
    """Write `count` small slices, `A_SERIES` to a series."""
    folder.mkdir()
    template = _template(slice_values(0, 32), ExplicitVRLittleEndian)
    return _write(
        folder, ((template, 1 + number // A_SERIES, number % A_SERIES) for number in range(count))
    )


def renew(files: Sequence[Path], round_: int) -> None:
    """Give each file a new UID and, where it is uncompressed, a new first pixel.

    So a measured call never meets bytes that an earlier one has seen, and an answer kept from
    one is found out by the comparison.
    """
    mark, native = f"{_ROOT}8".encode(), b"UI\x14\0" + ExplicitVRLittleEndian.encode() + b"\0"
    for path in files:
        with path.open("r+b") as file:
            head = file.read(8192)
            places = [found.start() for found in re.finditer(re.escape(mark), head)]
            for place in places:
                file.seek(place + len(mark) - 1)
                file.write(b"8%04d" % round_)
            if native in head:
                file.seek(head.index(b"\xe0\x7f\x10\0OW\0\0") + 12)
                file.write(round_.to_bytes(2, "little"))


def slice_values(place: int, size: int) -> NDArray[np.uint16]:
    """A body with noise, in stored values of 12 bits, HU + 1024."""
    random = np.random.default_rng(place)
    y, x = np.mgrid[:size, :size] / (size / 2) - 1
    body = (x / 0.8) ** 2 + (y / 0.6) ** 2 < 1
    lungs = ((np.abs(x) - 0.35) / 0.25) ** 2 + (y / 0.4) ** 2 < 1
    hu = np.where(body, 40, -1000) + np.where(lungs & body, -850, 0)
    noise = np.where(body, random.normal(0, 12, hu.shape), 0)
    stored: NDArray[np.uint16] = np.clip(np.rint(hu + noise) + 1024, 0, 4095).astype(np.uint16)
    return stored


def _write(folder: Path, slices: Iterator[tuple[bytes, int, int]]) -> list[Path]:
    paths = []
    for template, series, number in slices:
        path = folder / f"IM{series:04d}_{number:04d}.dcm"
        texts = {
            _SERIES: f"77{series:08d}",
            _INSTANCE: f"80000{series * A_SERIES + number:05d}",
            _NUMBER: f"{number + 1}",
            _PLACE: f"{number * 1.25 - 60:g}",
        }
        file = template
        for element in _VARYING:
            value = element.value
            for mark, text in texts.items():
                value = value.replace(mark, text)
            file = file.replace(_encoded(element, element.value), _encoded(element, value))
        path.write_bytes(file)
        paths.append(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Varying:
    """An element that is another one in each file, its length too: as its template has it."""

    tag: int
    vr: str
    value: str


def _encoded(element: _Varying, value: str) -> bytes:
    """An element in explicit little endian."""
    padded = value.encode() + (
        b"" if len(value) % 2 == 0 else b"\0" if element.vr == "UI" else b" "
    )
    group, number = divmod(element.tag, 0x10000)
    return struct.pack("<HH2sH", group, number, element.vr.encode(), len(padded)) + padded


def _template(stored: NDArray[np.uint16], syntax: UID) -> bytes:
    """One file whose own texts are still the marks."""
    dataset = _header(stored)
    if syntax == JPEGLosslessSV1:
        _compress_by_gdcm(dataset, syntax)
    elif syntax.is_compressed:
        dataset.compress(syntax, encoding_plugin=_PLUGINS[syntax], generate_instance_uid=False)
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _compress_by_gdcm(dataset: Dataset, syntax: UID) -> None:
    """Lossless JPEG, which pydicom does not write."""
    with tempfile.TemporaryDirectory() as folder:
        native, coded = Path(folder, "native"), Path(folder, "coded")
        dcmwrite(native, dataset, enforce_file_format=True)
        recode(native, coded, gdcm.TransferSyntax.GetTSType(str(syntax)))
        dataset.PixelData = dcmread(coded).PixelData
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.file_meta.TransferSyntaxUID = syntax


_PLUGINS = {RLELossless: "pylibjpeg", JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg"}


def _header(stored: NDArray[np.uint16]) -> Dataset:
    """The elements of a scanner's axial slice, private ones and references among them."""
    dataset = Dataset()
    for keyword, value in _ELEMENTS.items():
        setattr(dataset, keyword, value)
    reference = Dataset()
    reference.ReferencedSOPClassUID = CTImageStorage
    reference.ReferencedSOPInstanceUID = _ROOT + "3.1"
    dataset.ReferencedImageSequence = [reference] * 2
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "RPID16", "RADLEX", "CT CHEST"
    dataset.ProcedureCodeSequence = [code]
    for group in (0x0019, 0x0027, 0x0043):
        block = dataset.private_block(group, "MEDIMG SYNTHETIC", create=True)
        for element in range(8):
            block.add_new(element, "DS", f"{element * 1.5:g}")
    dataset.Rows, dataset.Columns = stored.shape
    dataset.PixelData = stored.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


_VARYING = (
    _Varying(0x00020003, "UI", f"{_ROOT}{_INSTANCE}"),  # as long as before: the group length stays
    _Varying(0x00080018, "UI", f"{_ROOT}{_INSTANCE}"),
    _Varying(0x0020000E, "UI", f"{_ROOT}{_SERIES}"),
    _Varying(0x00200013, "IS", _NUMBER),
    _Varying(0x00200032, "DS", f"-180.000\\-180.000\\{_PLACE}"),
    _Varying(0x00201041, "DS", _PLACE),
)

_ELEMENTS: dict[str, object] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "InstanceCreationDate": "20260101",
    "InstanceCreationTime": "101112.000000",
    "SOPClassUID": CTImageStorage,
    "SOPInstanceUID": f"{_ROOT}{_INSTANCE}",
    "StudyDate": "20260101",
    "SeriesDate": "20260101",
    "AcquisitionDate": "20260101",
    "ContentDate": "20260101",
    "StudyTime": "101010.000000",
    "SeriesTime": "101010.000000",
    "AcquisitionTime": "101112.000000",
    "ContentTime": "101112.000000",
    "AccessionNumber": "A0001",
    "Modality": "CT",
    "Manufacturer": "MedImg Workstation",
    "InstitutionName": "Synthetic",
    "ReferringPhysicianName": "",
    "StationName": "CT1",
    "StudyDescription": "CT chest",
    "SeriesDescription": "Chest 1.25 lung",
    "ManufacturerModelName": "synthetic phantom",
    "PatientName": "PHANTOM^Synthetic",
    "PatientID": "P0001",
    "PatientBirthDate": "19700101",
    "PatientSex": "O",
    "PatientAge": "055Y",
    "PatientWeight": "70",
    "BodyPartExamined": "CHEST",
    "ScanOptions": "HELICAL MODE",
    "SliceThickness": "1.25",
    "KVP": "120",
    "SpacingBetweenSlices": "1.25",
    "DataCollectionDiameter": "500",
    "SoftwareVersions": "1",
    "ProtocolName": "Chest",
    "ReconstructionDiameter": "360",
    "DistanceSourceToDetector": "949.147",
    "DistanceSourceToPatient": "541",
    "GantryDetectorTilt": "0",
    "TableHeight": "139.5",
    "RotationDirection": "CW",
    "ExposureTime": "570",
    "XRayTubeCurrent": "200",
    "Exposure": "114",
    "FilterType": "BODY FILTER",
    "GeneratorPower": "24000",
    "FocalSpots": "1.2",
    "ConvolutionKernel": "LUNG",
    "PatientPosition": "FFS",
    "StudyInstanceUID": f"{_ROOT}1.1",
    "SeriesInstanceUID": f"{_ROOT}{_SERIES}",
    "StudyID": "1",
    "SeriesNumber": "2",
    "AcquisitionNumber": "1",
    "InstanceNumber": _NUMBER,
    "ImagePositionPatient": ["-180.000", "-180.000", _PLACE],
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "FrameOfReferenceUID": f"{_ROOT}2.1",
    "PositionReferenceIndicator": "SN",
    "SliceLocation": _PLACE,
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "PixelSpacing": ["0.703125", "0.703125"],
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": "-600",
    "WindowWidth": "1500",
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
}
