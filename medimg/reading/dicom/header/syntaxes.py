"""Transfer syntaxes: one table of how pixels are stored, and which one codec opens each.

Each syntax has exactly one codec. pydicom by itself would try those that are installed in turn
until one does not fail, and then the same file may come out by another codec on another machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.uid import UID


@dataclass(frozen=True, slots=True)
class Syntax:
    """One row: what it is called (PS3.6 A), and what opens it.

    Attributes:
        codec: Name of the decoder; empty where there is none here.
        plugin: Name of the codec among pydicom's plugins; empty where pydicom needs or has none.
        keeps_words: Whether words come out as they were stored, with bits above HighBit.
    """

    name: str
    codec: str = ""
    plugin: str = ""
    keeps_words: bool = False


def _native(name: str) -> Syntax:
    return Syntax(name, "pydicom", keeps_words=True)


def _gdcm(name: str) -> Syntax:
    return Syntax(name, "gdcm", "gdcm")


def _openjpeg(name: str) -> Syntax:
    return Syntax(name, "pylibjpeg-openjpeg", "pylibjpeg")


#: Opened by `codestream.twelve_bit_frames` where they hold more than 8 bits.
EXTENDED = "1.2.840.10008.1.2.4.51"
SPECTRAL = "1.2.840.10008.1.2.4.53"
PROGRESSIVE = "1.2.840.10008.1.2.4.55"
#: Opened by `native.frames`: native frames in fragments, as they are or deflated one by one.
ENCAPSULATED_NATIVE = "1.2.840.10008.1.2.1.98"
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
RLE = "1.2.840.10008.1.2.5"

_VIDEO = "video; it is not read here"
_J = "1.2.840.10008.1.2.4."

SYNTAXES: dict[str, Syntax] = {
    "1.2.840.10008.1.2": _native("implicit little endian"),
    "1.2.840.10008.1.2.1": _native("explicit little endian"),
    "1.2.840.10008.1.2.1.99": _native("deflated explicit little endian"),
    "1.2.840.10008.1.2.2": _native("explicit big endian"),
    ENCAPSULATED_NATIVE: Syntax("encapsulated uncompressed", "medimg", keeps_words=True),
    DEFLATED_FRAMES: Syntax("deflated image frames", "zlib", keeps_words=True),
    RLE: Syntax("RLE lossless", "pylibjpeg-rle", "pylibjpeg", keeps_words=True),
    _J + "50": _gdcm("JPEG baseline"),
    EXTENDED: _gdcm("JPEG extended"),
    SPECTRAL: _gdcm("JPEG spectral selection (retired)"),
    PROGRESSIVE: _gdcm("JPEG full progression (retired)"),
    _J + "57": _gdcm("JPEG lossless"),
    _J + "70": _gdcm("JPEG lossless, first-order prediction"),
    _J + "80": Syntax("JPEG-LS lossless", "pyjpegls", "pyjpegls"),
    _J + "81": Syntax("JPEG-LS near-lossless", "pyjpegls", "pyjpegls"),
    _J + "90": _openjpeg("JPEG 2000 lossless"),
    _J + "91": _openjpeg("JPEG 2000"),
    _J + "201": _openjpeg("high-throughput JPEG 2000 lossless"),
    _J + "202": _openjpeg("high-throughput JPEG 2000 lossless, RPCL"),
    _J + "203": _openjpeg("high-throughput JPEG 2000"),
    _J + "92": Syntax("JPEG 2000 part 2 lossless"),
    _J + "93": Syntax("JPEG 2000 part 2"),
    _J + "94": Syntax("JPIP, whose pixels lie on a server"),
    _J + "95": Syntax("deflated JPIP, whose pixels lie on a server"),
    _J + "110": Syntax("JPEG XL lossless"),
    _J + "111": Syntax("JPEG XL of a JPEG"),
    _J + "112": Syntax("JPEG XL"),
    _J + "100": Syntax(f"MPEG-2 {_VIDEO}"),
    _J + "101": Syntax(f"MPEG-2 {_VIDEO}"),
    _J + "102": Syntax(f"MPEG-4 {_VIDEO}"),
    _J + "103": Syntax(f"MPEG-4 {_VIDEO}"),
    _J + "104": Syntax(f"MPEG-4 {_VIDEO}"),
    _J + "105": Syntax(f"MPEG-4 {_VIDEO}"),
    _J + "106": Syntax(f"MPEG-4 {_VIDEO}"),
    _J + "107": Syntax(f"HEVC {_VIDEO}"),
    _J + "108": Syntax(f"HEVC {_VIDEO}"),
}


def syntax(uid: str) -> Syntax:
    """The row of a transfer syntax; one that is not in the table has no codec."""
    row = SYNTAXES.get(uid)
    if row is not None:
        return row
    name = UID(uid).name
    return Syntax(f"transfer syntax {uid}" if name == uid else name)


def is_compressed(uid: str) -> bool:
    """Whether pixels are coded, so that their bytes do not tell their number."""
    return uid not in SYNTAXES or not SYNTAXES[uid].keeps_words or uid in (RLE, DEFLATED_FRAMES)


def is_native(uid: str) -> bool:
    """Whether pixels lie in the file as they are, in one piece."""
    return uid in SYNTAXES and SYNTAXES[uid].codec == "pydicom"


def is_implicit(uid: str) -> bool:
    """Whether elements have no VR: true of one syntax alone (PS3.5 A.1)."""
    return uid == "1.2.840.10008.1.2"
