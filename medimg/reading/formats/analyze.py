"""Analyze 7.5, a header and an image file: it never says which side is which."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medimg.reading.detached import stem_of
from medimg.reading.found import Found, gather, malformed
from medimg.reading.grid import Grid, no_orientation, unplaced
from medimg.reading.stacks import place_of, stacks, volume_of
from medimg.reading.voxels import Encoding, Layout, weigh
from medimg.reading.voxels import read as read_voxels
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Series
from medimg.values.volume import Volume

_SUFFIXES = (".hdr",)

_SIZE = 348
#: Types of the format, and the ones that SPM added.
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 128: "u1", 130: "i1", 132: "u2",
          136: "u4"}  # fmt: skip
_RGB = 128
_MM = {"": 1.0, "mm": 1.0, "cm": 10.0, "m": 1e3, "um": 1e-3}


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A header understood: sizes (columns, rows, slices, times)."""

    layout: Layout
    sizes: tuple[int, int, int, int]
    is_colour: bool
    grid: Grid
    problems: tuple[Problem, ...]


def recognises(head: bytes) -> bool:
    """Whether a file begins as the header does; it has no mark but its own size."""
    order = _order(head)
    if order is None or len(head) < _SIZE:
        return False
    rank = int(struct.unpack(order + "h", head[40:42])[0])
    return 1 <= rank <= 7


def _order(head: bytes) -> str | None:
    if head[:4] == struct.pack("<i", _SIZE):
        return "<"
    return ">" if head[:4] == struct.pack(">i", _SIZE) else None


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; an image of several times gives a stack each."""
    return gather(paths, tick, _stacks)


def _stacks(path: Path) -> list[Series]:
    """The stacks of one header; raises as `_image` and `weigh`."""
    image = _image(path)
    notes = (*image.problems, *weigh(image.layout))
    stem, times = stem_of(path, _SUFFIXES), image.sizes[3]
    return stacks(path, stem, "analyze", image.grid, notes, times, "time")


def data_files(path: Path) -> tuple[Path, ...]:
    """The image file beside a header."""
    return (_image_file(path),)


def read(series: Series, tick: Tick) -> Volume:
    """Read one time of an image.

    Raises:
        InputRefused: The voxels are cut or cannot be read.
    """
    image = _image(Path(series.frames[0].file))
    columns, rows, slices, times = image.sizes
    values = read_voxels(image.layout)
    if image.is_colour:
        stored = values.reshape(times, slices, rows, columns, 3)[place_of(series)]
    else:
        stored = values.reshape(times, slices, rows, columns)[place_of(series)]
    return volume_of(series, image.grid, stored)


def _image_file(path: Path) -> Path:
    """The .img beside a .hdr, in the case in which it is written."""
    candidates = (path.with_suffix(".img"), path.with_suffix(".IMG"))
    return next((file for file in candidates if file.is_file()), candidates[0])


def _image(path: Path) -> _Image:
    """Understand a header.

    Raises:
        Unusable: It breaks the format, or asks for what is not read.
    """
    with path.open("rb") as file:
        head = file.read(_SIZE)
    order = _order(head) or "<"
    rank, *dims = struct.unpack(order + "8h", head[40:56])
    code, bits = struct.unpack(order + "2h", head[70:74])
    pixdim = struct.unpack(order + "8f", head[76:108])
    offset, scale = struct.unpack(order + "2f", head[108:116])
    sizes = tuple(size for size in dims[:rank])
    if not 2 <= rank <= 7 or min(sizes) < 1 or any(size > 1 for size in sizes[4:]):
        raise malformed(path, f"its dimensions are {sizes}; 2 to 4 are read", "unsupported")
    if code not in _TYPES:
        raise malformed(path, f"its voxels are of type {code}", "unsupported")
    dtype = np.dtype(order + _TYPES[code])
    samples = 3 if code == _RGB else 1
    if bits not in (0, dtype.itemsize * 8 * samples):
        raise malformed(path, f"its voxels are of type {code} and of {bits} bits")
    full = (*sizes[:4], 1, 1)
    shape = (full[0], full[1], full[2], full[3])
    if not np.isfinite(offset) or offset < 0:
        raise malformed(path, f"its voxels begin at {offset}")
    count = int(np.prod([*shape, samples], dtype=object))
    file_ = _image_file(path)
    layout = Layout(path, (file_,), Encoding.RAW, dtype, count, int(offset))
    grid, problems = _grid(path, shape, pixdim[1:4], head[56:60])
    if np.isfinite(scale) and scale not in (0.0, 1.0):
        sentence = f"{path.name} carries a scale of {scale:g}, which its format does not have."
        problems.append(Problem("scale-ignored", sentence, (path.name,)))
    return _Image(layout, shape, code == _RGB, grid, tuple(problems))


def _grid(
    path: Path, sizes: tuple[int, int, int, int], pixdim: tuple[float, ...], unit: bytes
) -> tuple[Grid, list[Problem]]:
    """The steps of an image whose sides nobody can know."""
    shape = (sizes[2], sizes[1], sizes[0])
    word = unit.split(b"\0")[0].decode("ascii", errors="replace").strip().lower()
    # A negative step is how some programs hint at a flip; which axis is left stays unknown.
    column, row, slice_ = (abs(step) * _MM.get(word, 0.0) for step in pixdim)
    steps = (slice_ or 1.0, row, column) if sizes[2] == 1 else (slice_, row, column)
    if not all(0 < step < float("inf") for step in steps):
        grid = unplaced(shape, None)
        sentence = f"The steps of {path.name} are not lengths: {pixdim} {word}."
        problems = [Problem("bad-number", sentence, (path.name,))]
    else:
        grid, problems = unplaced(shape, steps), []
    why = "Analyze 7.5 has no place for it"
    return grid, [*problems, no_orientation(path.name, why, grid)]
