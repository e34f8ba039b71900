"""NRRD, attached and detached: our own header, since readers drop what it does not say.

The format: "Definition of NRRD File Format", in the documentation of Teem.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medimg.reading import detached
from medimg.reading.detached import HEADER_LIMIT, stem_of, text_of
from medimg.reading.found import Found, Unusable, gather, malformed
from medimg.reading.grid import Grid
from medimg.reading.nrrd_place import grid_of, vectors_of
from medimg.reading.stacks import place_of, stacks, volume_of
from medimg.reading.voxels import Encoding, Layout, weigh
from medimg.reading.voxels import read as read_voxels
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Series
from medimg.values.volume import Array, Volume

_SUFFIXES = (".nrrd", ".nhdr")

_MAGIC = re.compile(rb"NRRD000[1-9]\r?\n")
_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int"), "i2"),
    **dict.fromkeys(("int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int"), "u2"),
    **dict.fromkeys(("uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long"), "i8"),
    **dict.fromkeys(("signed long long int", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int"), "u8"),
    **dict.fromkeys(("uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
_ENCODINGS = {
    "raw": Encoding.RAW,
    **dict.fromkeys(("txt", "text", "ascii"), Encoding.TEXT),
    "hex": Encoding.HEX,
    **dict.fromkeys(("gz", "gzip"), Encoding.GZIP),
    **dict.fromkeys(("bz2", "bzip2"), Encoding.BZIP2),
}
_PLAIN = ("domain", "space", "none", "???", "")
_TIMES = ("time", "list", "vector")
_COLOURS = {"rgb-color": 3, "3-color": 3, "rgba-color": 4, "4-color": 4}
#: Fields whose names are also written without a space, or otherwise.
_OTHER_NAMES = {
    "datafile": "data file",
    "lineskip": "line skip",
    "byteskip": "byte skip",
    "centers": "centerings",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A header understood.

    Attributes:
        sizes: In the order of the file, fastest first.
        spatial: The axes of space, fastest first.
        other: The axis of colours or volumes, if there is one.
        n_colours: 0 where the other axis holds volumes.
    """

    layout: Layout
    sizes: tuple[int, ...]
    spatial: tuple[int, ...]
    other: int | None
    n_colours: int
    grid: Grid
    problems: tuple[Problem, ...]


def recognises(head: bytes) -> bool:
    """Whether a file begins with the mark of NRRD."""
    return _MAGIC.match(head) is not None


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; an axis that is no space and no colour gives a stack each."""
    return gather(paths, tick, _stacks)


def _stacks(path: Path) -> list[Series]:
    """The stacks of one header; raises as `_image` and `weigh`."""
    image = _image(path)
    notes = (*image.problems, *weigh(image.layout))
    return stacks(path, stem_of(path, _SUFFIXES), "nrrd", image.grid, notes, _count(image))


def data_files(path: Path) -> tuple[Path, ...]:
    """The files that a detached header keeps its voxels in."""
    try:
        return tuple(file for file in _image(path).layout.files if file != path)
    except Unusable:
        return ()


def read(series: Series, tick: Tick) -> Volume:
    """Read one volume of a file.

    Raises:
        InputRefused: The voxels are cut or cannot be read.
    """
    image = _image(Path(series.frames[0].file))
    values = read_voxels(image.layout).reshape(image.sizes[::-1])
    return volume_of(series, image.grid, _stored(image, values, place_of(series)))


def _stored(image: _Image, values: Array, place: int) -> Array:
    """[slice, row, column] or [slice, row, column, 3] of values whose axes are reversed."""
    n_axes = len(image.sizes)
    if image.other is not None and not image.n_colours:
        values = values.take(place, axis=n_axes - 1 - image.other)
    elif image.other is not None:
        values = np.moveaxis(values, n_axes - 1 - image.other, -1)[..., :3]
    return values.reshape((1,) * (3 - len(image.spatial)) + values.shape)


def _count(image: _Image) -> int:
    """How many volumes a file holds."""
    return 1 if image.other is None or image.n_colours else image.sizes[image.other]


def _image(path: Path) -> _Image:
    """Understand a header.

    Raises:
        Unusable: It breaks the format, or asks for what is not read.
    """
    fields, end = _fields(path)
    sizes = tuple(_whole(path, word) for word in _need(path, fields, "sizes").split())
    if _need(path, fields, "dimension") != str(len(sizes)) or min(sizes, default=0) < 1:
        raise malformed(path, f"its sizes {sizes} do not fit its dimension")
    spatial, other, n_colours = _axes(path, fields, len(sizes), sizes)
    grid, problems = grid_of(path, fields, sizes, spatial)
    layout, told = _layout(path, fields, end, sizes)
    if n_colours:
        if layout.dtype != np.uint8:
            raise malformed(path, f"its colours are {layout.dtype}; 8 bits are read", "unsupported")
        if n_colours == 4:
            sentence = f"The transparency of {path.name} is ignored."
            told.append(Problem("alpha-ignored", sentence, (path.name,)))
    return _Image(layout, sizes, spatial, other, n_colours, grid, (*problems, *told))


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header, names in lower case, and where it ends."""
    with path.open("rb") as file:
        head = file.read(HEADER_LIMIT)
    ends = [found.end() for found in (re.search(rb"\r?\n\r?\n", head),) if found]
    end = ends[0] if ends else len(head)
    fields: dict[str, str] = {}
    for line in head[:end].decode("utf-8", errors="replace").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if not colon or line.startswith("#") or value.startswith("="):
            continue  # a comment, or a key of the writer's own
        name = name.strip().lower()
        key = _OTHER_NAMES.get(name, name)
        if fields.setdefault(key, value.strip()) != value.strip():
            raise malformed(path, f'it gives two values for "{key}"')
    if not ends and "data file" not in fields:
        raise malformed(path, "its header does not end")
    return fields, end


