"""Headers that are not DICOM, spoiled by their structure: each field of each format by itself.

Where `tests.mutants` changes bytes, this takes a header apart into its fields and writes others:
numbers become nan, infinite, negative, huge, empty or a format code; fields stand twice or lack.
"""

from __future__ import annotations

import gzip
import random
import re
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import h5py
import nibabel
import numpy as np
from PIL import Image

from medimg.reading import read, scan
from medimg.writing.converting import convert
from medimg.writing.stack import Stack
from tests.mutants import FIXED_SEED, Mutant
from tests.phantoms import write_stack

#: What may stand where a number or a name should.
WORDS = (
    *("nan", "inf", "-inf", "-1", "0", "1", "-0.0", "0.5", "1e999", "1e-999", "1e30", "-1e30"),
    *("99999999999999999999", str(1 << 31), str((1 << 31) - 1), str(1 << 32), str(1 << 63)),
    *("", " ", "\t", "x", "%s", "%d", "%s%d", "%099999999d", "%n", "{}", "None", "True", "\0"),
    *("1 2 3 4 5 6 7 8", "1,2,3", "0x10", "1_000", "٣", "½", "\u202e", "é", "../../etc/passwd"),
    *("/etc/passwd", ".", "..", "LIST", "LOCAL", "LIST 2", "a%s%d.raw 1 9 1", "a%099999999d 1 9 1"),
    *("a%03d.raw 1 999999999 1", "a%03d.raw 1 9 0", "9" * 5000, "1 " * 5000, "\n" * 5000),
)
#: Numbers for fields of a fixed size, as far as they fit.
WHOLES = (0, 1, -1, 2, 7, 255, 32_767, -32_768, 65_535, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1,
          (1 << 63) - 1, -(1 << 63))  # fmt: skip
REALS = (float("nan"), float("inf"), float("-inf"), 0.0, -0.0, -1.0, 1e-45, 1e38, 1e300, -1e300,
         0.5, 1e9)  # fmt: skip

#: Voxels that a detached header may find beside itself.
BESIDE = ("a.raw", "b.raw", *(f"a{k:03d}.raw" for k in range(1, 10)),
          *(f"slice{k:03d}.raw" for k in range(1, 7)))  # fmt: skip
BESIDE_BYTES = 8 * 7 * 6 * 2

Way = Callable[[bytes, random.Random], bytes]


def header_mutants(count: int) -> Iterator[Mutant]:
    """Spoil headers, each format in turn, each mutant in one to three fields."""
    names = list(_FAMILIES)
    for number in range(count):
        draw = random.Random(FIXED_SEED * 7_919 + number)
        name = names[number % len(names)]
        suffix, seeds, way = _FAMILIES[name]
        data = draw.choice(seeds())
        times = draw.choice((1, 1, 2, 3))
        for _ in range(times):
            data = way(data, draw)
        yield Mutant(f"h{number:05d}{suffix}", name, name, (f"{times} fields",), data)


def _lines(separator: str) -> Way:
    """Ways to spoil a header of lines "name separator value", before its voxels."""

    def spoil(data: bytes, draw: random.Random) -> bytes:
        end = _end_of_text(data)
        lines = data[:end].decode("utf-8", "replace").split("\n")
        at = [k for k, line in enumerate(lines) if separator in line]
        if not at:
            return data
        k = draw.choice(at)
        name, _, value = lines[k].partition(separator)
        match draw.randrange(6):
            case 0:
                lines[k] = f"{name}{separator} {draw.choice(WORDS)}"
            case 1 | 2:
                words = value.split() or [""]
                words[draw.randrange(len(words))] = draw.choice(WORDS)
                lines[k] = f"{name}{separator} {' '.join(words)}"
            case 3:
                lines.insert(draw.choice(at), f"{name}{separator} {draw.choice((value, *WORDS))}")
            case 4:
                del lines[k]
            case _:
                lines[k] = re.sub(r"-?\d+\.?\d*", lambda _: draw.choice(WORDS), lines[k])
        return "\n".join(lines).encode("utf-8", "replace") + data[end:]

    return spoil


