"""What a compressed picture says of itself, where the header may say otherwise."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gdcm
import numpy as np
from pydicom.dataset import FileDataset
from pydicom.encaps import get_frame
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSNearLossless,
)

from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.header.syntaxes import EXTENDED, PROGRESSIVE, SPECTRAL, is_compressed
from medimg.values.problems import Problem
from medimg.values.volume import Array

_J2K = {JPEG2000, JPEG2000Lossless, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL}
_SIZ = b"\xff\x4f\xff\x51"
_COD = b"\xff\x52"


@dataclass(frozen=True, slots=True)
class Jpeg2000:
    """Facts of a JPEG 2000 codestream (ISO 15444-1, A.5.1 and A.6.1)."""

    is_signed: bool
    is_irreversible: bool


def jpeg2000(frame: bytes) -> Jpeg2000 | None:
    """Read the size and coding markers, or None where there are none."""
    start = frame.find(_SIZ)
    if start < 0 or len(frame) < start + 43:
        return None
    is_signed = bool(frame[start + 42] & 0x80)  # Ssiz of the first component
    cod = frame.find(_COD, start)
    # Marker, length, style, 4 bytes of layers, 4 of code blocks; then 0 is the 9-7 wavelet.
    is_irreversible = 0 <= cod < len(frame) - 13 and frame[cod + 13] == 0
    return Jpeg2000(is_signed, is_irreversible)


def jpeg_colour_is_ycbcr(frame: bytes) -> bool:
    """Whether a three-component JPEG says, by JFIF or Adobe marker, that it holds YCbCr."""
    place = 2
    while place + 4 <= len(frame) and frame[place] == 0xFF and frame[place + 1] != 0xDA:
        marker, length = frame[place + 1], struct.unpack(">H", frame[place + 2 : place + 4])[0]
        body = frame[place + 4 : place + 2 + length]
        if marker == 0xE0 and body.startswith(b"JFIF"):
            return True
        if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            return body[11] == 1
        place += 2 + length
    return False


def jpegls_near(frame: bytes) -> int:
    """How far JPEG-LS values may be off: NEAR of the scan header (ISO 14495-1, C.2.3); 0: exact."""
    scan = frame.find(b"\xff\xda")
    if scan < 0 or len(frame) < scan + 5:
        return 0
    place = scan + 5 + 2 * frame[scan + 4]  # marker, length, count, then a pair a component
    return frame[place] if place < len(frame) else 0


def _unmarked_loss(name: str, files: tuple[str, ...]) -> Problem:
    sentence = f"{name} was compressed with loss, which its codestream shows and its header not."
    return Problem("lossy", sentence, files)


def problems_of(path: Path, dataset: FileDataset, stored: Array) -> list[Problem]:
    """Compare the first frame's codestream with the header.

    Args:
        path: Of the file.
        dataset: With its pixels.
        stored: The frame as decoded.
    """
    syntax, name, files = transfer_syntax(dataset), path.name, (path.name,)
    if (problem := _bits_problem(name, dataset, stored)) is not None:
        return [problem]
    if syntax not in _J2K | {JPEGBaseline8Bit, JPEGLSNearLossless}:
        return []
    frame = get_frame(
        dataset.PixelData, 0, number_of_frames=int(dataset.get("NumberOfFrames") or 1)
    )
    if syntax == JPEGBaseline8Bit:
        is_wrong = dataset.PhotometricInterpretation == "RGB" and jpeg_colour_is_ycbcr(frame)
        sentence = f"{name} is labelled RGB and holds YCbCr; its colours are read by its markers."
        return [Problem("photometric-label-wrong", sentence, files)] if is_wrong else []
    is_marked = dataset.get("LossyImageCompression") == "01"
    if syntax == JPEGLSNearLossless:
        return [_unmarked_loss(name, files)] if jpegls_near(frame) and not is_marked else []
    facts = jpeg2000(frame)
    if facts is None:
        return []
    problems = []
    if facts.is_irreversible and not is_marked:
        problems.append(_unmarked_loss(name, files))
    says_signed = bool(dataset.get("PixelRepresentation"))
    if says_signed and not facts.is_signed and stored.min() < 0:
        low = int(stored.min())
        high = low + (1 << int(dataset.BitsStored))
        sentence = (
            f"The header of {name} says signed values, its codestream unsigned ones: {low} may be "
            f"{high}."
        )
        problems.append(Problem("signedness-differs", sentence, files))
    return problems


def _bits_problem(name: str, dataset: FileDataset, stored: Array) -> Problem | None:
    """Say of decoded values that the bits which the header grants do not hold them."""
    bits = dataset.get("BitsStored")
    if not is_compressed(transfer_syntax(dataset)) or stored.ndim != 2 or not bits:
        return None
    low, high = int(stored.min()), int(stored.max())
    if max(high, -low) < 1 << int(bits):
        return None
    sentence = f"{name} declares {bits} bits, and its compressed picture holds {low} to {high}."
    return Problem("bits-inconsistent", sentence, (name,))


def needs_twelve_bits(dataset: FileDataset) -> bool:
    """Whether pixels are lossy JPEG of 12 bits, or progressive, which pydicom leaves aside."""
    syntax = transfer_syntax(dataset)
    return syntax in (SPECTRAL, PROGRESSIVE) or (
        syntax == EXTENDED and int(dataset.get("BitsStored") or 8) > 8
    )


def twelve_bit_frames(path: Path, dataset: FileDataset, wanted: Sequence[int]) -> list[Array]:
    """Decode 12-bit lossy JPEG by GDCM's own 12-bit codec.

    Raises:
        ValueError: GDCM cannot read it.
    """
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise ValueError("GDCM cannot read it")
    raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    shape = (-1, int(dataset.Rows), int(dataset.Columns))
    kind = np.int16 if dataset.get("PixelRepresentation") else np.uint16
    frames = np.frombuffer(raw, kind).reshape(shape)
    return [frames[number].copy() for number in wanted]
