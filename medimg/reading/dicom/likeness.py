"""Whether two files hold the same, whatever their encoding: their pixels and headers compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

from medimg.reading.dicom.header.source import read_whole, transfer_syntax
from medimg.reading.dicom.pixels.reading import UNDECODABLE, stored_frames
from medimg.reading.found import Unusable

#: Attributes that say how pixels are written and not what they are; the pixels are compared.
_WRITING = frozenset(
    {
        "PixelData",
        "FloatPixelData",
        "DoubleFloatPixelData",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PlanarConfiguration",
        "SpecificCharacterSet",
        "LossyImageCompression",
        "LossyImageCompressionRatio",
        "LossyImageCompressionMethod",
        "ExtendedOffsetTable",
        "ExtendedOffsetTableLengths",
        "DataSetTrailingPadding",
    }
)
#: Attributes that make an image what it is, beside its pixels: whose, where, and what values mean.
_OF_THE_IMAGE = frozenset(
    {
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "PatientAge",
        "PatientSex",
        "StudyInstanceUID",
        "BodyPartExamined",
        "Modality",
        "ImageType",
        "FrameOfReferenceUID",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PatientOrientation",
        "PixelSpacing",
        "ImagerPixelSpacing",
        "NominalScannedPixelSpacing",
        "SliceThickness",
        "SpacingBetweenSlices",
        "Laterality",
        "ImageLaterality",
        "ViewPosition",
        "NumberOfFrames",
        "GridFrameOffsetVector",
        "SharedFunctionalGroupsSequence",
        "PerFrameFunctionalGroupsSequence",
        "PhotometricInterpretation",
        "PixelPaddingValue",
        "RescaleSlope",
        "RescaleIntercept",
        "RescaleType",
        "ModalityLUTSequence",
        "DoseGridScaling",
        "Units",
    }
)
#: Attributes named in a sentence before the rest are counted.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Written:
    """What one file holds, whatever its encoding.

    Attributes:
        pixels: Digest of the values of all frames; None where they cannot be decoded.
        header: Public attributes by keyword, as plain values; those of the writing left out.
    """

    path: Path
    syntax: str
    pixels: bytes | None
    header: dict[str, object]


def apart(paths: Sequence[Path]) -> list[list[Path]]:
    """Put files with equal bytes together, in their order."""
    by_bytes: dict[bytes, list[Path]] = {}
    for path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        by_bytes.setdefault(digest, []).append(path)
    return list(by_bytes.values())


def written(path: Path) -> Written | None:
    """Open a file to be compared; None where that cannot be done."""
    try:
        dataset = read_whole(path)
        header = {key: value for key, value in _plain(dataset) if key not in _WRITING}
        syntax = UID(transfer_syntax(dataset)).name
        return Written(path, syntax, _digest(path, dataset), header)
    except (Unusable, *UNDECODABLE):
        return None


def unlike(one: Written, other: Written) -> tuple[str, ...]:
    """Attributes in which two headers differ, sorted."""
    keys = {*one.header, *other.header}
    return tuple(sorted(key for key in keys if one.header.get(key) != other.header.get(key)))


def is_one_image(one: Written | None, other: Written | None) -> bool:
    """Whether two files show one image: the same pixels, and what gives them their meaning."""
    if one is None or other is None or one.pixels != other.pixels:
        return False
    return not _OF_THE_IMAGE.intersection(unlike(one, other))


def is_one_object(one: Written | None, other: Written | None) -> bool:
    """Whether two files say the same: but for their encoding nothing differs."""
    if one is None or other is None or one.pixels != other.pixels:
        return False
    return not unlike(one, other)


def why(one: Written | None, other: Written | None) -> str:
    """Why two files of one name are not the same, in words."""
    if one is None or other is None:
        return "one of them cannot be opened to be compared"
    if one.pixels != other.pixels:
        return "their pixels differ"
    keys = unlike(one, other)
    telling = tuple(key for key in keys if key in _OF_THE_IMAGE)
    return f"their headers differ in {_listed(telling or keys)}"


def how(one: Written | None, other: Written | None) -> str:
    """In what two writings of the same differ, in words."""
    if one is None or other is None:
        return why(one, other)
    parts = []
    if one.syntax != other.syntax:
        parts.append(f"encoded as {one.syntax} and as {other.syntax}")
    if keys := unlike(one, other):
        parts.append(f"with headers that differ in {_listed(keys)}")
    return ", ".join(parts) or "encoded otherwise"


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _digest(path: Path, dataset: FileDataset) -> bytes | None:
    """A digest of the values of all frames: byte order, compression and word size aside."""
    if not {"PixelData", "FloatPixelData", "DoubleFloatPixelData"} & set(dataset.dir("PixelData")):
        return b""
    digest = hashlib.sha256()
    count = int(dataset.get("NumberOfFrames") or 1)
    with closing(stored_frames(path, dataset, range(count))) as frames:
        for frame in frames:
            digest.update(str(frame.shape).encode())
            wide = "<f8" if frame.dtype.kind == "f" else "<i8"
            digest.update(np.ascontiguousarray(frame, dtype=wide).tobytes())
    return digest.digest()


def _plain(dataset: Dataset) -> Iterator[tuple[str, object]]:
    """Public elements by keyword, as values that no encoding changes."""
    for element in dataset:
        if element.tag.is_private or element.tag.group == 2 or element.tag.element == 0:
            continue
        key = element.keyword or str(element.tag)
        if key in _WRITING:
            continue
        if key == "PhotometricInterpretation" and str(element.value).startswith("YBR"):
            yield key, ["RGB"]  # what its pixels are decoded to
        elif element.VR == "SQ":
            yield key, [dict(_plain(item)) for item in element.value]
        elif isinstance(element.value, bytes):
            yield key, element.value.rstrip(b"\0")
        else:
            value = element.value
            many = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
            yield key, [_text(one) for one in many]


def _text(value: object) -> float | str:
    """A number as such, since '1.0' and '1.000' are one; any other value as its text."""
    if isinstance(value, int | float):
        return float(value)
    return "" if value is None else str(value).strip()
