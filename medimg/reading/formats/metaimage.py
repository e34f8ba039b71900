"""MetaImage (.mha, and .mhd with its data file), as MetaIO and ITK define it: places are LPS.

The format: "MetaIO", in the documentation of ITK.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.reading import detached
from medimg.reading.detached import HEADER_LIMIT, stem_of, text_of
from medimg.reading.found import Found, Unusable, gather, malformed
from medimg.reading.grid import (
    Grid,
    is_sheared,
    is_usable,
    no_orientation,
    placed,
    sheared,
    unplaced,
)
from medimg.reading.stacks import place_of, stacks, volume_of
from medimg.reading.voxels import Encoding, Layout, weigh
from medimg.reading.voxels import read as read_voxels
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Series
from medimg.values.volume import Volume

_SUFFIXES = (".mha", ".mhd")

_BEGINNING = re.compile(rb"\s*(ObjectType|NDims|Comment|BinaryData)\s*=")
_LAST_KEY = re.compile(rb"^[ \t]*ElementDataFile[ \t]*=[ \t]*([^\r\n]*)\r?\n?", re.MULTILINE)
_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
#: mm by DistanceUnits; without one, and with a question mark, mm are meant.
_MM = {"": 1.0, "?": 1.0, "mm": 1.0, "um": 1e-3, "µm": 1e-3, "micron": 1e-3, "nm": 1e-6,
       "cm": 10.0, "m": 1e3}  # fmt: skip
#: Names that MetaIO takes for one key.
_OTHER_NAMES = {
    "Rotation": "TransformMatrix",
    "Orientation": "TransformMatrix",
    "Position": "Offset",
    "Origin": "Offset",
    "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
}


#: What two answers would make another image of, each under one name or another.
_SINGLE = frozenset(
    ("NDims", "DimSize", "ElementType", "ElementNumberOfChannels", "ElementSpacing",
     "BinaryDataByteOrderMSB", "TransformMatrix", "Offset", "HeaderSize")
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A header understood: sizes fastest first; channels lie fastest of all."""

    layout: Layout
    sizes: tuple[int, ...]
    channels: int
    grid: Grid
    problems: tuple[Problem, ...]

    @property
    def is_colour(self) -> bool:
        return self.channels in (3, 4) and self.layout.dtype == np.uint8

    @property
    def count(self) -> int:
        """How many volumes the file holds."""
        times = self.sizes[3] if len(self.sizes) == 4 else 1
        return times if self.is_colour else times * self.channels


