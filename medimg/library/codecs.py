"""One small picture in each compression, made in memory: what a decoder must give back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from medimg.library.phantoms.dicom import flair, save

SIDE = 64
#: JPEG baseline is lossy; what is smooth survives within this many greys of 255.
LOSSY_TOLERANCE = 4


def picture(top: int = 4095) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """(64, 64) smooth greys from 0 to `top`, not alike in rows and columns."""
    row, column = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    smooth = 0.5 + 0.5 * np.sin(3 * row + 5 * column * row)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    stored: np.ndarray[Any, np.dtype[np.uint16]] = np.round(smooth * top).astype(np.uint16)
    return stored


def write_native(path: Path) -> int:
    """Write it uncompressed; the writers return how far a pixel may be off."""
    save(_dataset(picture()), path)
    return 0


def write_rle(path: Path) -> int:
    """Write it in RLE (PS3.5 annex G)."""
    return _compressed(path, RLELossless, "pydicom")


def write_jpeg_ls(path: Path) -> int:
    """Write it in JPEG-LS, lossless."""
    return _compressed(path, JPEGLSLossless, "pyjpegls")


def write_jpeg_2000(path: Path) -> int:
    """Write it in JPEG 2000, lossless."""
    return _compressed(path, JPEG2000Lossless, "pylibjpeg")


def write_jpeg_baseline(path: Path) -> int:
    """Write it in 8-bit JPEG, which loses a little."""
    dataset = _dataset(picture(255))
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    data = io.BytesIO()
    Image.fromarray(picture(255).astype(np.uint8)).save(data, "JPEG", quality=95)
    dataset.PixelData = encapsulate([data.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.LossyImageCompression = "01"
    save(dataset, path, JPEGBaseline8Bit)
    return LOSSY_TOLERANCE


def write_jpeg_lossless(path: Path) -> int:
    """Write it in lossless JPEG, as many older archives hold; only GDCM makes and reads these."""
    import gdcm

    native = path.with_suffix(".native")
    write_native(native)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(native))
    reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.Write()
    native.unlink()
    return 0


#: Transfer syntax: how a small file of it is made.
CODECS: dict[str, Callable[[Path], int]] = {
    ExplicitVRLittleEndian: write_native,
    RLELossless: write_rle,
    JPEGLSLossless: write_jpeg_ls,
    JPEG2000Lossless: write_jpeg_2000,
    JPEGBaseline8Bit: write_jpeg_baseline,
    JPEGLosslessSV1: write_jpeg_lossless,
}


def _dataset(stored: np.ndarray[Any, np.dtype[np.uint16]]) -> Dataset:
    made = flair(stored[None], (0.0, 0.0, 0.0), (5.0, 1.0, 1.0), (2048.0, 4096.0))[0]
    if stored.max() < 256:
        made.PixelData = stored.astype(np.uint8).tobytes()
    return made


def _compressed(path: Path, syntax: UID, plugin: str) -> int:
    dataset = _dataset(picture())
    save(dataset, path)
    dataset.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return 0
