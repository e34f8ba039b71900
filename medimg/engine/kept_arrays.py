"""Large arrays that a child is given for job after job: one file each, written and mapped once.

A volume is run through several packages. Its pixels lie in the run's folder from the first job on,
later ones name the file, and the child has it mapped already.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from contextlib import suppress
from pathlib import Path

import numpy as np

#: Smaller arrays travel with their job.
SMALLEST = 1 << 20


class KeptArrays:
    """The parent's side: which array lies in which file, for as long as the parent has it.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._files: dict[int, tuple[weakref.ref[np.ndarray], str]] = {}

    def file_of(self, array: np.ndarray) -> str:
        """The file of an array, written if it is new; empty where the array travels with its job.

        Raises:
            OSError: The file cannot be written; nothing is left of it.
        """
        # What can be written to may be another array the next time.
        if array.nbytes < SMALLEST or array.flags.writeable:
            return ""
        reference, name = self._files.get(id(array), (None, ""))
        if reference is not None and reference() is array:
            return name
        name = f"kept-{next(self._numbers)}"
        path = self._folder / name
        try:
            np.ascontiguousarray(array).tofile(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        self._files[id(array)] = weakref.ref(array), name
        weakref.finalize(array, self._forget, id(array), path)
        return name

    def _forget(self, key: int, path: Path) -> None:
        reference, name = self._files.get(key, (None, ""))
        if reference is not None and name == path.name:
            del self._files[key]
        with suppress(OSError):
            path.unlink()


class MappedArrays:
    """The child's side: files that are mapped already."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: dict[str, np.ndarray] = {}

    def bytes_of(self, name: str) -> np.ndarray:
        """The content of a file, uint8.

        On POSIX a mapping outlives its file. Windows keeps a mapped file locked; there it is read
        into memory.
        """
        if name not in self._maps:
            path = self._folder / name
            is_mapped = sys.platform != "win32"
            whole = np.memmap(path, np.uint8, "r") if is_mapped else np.fromfile(path, np.uint8)
            self._maps[name] = whole
        return self._maps[name]

    def tidy(self) -> None:
        """Let go of the files that the parent has removed."""
        for name in [name for name in self._maps if not (self._folder / name).exists()]:
            del self._maps[name]