def recognises(head: bytes) -> bool:
    """Whether a file begins as a MetaImage header does."""
    return _BEGINNING.match(head) is not None


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; times, and channels that are no colour, give a stack each."""
    return gather(paths, tick, _stacks)


def _stacks(path: Path) -> list[Series]:
    """The stacks of one header; raises as `_image` and `weigh`."""
    image = _image(path)
    notes = (*image.problems, *weigh(image.layout))
    return stacks(path, stem_of(path, _SUFFIXES), "metaimage", image.grid, notes, image.count)


def data_files(path: Path) -> tuple[Path, ...]:
    """The files that a header keeps its voxels in."""
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
    sizes = (*image.sizes[:3], *(1 for _ in range(3 - len(image.sizes))))
    values = read_voxels(image.layout).reshape((-1, *sizes[::-1], image.channels))
    place = place_of(series)
    if image.is_colour:
        stored = values[place, ..., :3]
    else:
        stored = values[place // image.channels, ..., place % image.channels]
    return volume_of(series, image.grid, stored)


def _image(path: Path) -> _Image:
    """Understand a header.

    Raises:
        Unusable: It breaks the format, or asks for what is not read.
    """
    keys, end = _keys(path)
    if keys.get("ObjectType", "Image") != "Image":
        raise malformed(path, f"it is a {keys['ObjectType']} and no image", "unsupported")
    sizes = _sizes(path, keys)
    if _numbers(path, keys, "NDims") != [len(sizes)] or min(sizes, default=0) < 1:
        raise malformed(path, f"its sizes {sizes} do not fit NDims")
    if not 2 <= len(sizes) <= 4:
        raise malformed(path, f"it has {len(sizes)} dimensions; 2 to 4 are read", "unsupported")
    channels = int(_one(path, keys, "ElementNumberOfChannels", 1))
    if not 1 <= channels <= 64:
        raise malformed(path, f"it has {channels} channels; 1 to 64 are read", "unsupported")
    layout, told = _layout(path, keys, end, int(np.prod([*sizes, channels], dtype=object)))
    grid, problems = _grid(path, keys, sizes)
    image = _Image(layout, sizes, channels, grid, (*problems, *told))
    if image.is_colour and channels == 4:
        sentence = f"The transparency of {path.name} is ignored."
        told = [*told, Problem("alpha-ignored", sentence, (path.name,))]
    told = [*told, *_scale_problems(path, keys)]
    return _Image(layout, sizes, channels, grid, (*problems, *told))


def _scale_problems(path: Path, keys: dict[str, str]) -> list[Problem]:
    """Say of a scale that values are as stored, as MetaIO and ITK give them."""
    scale = [_one(path, keys, f"ElementToIntensityFunction{word}", default)
             for word, default in (("Slope", 1.0), ("Offset", 0.0))]  # fmt: skip
    if scale == [1.0, 0.0]:
        return []
    sentence = (
        f"{path.name} names a slope of {scale[0]:g} and an offset of {scale[1]:g}; values are as "
        "stored."
    )
    return [Problem("scale-ignored", sentence, (path.name,))]


def _keys(path: Path) -> tuple[dict[str, str], int]:
    """The keys of a header, and where it ends: behind the name of its data file."""
    with path.open("rb") as file:
        head = file.read(HEADER_LIMIT)
    last = _LAST_KEY.search(head)
    if last is None:
        raise malformed(path, 'it has no key "ElementDataFile"')
    keys: dict[str, str] = {}
    for line in head[: last.end()].decode("utf-8", errors="replace").splitlines():
        name, _, value = line.partition("=")
        key = _OTHER_NAMES.get(name.strip(), name.strip())
        if keys.setdefault(key, value.strip()) != value.strip() and key in _SINGLE:
            raise malformed(path, f"it gives two values for {key}")
    return keys, last.end()


def _numbers(path: Path, keys: dict[str, str], key: str) -> list[float]:
    try:
        return [float(word) for word in keys.get(key, "").split()]
    except ValueError:
        raise malformed(path, f"its {key} is {keys[key]!r}") from None


def _sizes(path: Path, keys: dict[str, str]) -> tuple[int, ...]:
    """Voxels along each axis; 7.0 is a whole number, nan, inf and 1e30 are not sizes."""
    numbers = _numbers(path, keys, "DimSize")
    if not all(1 <= number < 1 << 40 and number.is_integer() for number in numbers):
        raise malformed(path, f"its DimSize is {keys['DimSize']!r}")
    return tuple(int(number) for number in numbers)


def _one(path: Path, keys: dict[str, str], key: str, default: float) -> float:
    numbers = _numbers(path, keys, key) or [default]
    if len(numbers) != 1 or not abs(numbers[0]) < 1 << 40:
        raise malformed(path, f"its {key} is {keys[key]!r}")
    return numbers[0]


def _layout(path: Path, keys: dict[str, str], end: int, count: int) -> tuple[Layout, list[Problem]]:
    """Where the voxels are and how they are written."""
    kind = _TYPES.get(keys.get("ElementType", "").removesuffix("_ARRAY"))
    if kind is None:
        what = keys.get("ElementType") or "no type"
        raise malformed(path, f"its elements are of {what}", "unsupported")
    is_text = _is_true(keys.get("BinaryData", "True")) is False
    is_packed = _is_true(keys.get("CompressedData", "False")) is True
    encoding = Encoding.TEXT if is_text else Encoding.ZLIB if is_packed else Encoding.RAW
    big, problems = _is_true(keys.get("BinaryDataByteOrderMSB", "")), []
    if big is None and kind[1] != "1" and not is_text:
        sentence = f"{path.name} does not name its byte order; little endian is taken."
        problems.append(Problem("byte-order-missing", sentence, (path.name,)))
    files = detached.data_files(
        path,
        keys["ElementDataFile"],
        lambda: [name.strip() for name in text_of(path, end).split("\n") if name.strip()],
    )
    offset = int(_one(path, keys, "HeaderSize", 0))
    if offset < -1 or (offset == -1 and encoding is not Encoding.RAW):
        raise malformed(path, f"its HeaderSize is {offset}")
    if files == (path,) and offset > 0:
        raise malformed(path, f"its HeaderSize is {offset}, and its voxels are in the same file")
    if files == (path,) and offset == 0:
        offset = end
    packed = int(_one(path, keys, "CompressedDataSize", 0)) or None
    dtype = np.dtype((">" if big else "<") + kind)
    return Layout(path, files, encoding, dtype, count, offset, packed=packed), problems


def _is_true(word: str) -> bool | None:
    """MetaIO takes a word by its first letter; None where there is none."""
    return None if not word else word[0] in "TtYy1"


def _grid(path: Path, keys: dict[str, str], sizes: tuple[int, ...]) -> tuple[Grid, list[Problem]]:
    """Place the image by matrix, offset and spacing, or say what of it is missing."""
    name, count = path.name, len(sizes)
    shape = (sizes[2] if count > 2 else 1, sizes[1], sizes[0])
    unit = _unit_mm(keys)
    steps, problems = _steps(path, keys, count, unit)
    bare = unplaced(shape, steps)
    if steps is None or count == 2:
        why = "it is a single picture" if count == 2 else "its spacing is not known"
        return bare, [*problems, no_orientation(name, why, bare)]
    matrix = _matrix(path, keys, count)
    if matrix is None:
        return bare, [*problems, no_orientation(name, "it has no TransformMatrix", bare)]
    if not is_usable(matrix):
        sentence = f"The TransformMatrix of {name} does not span space: {keys['TransformMatrix']}."
        return bare, [*problems, Problem("bad-orientation", sentence, (name,))]
    affine = np.eye(4)
    affine[:3, :3] = matrix[:, ::-1] * steps
    origin = _numbers(path, keys, "Offset")
    if len(origin) != count or not np.isfinite(origin).all():
        sentence = f"{name} gives no offset; places count from its first voxel."
        problems.append(Problem("origin-missing", sentence, (name,)))
    else:
        affine[:3, 3] = np.array(origin[:3]) * (unit or 1.0)
    if is_sheared(matrix):
        problems.append(sheared(name))
    return placed(affine, shape), problems


def _matrix(path: Path, keys: dict[str, str], count: int) -> NDArray[np.float64] | None:
    """Unit vectors of (column, row, slice) index as columns; None where they are not told."""
    numbers = _numbers(path, keys, "TransformMatrix")
    if len(numbers) != count * count:
        return None
    # The numbers of one axis stand together, so that axes are rows here.
    return np.array(numbers).reshape(count, count)[:3, :3].T


def _unit_mm(keys: dict[str, str]) -> float | None:
    """mm a unit of length; unnamed counts as mm, as MetaIO has it. None for what is no length."""
    return _MM.get(keys.get("DistanceUnits", "").strip().lower())


def _steps(
    path: Path, keys: dict[str, str], count: int, unit: float | None
) -> tuple[tuple[float, float, float] | None, list[Problem]]:
    """Spacing of (slice, row, column); ElementSize stands in for it, as in MetaIO, and is told."""
    name, problems = path.name, []
    key = "ElementSpacing" if keys.get("ElementSpacing") else "ElementSize"
    steps = _numbers(path, keys, key)[:3]
    if not steps:
        sentence = f"{name} gives no ElementSpacing; lengths are unknown."
        return None, [Problem("spacing-unknown", sentence, (name,))]
    if len(steps) < min(count, 3) or not all(0 < step < float("inf") for step in steps):
        sentence = f"The {key} of {name} is no set of lengths: {keys[key]}."
        return None, [Problem("bad-number", sentence, (name,))]
    if unit is None:
        sentence = f"The unit of length of {name} is not known: {keys['DistanceUnits']}."
        return None, [Problem("spacing-unknown", sentence, (name,))]
    if key == "ElementSize":
        sentence = f"{name} gives no ElementSpacing; its ElementSize is taken: {keys[key]}."
        problems.append(Problem("spacing-from-ElementSize", sentence, (name,)))
    column, row, slice_ = (*(step * unit for step in steps), 1.0)[:3]
    return (slice_, row, column), problems