def _end_of_text(data: bytes) -> int:
    found = re.search(rb"ElementDataFile[^\n]*\n|\n\n", data)
    return found.end() if found else len(data)


def _nrrd() -> tuple[bytes, ...]:
    voxels = np.arange(6 * 7 * 8, dtype="<i2").tobytes()
    fields = {
        "type": "short", "dimension": "3", "space": "left-posterior-superior", "sizes": "8 7 6",
        "space directions": "(0.8,0,0) (0,0.8,0) (0,0,2.5)", "kinds": "domain domain domain",
        "endian": "little", "space origin": "(1,2,3)", "encoding": "raw",
    }  # fmt: skip

    def made(body: bytes, **changed: str) -> bytes:
        all_ = fields | {name.replace("_", " "): value for name, value in changed.items()}
        lines = [f"{name}: {value}" for name, value in all_.items() if value]
        return "\n".join(["NRRD0004", *lines, "", ""]).encode() + body

    return (
        made(voxels),
        made(gzip.compress(voxels, mtime=0), encoding="gzip"),
        made(" ".join(map(str, range(336))).encode(), encoding="ascii"),
        made(voxels, space="", space_directions="", spacings="0.8 0.8 2.5", space_origin=""),
        made(voxels, dimension="4", sizes="2 7 4 6", kinds="list domain domain domain",
             space_directions="none (0.8,0,0) (0,0.8,0) (0,0,2.5)"),
        made(b"", data_file="slice%03d.raw 1 6 1", byte_skip="-1"),
        made(b"a.raw\nb.raw\n", data_file="LIST", line_skip="3"),
    )  # fmt: skip


def _metaimage() -> tuple[bytes, ...]:
    voxels = np.arange(6 * 7 * 8, dtype="<i2").tobytes()
    keys = {
        "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "HeaderSize": "",
        "BinaryDataByteOrderMSB": "False", "CompressedData": "False", "CompressedDataSize": "",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "1 2 3", "DistanceUnits": "mm",
        "ElementNumberOfChannels": "1", "ElementSpacing": "0.8 0.8 2.5", "DimSize": "8 7 6",
        "ElementType": "MET_SHORT", "ElementDataFile": "LOCAL",
    }  # fmt: skip

    def made(body: bytes, **changed: str) -> bytes:
        lines = [f"{key} = {value}" for key, value in (keys | changed).items() if value]
        return "\n".join([*lines, ""]).encode() + body

    packed = zlib.compress(voxels)
    return (
        made(voxels),
        made(packed, CompressedData="True", CompressedDataSize=str(len(packed))),
        made(" ".join(map(str, range(336))).encode(), BinaryData="False"),
        made(voxels, NDims="4", DimSize="8 7 3 2", ElementSpacing="1 1 1 1",
             TransformMatrix="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", Offset="0 0 0 0"),
        made(voxels, HeaderSize="-1", ElementDataFile="a%03d.raw 1 6 1"),
        made(b"a.raw\nb.raw\n", ElementDataFile="LIST"),
    )  # fmt: skip


#: Fields of a NIfTI-1 header (offset, form, count); Analyze 7.5 has its first ones.
_NIFTI_FIELDS = (
    *((0, "<i", 1), (39, "<b", 1), (40, "<h", 8), (56, "<f", 3), (68, "<h", 4), (76, "<f", 8)),
    *((108, "<f", 3), (120, "<h", 1), (122, "<b", 2), (124, "<f", 4), (140, "<i", 2)),
    *((252, "<h", 2), (256, "<f", 18), (344, "<i", 1), (348, "<b", 4)),
)
#: Of NIfTI-2.
_NIFTI2_FIELDS = (
    *((0, "<i", 1), (12, "<h", 2), (16, "<q", 8), (80, "<d", 3), (104, "<d", 8), (168, "<q", 1)),
    *((176, "<d", 6), (224, "<q", 2), (344, "<i", 2), (352, "<d", 18), (496, "<i", 3)),
)


