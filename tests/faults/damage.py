"""Rows of 'Files', second part: what is cut, declares what it does not hold, or is a bomb."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.faults.phantom import axial_cuts, save, stack_of, write, written
from tests.faults.truth import Row, Truth

_SQ = b"\x08\x00\x15\x11SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4
_SQ_END = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
_DEEP = 20_000
#: Rows and columns of the picture that the deflated bomb opens to.
_BOMB = 28_000
_MEGABYTE = 1 << 20


def _cut(folder: Path) -> Truth:
    path = save(axial_cuts(1)[0].dataset, folder / "x.dcm")
    path.write_bytes(path.read_bytes()[:-4000])
    return ()


def beside(folder: Path, name: str, spoiled: bytes) -> Truth:
    """Write good slices and one file of bytes beside them."""
    truth = written(folder, axial_cuts(12))
    (folder / name).write_bytes(spoiled)
    return truth


def into_header(folder: Path, name: str, inserted: bytes) -> Truth:
    """Write good slices, and a thirteenth with bytes put in before the patient's name."""
    one = axial_cuts(1, first=12)[0].dataset
    one.SOPInstanceUID = "1.2.9.13"
    whole = save(one, folder / name).read_bytes()
    place = whole.index(b"\x10\x00\x10\x00PN")
    return beside(folder, name, whole[:place] + inserted + whole[place:])


def _nested(folder: Path) -> Truth:
    return into_header(folder, "bomb.dcm", _SQ * _DEEP + _SQ_END * _DEEP)


def _endless_element(folder: Path) -> Truth:
    huge = b"\x08\x00\x15\x21UT\0\0" + struct.pack("<L", 4_294_967_280)
    return into_header(folder, "long.dcm", huge)


def _declares(folder: Path, size: int, frames: int) -> Truth:
    one = axial_cuts(1)[0].dataset
    one.Rows = one.Columns = size
    if frames > 1:
        one.NumberOfFrames = frames
    save(one, folder / "huge.dcm")
    return ()


def _deflate_bomb(folder: Path) -> Truth:
    one = axial_cuts(1)[0].dataset
    one.Rows = one.Columns = _BOMB
    del one.PixelData
    body = BytesIO()
    stream = DicomFileLike(body)
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, one)
    length = _BOMB * _BOMB * 2
    pixels = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, length)
    path = folder / "bomb.dcm"
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = save(one, path).read_bytes()
    end = 144 + struct.unpack("<L", head[140:144])[0]
    path.write_bytes(head[:end] + _deflated(body.getvalue() + pixels, length))
    return ()


def _deflated(head: bytes, zeros: int) -> bytes:
    """Deflate some bytes and very many zeros, without holding the zeros."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block stands for itself, and may be repeated.
    block = packer.compress(bytes(_MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * -(-zeros // _MEGABYTE) + packer.flush()


def _pixels_absent(folder: Path) -> Truth:
    cuts = axial_cuts()
    del cuts[17].dataset.PixelData
    write(folder, cuts)
    return (stack_of(cuts[:17] + cuts[18:], is_volume=False),)


ROWS: tuple[Row, ...] = (
    Row("truncated-all", "single CT slice cut in the middle of its pixels",
        "problem truncated (have 4192 of 8192 bytes)", _cut, ("truncated",),
        (r"4192 of 8192 bytes",), ("x.dcm",)),
    Row("sequence-bomb", "20 000 nested sequences in one slice beside good ones",
        "reads the rest; problem nested-too-deep naming the file; no crash", _nested,
        ("nested-too-deep",), files=("bomb.dcm",), is_hostile=True),
    Row("element-length-4gb",
        "a text element declares 4 294 967 280 bytes in one file of 10 KB",
        "problem bad-length naming the file; memory unchanged", _endless_element,
        ("bad-length",), files=("long.dcm",), is_hostile=True),
    Row("huge-declared", "Rows 65535, Columns 65535, 10000 frames, 8 KB of pixels",
        "refused before memory is taken: file declares 86 TB, holds 8 KB",
        lambda folder: _declares(folder, 65_535, 10_000), ("too-large",),
        (r"declares 8[56].* TB.* 8\.\d+ KB",), ("huge.dcm",), is_hostile=True),
    Row("huge-one-frame", "Rows and Columns 60000 (7.2 GB), 8 KB of pixels",
        "refused before memory is taken: file declares 7.2 GB, holds 8 KB",
        lambda folder: _declares(folder, 60_000, 1), ("too-large",),
        (r"declares 7\.2 GB.* 8\.\d+ KB",), ("huge.dcm",), is_hostile=True),
    Row("deflate-bomb",
        "1.6 MB deflated file that opens to 1.6 GB of zeros (28000 x 28000)",
        "refused before it is opened out: ratio 1000:1, limit named", _deflate_bomb,
        ("too-large",), (r"200 times",), ("bomb.dcm",), is_hostile=True),
    Row("pixel-data-absent", "one slice has no PixelData element",
        "problem no-pixels naming the file; 3-D analysis refused", _pixels_absent,
        ("no-pixels", "missing-slice"), files=("017.dcm",)),
)  # fmt: skip
