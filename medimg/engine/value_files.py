"""A value as two files in a private folder: JSON, a piece a line, and its arrays one after another.

One file for all arrays: a structure set has thousands of small ones, and a process may map only
so many files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from medimg.engine.kept_arrays import KeptArrays, MappedArrays
from medimg.engine.pieces import cut, joined
from medimg.values.plain import reader, to_json

Value = TypeVar("Value")
#: Arrays begin at multiples of this, so that vector instructions find them aligned.
_ALIGNED = 64


class _Place(msgspec.Struct, frozen=True):
    """Where an array lies: in the file of arrays, or in one that is kept for later jobs."""

    offset: int
    dtype: str
    shape: tuple[int, ...]
    file: str = ""


class _Line(msgspec.Struct, frozen=True):
    """A piece of the value, and the places of its arrays by name."""

    value: msgspec.Raw
    arrays: dict[str, _Place]


def pack(value: object, folder: Path, name: str, kept: KeptArrays | None = None) -> None:
    """Write a value as `<name>.json` and its arrays as `<name>.arrays`; for this user only.

    Args:
        kept: Where large arrays lie that later jobs may bring again.
    """
    with (
        (folder / f"{name}.arrays").open("wb") as file,
        (folder / f"{name}.json").open("wb") as text,
    ):
        for piece in cut(value):
            places: dict[str, _Place] = {}

            def keep(key: str, array: np.ndarray, places: dict[str, _Place] = places) -> None:
                if kept is not None and (own := kept.file_of(array)):
                    places[key] = _Place(0, array.dtype.str, array.shape, own)
                    return
                file.write(b"\0" * (-file.tell() % _ALIGNED))
                places[key] = _Place(file.tell(), array.dtype.str, array.shape)
                file.write(np.ascontiguousarray(array).data)

            data = to_json(piece, keep)
            text.write(msgspec.json.encode(_Line(msgspec.Raw(data), places)) + b"\n")


def unpack(kind: type[Value], folder: Path, name: str, mapped: MappedArrays | None = None) -> Value:
    """Read what `pack` wrote; arrays stay on disk and are mapped.

    Args:
        mapped: Where arrays are that lie in files of their own.

    On POSIX a mapping outlives its file, so the folder may be removed at once. Windows keeps a
    mapped file locked; there arrays are read into memory.

    Raises:
        msgspec.ValidationError: The files are not a value of this kind.
    """
    path = folder / f"{name}.arrays"
    whole: np.ndarray = np.empty(0, dtype=np.uint8)
    if path.stat().st_size:
        is_mapped = sys.platform != "win32"
        whole = np.memmap(path, np.uint8, "r") if is_mapped else np.fromfile(path, np.uint8)

    readers: dict[Any, Callable[[msgspec.Raw], Any]] = {}
    line = msgspec.json.Decoder(_Line)
    places: dict[str, _Place] = {}

    def fetch(key: str) -> np.ndarray:
        place = places[key]
        dtype = np.dtype(place.dtype)
        count = int(np.prod(place.shape, dtype=np.int64))
        if place.file and mapped is None:
            raise msgspec.ValidationError("an array lies in a file that nobody holds")
        source = mapped.bytes_of(place.file) if mapped and place.file else whole
        part = source[place.offset : place.offset + count * dtype.itemsize]
        array: np.ndarray = part.view(dtype).reshape(place.shape)
        array.setflags(write=False)
        return array

    with (folder / f"{name}.json").open("rb") as text:

        def take(piece: Any) -> Any:
            nonlocal places
            read = line.decode(text.readline())
            places = read.arrays
            if piece not in readers:
                readers[piece] = reader(piece, fetch)
            return readers[piece](read.value)

        value: Value = joined(kind, take)
        return value
