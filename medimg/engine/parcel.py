"""A value as two files in a private folder: JSON, and its arrays one after the other.

One file for all arrays: a structure set has thousands of small ones, and a process may map only
so many files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from medimg.values.plain import from_json, to_json

Value = TypeVar("Value")
#: Arrays begin at multiples of this, so that vector instructions find them aligned.
_ALIGNED = 64


class _Place(msgspec.Struct, frozen=True):
    """Where an array lies in the file of arrays."""

    offset: int
    dtype: str
    shape: tuple[int, ...]


class _Parcel(msgspec.Struct, frozen=True):
    """The value, and the places of its arrays by name."""

    value: msgspec.Raw
    arrays: dict[str, _Place]


def pack(value: object, folder: Path, name: str) -> None:
    """Write a value as `<name>.json` and its arrays as `<name>.arrays`; for this user only."""
    places: dict[str, _Place] = {}
    with (folder / f"{name}.arrays").open("wb") as file:

        def keep(key: str, array: np.ndarray) -> None:
            file.write(b"\0" * (-file.tell() % _ALIGNED))
            places[key] = _Place(file.tell(), array.dtype.str, array.shape)
            file.write(np.ascontiguousarray(array).data)

        data = to_json(value, keep)
    parcel = _Parcel(msgspec.Raw(data), places)
    (folder / f"{name}.json").write_bytes(msgspec.json.encode(parcel))


def unpack(kind: type[Value], folder: Path, name: str) -> Value:
    """Read what `pack` wrote; arrays stay on disk and are mapped.

    On POSIX a mapping outlives its file, so the folder may be removed at once. Windows keeps a
    mapped file locked; there arrays are read into memory.

    Raises:
        msgspec.ValidationError: The files are not a value of this kind.
    """
    parcel = msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=_Parcel)
    path = folder / f"{name}.arrays"
    whole: np.ndarray = np.empty(0, dtype=np.uint8)
    if path.stat().st_size:
        is_mapped = sys.platform != "win32"
        whole = np.memmap(path, np.uint8, "r") if is_mapped else np.fromfile(path, np.uint8)

    def fetch(key: str) -> np.ndarray:
        place = parcel.arrays[key]
        dtype = np.dtype(place.dtype)
        count = int(np.prod(place.shape, dtype=np.int64))
        part = whole[place.offset : place.offset + count * dtype.itemsize]
        array: np.ndarray = part.view(dtype).reshape(place.shape)
        array.setflags(write=False)
        return array

    return from_json(kind, bytes(parcel.value), fetch)
