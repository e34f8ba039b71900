"""A cleaned data set as the bytes of a file, in the transfer syntax that its pixels are in."""

from __future__ import annotations

from io import BytesIO

import pydicom
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medimg.reading.dicom.header.source import transfer_syntax


def written_as(dataset: FileDataset) -> UID:
    """The transfer syntax that the bytes are in, which the meta header may have wrong."""
    syntax = transfer_syntax(dataset)
    implicit, little = dataset.original_encoding
    if not syntax.is_transfer_syntax or syntax.is_encapsulated:
        return syntax
    if (implicit, little) == (syntax.is_implicit_VR, syntax.is_little_endian):
        return syntax
    if implicit:
        return UID(ImplicitVRLittleEndian)
    return UID(ExplicitVRLittleEndian if little else ExplicitVRBigEndian)


def as_file(dataset: FileDataset) -> bytes:
    """Preamble, meta information and data set (PS3.10 7)."""
    if "PixelData" in dataset and dataset["PixelData"].is_undefined_length:
        _make_even(dataset)
    if not dataset.file_meta.TransferSyntaxUID.is_transfer_syntax:
        return _as_encapsulated(dataset)
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _make_even(dataset: FileDataset) -> None:
    """Pad fragments of odd length, which some sources have and no file may have (PS3.5 A.4)."""
    value = dataset.PixelData
    if len(value) % 2:
        count = int(dataset.get("NumberOfFrames") or 1)
        frames = list(generate_frames(value, number_of_frames=count))
        dataset["PixelData"].value = encapsulate(frames, has_bot=False)


def _as_encapsulated(dataset: FileDataset) -> bytes:
    """Write a syntax that pydicom does not know, as all encapsulated ones are (PS3.5 A.4)."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    buffer.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(buffer, dataset.file_meta)
    write_dataset(buffer, dataset)
    return buffer.getvalue()
