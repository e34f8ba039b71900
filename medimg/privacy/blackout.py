"""Regions of a picture blacked out: decoded, blanked, stored uncompressed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.pixels.reading import stored_frames
from medimg.reading.found import Unusable
from medimg.values.errors import InputRefused, UsageError

_NATIVE_PHOTOMETRICS = ("MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL")


@dataclass(frozen=True, slots=True)
class Rectangle:
    """First column and row, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Rectangle:
        """Read "X,Y,W,H".

        Raises:
            UsageError: It is not four whole numbers of which the last two are above 0.
        """
        parts = text.split(",")
        if len(parts) != 4 or not all(part.strip().isdigit() for part in parts):
            raise UsageError(f'"{text}" is no region. Write X,Y,W,H in pixels, such as 0,0,512,40.')
        x, y, width, height = map(int, parts)
        if not width or not height:
            raise UsageError(f'"{text}" is an empty region. Write X,Y,W,H in pixels.')
        return cls(x, y, width, height)


def black_out(path: Path, dataset: FileDataset, regions: tuple[Rectangle, ...]) -> UID:
    """Blank regions of every frame, in place; compressed pixels become uncompressed.

    Black is what the picture shows darkest: the least stored value, the greatest one where
    MONOCHROME1, no light where colour.

    Args:
        path: The file of the data set, for the decoding process.

    Returns:
        The transfer syntax that the data set is to be written in.

    Raises:
        InputRefused: The pixels cannot be decoded or are of a kind that is not blanked here.
    """
    syntax = transfer_syntax(dataset)
    if "PixelData" not in dataset:
        raise InputRefused("it has no pixels that can be blacked out here")
    if syntax.is_compressed:
        _open(path, dataset)
        syntax = UID(ExplicitVRLittleEndian)
    array = _stored(dataset, syntax)
    black = _black(dataset, array)
    for region in regions:
        rows = slice(region.y, region.y + region.height)
        columns = slice(region.x, region.x + region.width)
        array[:, rows, columns] = black
    _store(dataset, array)
    return syntax


def _open(path: Path, dataset: FileDataset) -> None:
    """Put decoded frames in the place of compressed ones, and say so in the header."""
    wanted = range(int(dataset.get("NumberOfFrames") or 1))
    try:
        with closing(stored_frames(path, dataset, wanted)) as frames:
            array = np.stack(list(frames))
    except Unusable as unusable:
        raise InputRefused("its pixels cannot be decoded to be blacked out") from unusable
    if array.ndim == 4:
        dataset.PhotometricInterpretation = "RGB"
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = array.dtype.itemsize * 8
    dataset.PixelRepresentation = int(array.dtype.kind == "i")
    element = dataset["PixelData"]
    element.VR = "OB" if array.dtype.itemsize == 1 else "OW"
    little = array.astype(array.dtype.newbyteorder("<")).tobytes()
    element.value = little + b"\0" * (len(little) % 2)
    element.is_undefined_length = False


def _stored(dataset: FileDataset, syntax: UID) -> NDArray[Any]:
    """Stored values as (frames, rows, columns, samples), still in the file's byte order."""
    photometric = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    bits = int(dataset.BitsAllocated)
    if bits not in (8, 16, 32):
        raise InputRefused(f"pixels of {bits} bits are not blacked out here")
    if photometric not in _NATIVE_PHOTOMETRICS:
        raise InputRefused(f"pixels in {photometric} are not blacked out here")
    frames = int(dataset.get("NumberOfFrames") or 1)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    sign = "i" if dataset.get("PixelRepresentation") else "u"
    order = "<" if syntax.is_little_endian else ">"
    kind = np.dtype(f"{order}{sign}{bits // 8}")
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    count = frames * rows * columns * samples
    flat = np.frombuffer(dataset.PixelData, kind, count=count).copy()
    if dataset.get("PlanarConfiguration") and samples > 1:
        planes = flat.reshape(frames, samples, rows, columns)
        return planes.transpose(0, 2, 3, 1)
    return flat.reshape(frames, rows, columns, samples)


def _store(dataset: FileDataset, array: NDArray[Any]) -> None:
    samples = array.shape[3]
    if dataset.get("PlanarConfiguration") and samples > 1:
        array = array.transpose(0, 3, 1, 2)
    data = np.ascontiguousarray(array).tobytes()
    dataset["PixelData"].value = data + b"\0" * (len(data) % 2)


def _black(dataset: FileDataset, array: NDArray[Any]) -> NDArray[Any]:
    """The stored value that is shown darkest, one a sample."""
    photometric = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if photometric == "YBR_FULL":
        return np.array([0, 128, 128], array.dtype)
    if photometric == "RGB":
        return np.zeros(3, array.dtype)
    if photometric == "PALETTE COLOR":
        return np.array([_darkest(dataset)], array.dtype)
    extreme = array.max() if photometric == "MONOCHROME1" else array.min()
    return np.array([extreme], array.dtype)


def _darkest(dataset: FileDataset) -> int:
    """The palette's entry that gives the least light."""
    names = ("Red", "Green", "Blue")
    count, first, bits = dataset["RedPaletteColorLookupTableDescriptor"].value
    kind = "<u2" if int(bits) == 16 else "u1"
    light = np.zeros(int(count) or 1 << 16)
    for name in names:
        data = dataset.get(f"{name}PaletteColorLookupTableData")
        if data is None:
            return int(first)  # a segmented palette; any single entry hides what was there
        light += np.frombuffer(data, kind)[: len(light)]
    return int(first) + int(light.argmin())
