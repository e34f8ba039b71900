"""Codecs called by themselves, on the coded bytes of one grey picture of 16-bit words.

pydicom spends more time around such a picture than most codecs on it. Whatever is not of this
kind goes through pydicom; both ways give equal values, which a test holds for every file here.
The libraries are named, not imported: a decoding process loads those that it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from medimg.reading.decoding.wire import Buffer, Coded


@dataclass(frozen=True, slots=True)
class Codec:
    """One row.

    Attributes:
        plugin: What pydicom calls it.
        library: Module to be loaded.
        decode: `decode(library, coded, picture)`: little-endian words, row by row.
    """

    plugin: str
    library: str
    decode: Callable[[ModuleType, bytes, Coded], Buffer]


def _rle(rle: ModuleType, coded: bytes, picture: Coded) -> Buffer:
    words: Buffer = rle.decode_frame(coded, picture.rows * picture.columns, 16, "<")
    return words


def _jpeg_ls(jpeg_ls: ModuleType, coded: bytes, picture: Coded) -> Buffer:
    words: Buffer = jpeg_ls.decode_from_buffer(coded)
    return words


def _jpeg_2000(openjpeg: ModuleType, coded: bytes, picture: Coded) -> Buffer:
    words: Buffer = openjpeg.decode_pixel_data(coded, version=2)
    return words


def _by_gdcm(gdcm: ModuleType, coded: bytes, picture: Coded) -> Buffer:
    # GDCM does not keep what it is given: every part must live until the words are out.
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(coded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((picture.columns, picture.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    kind = gdcm.TransferSyntax.GetTSType(picture.transfer_syntax)
    image.SetTransferSyntax(gdcm.TransferSyntax(kind))
    bits = picture.bits
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, int(picture.is_signed)))
    # It hands bytes out as text.
    words: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")
    return words


#: By the name that `syntaxes.SYNTAXES` gives them.
CODECS: dict[str, Codec] = {
    "pylibjpeg-rle": Codec("pylibjpeg", "rle.rle", _rle),
    "pyjpegls": Codec("pyjpegls", "_CharLS", _jpeg_ls),
    "pylibjpeg-openjpeg": Codec("pylibjpeg", "openjpeg.utils", _jpeg_2000),
    "gdcm": Codec("gdcm", "gdcm", _by_gdcm),
}