def _fields(data: bytes, draw: random.Random) -> bytes:
    """Write another number into one field of a NIfTI or Analyze header, gzipped or not."""
    if data[:2] == b"\x1f\x8b":
        return gzip.compress(_fields(gzip.decompress(data), draw), 1, mtime=0)
    table = _NIFTI2_FIELDS if data[:4] == struct.pack("<i", 540) else _NIFTI_FIELDS
    start, form, count = draw.choice(table)
    return _number_at(data, start + struct.calcsize(form) * draw.randrange(count), form, draw)


def _number_at(data: bytes, place: int, form: str, draw: random.Random) -> bytes:
    size = struct.calcsize(form)
    if form[-1] in "fd":
        value = draw.choice(REALS)
        is_wide = form[-1] == "d" or abs(value) < 1e39 or not np.isfinite(value)
        packed = struct.pack(form, value if is_wide else np.copysign(np.inf, value))
    else:
        packed = (draw.choice(WHOLES) % (1 << (8 * size))).to_bytes(size, "little")
        packed = packed if form[0] == "<" else packed[::-1]
    return data[:place] + packed + data[place + size :]


def _nifti() -> tuple[bytes, ...]:
    voxels = np.arange(8 * 7 * 6).reshape(8, 7, 6)
    affine = np.diag([0.8, 0.8, 2.5, 1.0])
    made = [
        make(voxels.astype(dtype), affine).to_bytes()
        for make in (nibabel.Nifti1Image, nibabel.Nifti2Image)
        for dtype in (np.int16, np.float32)
    ]
    times = nibabel.Nifti1Image(np.repeat(voxels[..., None], 3, 3).astype(np.uint8), affine)
    return (*made, times.to_bytes(), gzip.compress(made[0], mtime=0), _pair(b"ni1\0"))


def _pair(mark: bytes) -> bytes:
    """The header of a pair, whose image file is not there."""
    head = bytearray(348)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, 8, 7, 6, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 4, 16)
    struct.pack_into("<8f", head, 76, 1, 0.8, 0.8, 2.5, 1, 1, 1, 1)
    head[344:348] = mark
    return bytes(head)


def _analyze() -> tuple[bytes, ...]:
    return (_pair(b"\0\0\0\0"),)


def _tiff() -> tuple[bytes, ...]:
    rows, columns = np.mgrid[:24, :32]
    grey = Image.fromarray(((rows * 5) ^ columns).astype(np.uint8))
    deep = Image.fromarray((rows * 1000 + columns).astype(np.uint16))
    made = []
    for image, more in (
        (grey, {}),
        (grey, {"compression": "tiff_deflate"}),
        (grey, {"compression": "tiff_lzw", "append_images": [grey, grey], "save_all": True}),
        (deep, {}),
        (grey.convert("RGB"), {"compression": "packbits"}),
    ):
        out = BytesIO()
        image.save(out, "TIFF", **more)
        made.append(out.getvalue())
    return tuple(made)


def _entries(data: bytes, draw: random.Random) -> bytes:
    """Change the tag, type, count or value of an entry, their number, or where they lie."""
    (at,) = struct.unpack_from("<L", data, 4)
    if at + 2 > len(data):
        return data
    (count,) = struct.unpack_from("<H", data, at)
    places = [(4, "<L"), (at, "<H"), (at + 2 + 12 * count, "<L")]
    for k in range(min(count, 40)):
        entry = at + 2 + 12 * k
        places += [(entry, "<H"), (entry + 2, "<H"), (entry + 4, "<L"), (entry + 8, "<L")]
    place, form = draw.choice([one for one in places if one[0] + 4 <= len(data)])
    if form == "<H" and draw.random() < 0.5:  # a number that means something in this place
        known = draw.choice((1, 2, 3, 5, 7, 8, 16, 64, 254, 256, 257, 258, 259, 262, 273, 277, 278))
        return data[:place] + struct.pack("<H", known) + data[place + 2 :]
    return _number_at(data, place, form, draw)


