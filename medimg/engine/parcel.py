"""A value as files in a private folder: JSON beside memory-mapped arrays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from medimg.values.plain import from_json, to_json

Value = TypeVar("Value")


def pack(value: object, folder: Path, name: str) -> None:
    """Write a value as `<name>.json` and its arrays as `<name>-<n>.npy`; all for this user only."""

    def keep(key: str, array: np.ndarray) -> None:
        np.save(folder / f"{name}-{_number(key)}.npy", array, allow_pickle=False)

    data = to_json(value, keep)
    (folder / f"{name}.json").write_bytes(data)


def unpack(kind: type[Value], folder: Path, name: str) -> Value:
    """Read what `pack` wrote; arrays stay on disk and are mapped.

    On POSIX a mapping outlives its file, so the folder may be removed at once. Windows keeps a
    mapped file locked; there arrays are read into memory.
    """
    mode: Literal["r"] | None = None if sys.platform == "win32" else "r"

    def fetch(key: str) -> np.ndarray:
        path = folder / f"{name}-{_number(key)}.npy"
        array: np.ndarray = np.load(path, mmap_mode=mode, allow_pickle=False)
        return array

    return from_json(kind, (folder / f"{name}.json").read_bytes(), fetch)


def _number(key: str) -> str:
    return key.rpartition(":")[2]