def _need(path: Path, fields: dict[str, str], name: str) -> str:
    if not fields.get(name):
        raise malformed(path, f'it has no field "{name}"')
    return fields[name]


def _whole(path: Path, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise malformed(path, f"{word!r} is not a whole number") from None


def _axes(
    path: Path, fields: dict[str, str], count: int, sizes: tuple[int, ...]
) -> tuple[tuple[int, ...], int | None, int]:
    """Tell axes of space from colours and volumes: (spatial, other, colours)."""
    kinds = [word.lower() for word in fields.get("kinds", "").split()] or [""] * count
    if len(kinds) != count:
        raise malformed(path, f"it has {len(kinds)} kinds for {count} axes")
    directions = vectors_of(fields.get("space directions", ""))
    others = [axis for axis, kind in enumerate(kinds) if kind not in _PLAIN]
    if directions:
        others = [axis for axis, vector in enumerate(directions) if vector is None]
    elif not others and count == 4:
        others = [3]  # four axes and no word on them: the slowest is time, as in NIfTI
    spatial = tuple(axis for axis in range(count) if axis not in others)
    if len(others) > 1 or not 2 <= len(spatial) <= 3:
        raise malformed(path, f"{len(spatial)} of its {count} axes are space; 2 or 3 of "
                        "them and one more are read", "unsupported")  # fmt: skip
    if not others:
        return spatial, None, 0
    kind, size = kinds[others[0]], sizes[others[0]]
    if _COLOURS.get(kind) == size:
        return spatial, others[0], size
    if kind not in (*_TIMES, *_PLAIN):
        raise malformed(path, f"it holds values of the kind {kind}", "unsupported")
    return spatial, others[0], 0


def _layout(
    path: Path, fields: dict[str, str], end: int, sizes: tuple[int, ...]
) -> tuple[Layout, list[Problem]]:
    """Where the voxels are and how they are written."""
    encoding = _ENCODINGS.get(_need(path, fields, "encoding").lower())
    kind = _TYPES.get(_need(path, fields, "type").lower())
    if encoding is None or kind is None:
        what = f"type {fields['type']} in encoding {fields['encoding']}"
        raise malformed(path, f"its values are of {what}", "unsupported")
    order, problems = fields.get("endian", "").lower(), []
    if order not in ("little", "big") and kind[1] != "1" and not encoding.is_text:
        sentence = f"{path.name} does not name its byte order; little endian is taken."
        problems.append(Problem("byte-order-missing", sentence, (path.name,)))
    named = fields.get("data file", "")
    files = detached.data_files(path, named, lambda: text_of(path).split(named, 1)[1].split())
    offset = end if files == (path,) else 0
    lines, skip = (_whole(path, fields.get(key, "0")) for key in ("line skip", "byte skip"))
    offset = _past_lines(path, files[0], offset, lines)
    if skip == -1 and encoding is Encoding.RAW:
        offset, skip = -1, 0
    if skip < 0:
        raise malformed(path, f"its byte skip is {skip}")
    dtype = np.dtype((">" if order == "big" else "<") + kind)
    count = int(np.prod([int(n) for n in sizes], dtype=object))
    return Layout(path, files, encoding, dtype, count, offset, skip), problems


def _past_lines(path: Path, file: Path, offset: int, lines: int) -> int:
    """The offset behind some lines of text."""
    if not lines:
        return offset
    if not 0 < lines <= 10_000 or not file.is_file():
        raise malformed(path, f"its line skip is {lines}")
    with file.open("rb") as stream:
        stream.seek(offset)
        for _ in range(lines):
            stream.readline(HEADER_LIMIT)
        return stream.tell()