def _png() -> tuple[bytes, ...]:
    rows, columns = np.mgrid[:24, :32]
    made = []
    for array in (((rows * 5) ^ columns).astype(np.uint8), (rows * 999).astype(np.uint16)):
        out = BytesIO()
        Image.fromarray(array).save(out, "PNG", dpi=(300, 300))
        made.append(out.getvalue())
    out = BytesIO()
    Image.fromarray(np.dstack([rows, columns, rows]).astype(np.uint8)).quantize(16).save(out, "PNG")
    return (*made, out.getvalue())


def _chunks(data: bytes, draw: random.Random) -> bytes:
    """Change a field of IHDR with its check sum, a chunk's length, or leave out or double one."""
    way = draw.randrange(4)
    if way < 2:
        place, form = draw.choice(((16, ">L"), (20, ">L"), (24, ">B"), (25, ">B"), (26, ">B"),
                                   (27, ">B"), (28, ">B")))  # fmt: skip
        changed = _number_at(data, place, form, draw)
        check = struct.pack(">L", zlib.crc32(changed[12:29]))
        return changed[:29] + check + changed[33:]
    places, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">L", data, at)
        places.append((at, at + 12 + length))
        at += 12 + length
    if not places:
        return data
    start, end = draw.choice(places)
    if way == 2:
        return _number_at(data, start, ">L", draw)
    return data[:start] + data[start:end] * draw.choice((0, 2)) + data[end:]


def _hdf5() -> tuple[bytes, ...]:
    """A file as `medimg convert` writes it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stack(folder / "stack", count=3)
        convert(Stack((read(scan(folder / "stack").series[0]),)), folder / "x.h5")
        return ((folder / "x.h5").read_bytes(),)


def _attributes(data: bytes, draw: random.Random) -> bytes:
    """Change or remove an attribute, a fact of its JSON, or the array that it describes."""
    buffer = BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        array = file.get("array", file)
        holder = draw.choice((file, array))
        names = sorted(holder.attrs)
        if not names or draw.random() < 0.1:
            del file["array"]
            shape = draw.choice(((), (0, 4, 4), (1 << 40, 1, 1), (3, 1 << 20, 1 << 20), (2, 3)))
            file.create_dataset("array", shape, "i2", chunks=True if shape else None)
            return buffer.getvalue()
        key = draw.choice(names)
        value = draw.choice((*WORDS[:40], *WHOLES[:11], *REALS, [1.0, 2.0], [["x"]]))
        if isinstance(holder.attrs[key], str) and draw.random() < 0.7:
            value = re.sub(
                r"-?\d+\.?\d*|null|true|false|\"\w+\"",
                lambda found: draw.choice(("1e999", "-1", "[]", "{}", "null", '"x"', found[0])),
                holder.attrs[key],
                count=draw.randrange(1, 40),
            )
        del holder.attrs[key]
        if draw.random() < 0.9:
            with suppress(ValueError, TypeError, OverflowError):  # no attribute can hold it
                holder.attrs[key] = value
    return buffer.getvalue()


_FAMILIES: dict[str, tuple[str, Callable[[], tuple[bytes, ...]], Way]] = {
    "nrrd": (".nrrd", cache(_nrrd), _lines(":")),
    "metaimage": (".mha", cache(_metaimage), _lines("=")),
    "nifti": (".nii", cache(_nifti), _fields),
    "analyze": (".hdr", cache(_analyze), _fields),
    "tiff": (".tif", cache(_tiff), _entries),
    "png": (".png", cache(_png), _chunks),
    "hdf5": (".h5", cache(_hdf5), _attributes),
}
