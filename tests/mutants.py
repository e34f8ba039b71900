"""Spoiled files: real ones, changed as bad discs, cut transfers and attackers change them.

A generator with a fixed seed, so that the same number names the same file in every run: draw a
whole file, spoil it in one to three ways of a table, hand it out.
"""

from __future__ import annotations

import gzip
import random
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.data.data_manager import DATA_ROOT

from tests.conftest import SHARED_DATA
from tests.spoiling import (
    OTHER_WAYS,
    Spoil,
    change_codestream_size,
    change_dimensions,
    change_length,
    flip_anywhere,
    flip_header,
    flip_pixels,
    move_span,
    nest,
    remove_span,
    repeat_span,
    replace_value,
    swap_tags,
    swap_vr,
    truncate,
)

#: Larger files are drawn only where their transfer syntax has no smaller one.
SMALL = 200_000
#: Of each transfer syntax at least so many, if there are.
OF_EACH_SYNTAX = 3
#: The draw of all tests.
FIXED_SEED = 20_260_101


@dataclass(frozen=True, slots=True, order=True)
class Seed:
    """A whole file: its family (its transfer syntax where it is DICOM) and its bytes."""

    family: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoiled file.

    Attributes:
        name: Number and suffix; the name to save it by.
        seed: What it was made of.
        how: Ways it was spoiled in, in their order.
    """

    name: str
    seed: str
    family: str
    how: tuple[str, ...]
    data: bytes


def dicom_mutants(count: int, seeds: Sequence[Seed] | None = None) -> Iterator[Mutant]:
    """Spoil DICOM files; half are drawn by transfer syntax, half by file."""
    return _mutants(count, seeds or dicom_seeds(), DICOM_WAYS, ".dcm")


def picture_mutants(count: int) -> Iterator[Mutant]:
    """Spoil PNG, JPEG and NIfTI files."""
    return _mutants(count, other_seeds(), OTHER_WAYS, "")


def _mutants(
    count: int, seeds: Sequence[Seed], ways: dict[str, Spoil], suffix: str
) -> Iterator[Mutant]:
    families: dict[str, list[Seed]] = {}
    for seed in seeds:
        families.setdefault(seed.family, []).append(seed)
    names = sorted(families)
    for number in range(count):
        draw = random.Random(FIXED_SEED * 100_003 + number)
        pool = families[draw.choice(names)] if number % 2 else seeds
        seed = draw.choice(pool)
        how = tuple(draw.choice(list(ways)) for _ in range(draw.choice((1, 1, 2, 3))))
        data = seed.data
        for way in how:
            data = ways[way](data, draw)
        end = suffix or "".join(Path(seed.name).suffixes)
        yield Mutant(f"m{number:05d}{end}", seed.name, seed.family, how, data)


@cache
def dicom_seeds() -> tuple[Seed, ...]:
    """Small DICOM files that pydicom ships, and those of the shared data where they are."""
    found = [*Path(DATA_ROOT).rglob("*"), *(SHARED_DATA / "dicom").rglob("*")]
    by_syntax: dict[str, list[Path]] = {}
    for path in sorted(found):
        if path.is_file() and _has_mark(path):
            by_syntax.setdefault(_syntax(path), []).append(path)
    seeds = []
    for syntax, paths in by_syntax.items():
        paths.sort(key=lambda path: (path.stat().st_size, path.name))
        small = [path for path in paths if path.stat().st_size <= SMALL]
        few = small if len(small) >= OF_EACH_SYNTAX else paths[:OF_EACH_SYNTAX]
        seeds += [Seed(syntax, path.name, path.read_bytes()) for path in few]
    return tuple(sorted(seeds))


def _has_mark(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _syntax(path: Path) -> str:
    meta = pydicom.filereader.read_file_meta_info(path)
    return str(meta.get("TransferSyntaxUID") or "none")


@cache
def other_seeds() -> tuple[Seed, ...]:
    """Small pictures and NIfTI volumes, of each kind that is read."""
    rows, columns = np.mgrid[:48, :64]
    grey = ((rows * 5) ^ (columns * 3)).astype(np.uint8)
    colour = np.stack([grey, grey.T[:48, :48].repeat(2, 1)[:, :64], 255 - grey], axis=-1)
    pictures = {
        "grey.png": Image.fromarray(grey),
        "deep.png": Image.fromarray(grey.astype(np.uint16) * 257),
        "colour.png": Image.fromarray(colour),
        "palette.png": Image.fromarray(colour).quantize(64),
        "bit.png": Image.fromarray(grey > 99),
        "grey.jpg": Image.fromarray(grey),
        "colour.jpg": Image.fromarray(colour),
        "cmyk.jpg": Image.fromarray(colour).convert("CMYK"),
    }
    seeds = []
    for name, image in pictures.items():
        out = BytesIO()
        kind = "PNG" if name.endswith("png") else "JPEG"
        image.save(out, kind)
        seeds.append(Seed(kind, name, out.getvalue()))
    for dtype in (np.uint8, np.int16, np.float32):
        voxels = (rows[:, :, None] * columns[:, :, None] + np.arange(6)).astype(dtype)
        for make in (nibabel.Nifti1Image, nibabel.Nifti2Image):
            data = make(voxels, np.diag([0.8, 0.8, 2.5, 1.0])).to_bytes()
            name = f"{np.dtype(dtype).name}-{make.__name__[5]}.nii"
            seeds += [
                Seed("NIfTI", name, data),
                Seed("NIfTI gz", f"{name}.gz", gzip.compress(data, mtime=0)),
            ]
    return tuple(seeds)


def change_syntax(data: bytes, draw: random.Random) -> bytes:
    """Name another transfer syntax."""
    match = re.search(rb"\x02\x00\x10\x00UI(..)(1\.2\.840\.10008\.1\.2[0-9.]*\0?)", data, re.DOTALL)
    if match is None:
        return data
    other = draw.choice(sorted({seed.family for seed in dicom_seeds()} - {"none"})).encode()
    other += b"\0" * (len(other) % 2)
    new = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(other)) + other
    return data[: match.start()] + new + data[match.end() :]


def splice(data: bytes, draw: random.Random) -> bytes:
    """Go on with the second half of another file."""
    other = draw.choice(dicom_seeds()).data
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other)) :]


#: Ways to spoil a DICOM file, by name.
DICOM_WAYS: dict[str, Spoil] = {
    "flip-anywhere": flip_anywhere,
    "flip-header": flip_header,
    "flip-pixels": flip_pixels,
    "truncate": truncate,
    "length": change_length,
    "swap-tags": swap_tags,
    "swap-vr": swap_vr,
    "value": replace_value,
    "remove": remove_span,
    "repeat": repeat_span,
    "move": move_span,
    "nest": nest,
    "dimensions": change_dimensions,
    "syntax": change_syntax,
    "codestream-size": change_codestream_size,
    "splice": splice,
}
