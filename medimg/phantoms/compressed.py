"""One small picture in each compression, made in memory: what a decoder must give back."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from medimg.phantoms.dicom import flair, save

SIDE = 64
#: JPEG baseline is lossy; what is smooth survives within this many greys of 255.
LOSSY_TOLERANCE = 4
_ENCAPSULATED, _DEFLATED_FRAMES = UID("1.2.840.10008.1.2.1.98"), UID("1.2.840.10008.1.2.8.1")


def picture(top: int = 4095) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """(64, 64) smooth greys from 0 to `top`, not alike in rows and columns."""
    row, column = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    smooth = 0.5 + 0.5 * np.sin(3 * row + 5 * column * row)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    stored: np.ndarray[Any, np.dtype[np.uint16]] = np.round(smooth * top).astype(np.uint16)
    return stored


def write_native(path: Path, syntax: UID = ExplicitVRLittleEndian) -> int:
    """Write it uncompressed; the writers return how far a pixel may be off."""
    save(_dataset(picture()), path, syntax)
    return 0


def write_implicit(path: Path) -> int:
    """Write it with implicit value representations."""
    return write_native(path, ImplicitVRLittleEndian)


def write_deflated(path: Path) -> int:
    """Write the whole data set deflated (PS3.5 A.5)."""
    return write_native(path, DeflatedExplicitVRLittleEndian)


def write_big_endian(path: Path) -> int:
    """Write it in big endian, as older machines did."""
    dataset = _dataset(picture())
    dataset.PixelData = picture().astype(">u2").tobytes()
    save(dataset, path, ExplicitVRBigEndian)
    return 0


def write_encapsulated(path: Path) -> int:
    """Write it uncompressed in a fragment (PS3.5 A.4.11)."""
    return _in_a_fragment(path, _ENCAPSULATED, picture().astype("<u2").tobytes())


def write_deflated_frame(path: Path) -> int:
    """Write its frame deflated (PS3.5 A.4.13)."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = deflater.compress(picture().astype("<u2").tobytes()) + deflater.flush()
    _in_a_fragment(path, _ENCAPSULATED, data)
    # pydicom 3 does not write this syntax; the two UIDs are of one length once padded.
    written = path.read_bytes()
    path.write_bytes(written.replace(_ENCAPSULATED.encode(), _DEFLATED_FRAMES.encode() + b"\0"))
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
    """Write it in lossless JPEG of first-order prediction, as many older archives hold."""
    import gdcm

    return _by_gdcm(path, gdcm.TransferSyntax.JPEGLosslessProcess14_1)


def write_jpeg_lossless_any(path: Path) -> int:
    """Write it in lossless JPEG that leaves the prediction open."""
    import gdcm

    return _by_gdcm(path, gdcm.TransferSyntax.JPEGLosslessProcess14)


#: Transfer syntax: how a small file of it is made.
CODECS: dict[str, Callable[[Path], int]] = {
    ImplicitVRLittleEndian: write_implicit,
    ExplicitVRLittleEndian: write_native,
    DeflatedExplicitVRLittleEndian: write_deflated,
    ExplicitVRBigEndian: write_big_endian,
    _ENCAPSULATED: write_encapsulated,
    _DEFLATED_FRAMES: write_deflated_frame,
    RLELossless: write_rle,
    JPEGLSLossless: write_jpeg_ls,
    JPEG2000Lossless: write_jpeg_2000,
    JPEGBaseline8Bit: write_jpeg_baseline,
    JPEGLossless: write_jpeg_lossless_any,
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


def _in_a_fragment(path: Path, syntax: UID, data: bytes) -> int:
    dataset = _dataset(picture())
    dataset.PixelData = encapsulate([data])
    dataset["PixelData"].VR = "OB"
    save(dataset, path, syntax)
    return 0


def _by_gdcm(path: Path, kind: int) -> int:
    """Write it in lossless JPEG, which of the libraries here only GDCM makes."""
    native = path.with_suffix(".native")
    write_native(native)
    recode(native, path, kind)
    native.unlink()
    return 0


def recode(source: Path, path: Path, kind: int) -> None:
    """Write a DICOM file anew in another transfer syntax, one of `gdcm.TransferSyntax`."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(source))
    reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(kind))
    change.SetInput(reader.GetImage())
    change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.Write()
