"""Files under paths: each once, links followed without circling, first bytes read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from medimg.values.errors import UsageError
from medimg.values.problems import Problem

#: Enough for every format's mark, and to open the first 348 bytes of a gzipped NIfTI header.
HEAD = 4096


def walk(paths: Sequence[str | Path]) -> tuple[list[Path], list[Problem]]:
    """List the files under paths, sorted; folders that may not be entered are told.

    Raises:
        UsageError: A path does not exist.
    """
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    real = RealPaths()
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise UsageError(f"{path} does not exist. Check the path.")
        for file in _under(path, problems) if path.is_dir() else [path]:
            files.setdefault(real.of(file), file)
    return sorted(files.values(), key=lambda path: path.parts), problems


class RealPaths:
    """Where files really lie, each folder looked up once: a scan asks for thousands in a few."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, file: Path) -> str:
        """The path of a file without links."""
        if file.is_symlink():
            return os.path.realpath(file)
        folder, name = os.path.split(file)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        return f"{real.rstrip(os.sep)}{os.sep}{name}"


def head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(HEAD)


def _under(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Files below a folder; a link to a folder that was already entered is not followed."""
    seen: set[str] = set()

    def tell(error: OSError) -> None:
        name = Path(error.filename or folder).name
        sentence = f"The folder {name} cannot be opened: {error.strerror}."
        problems.append(Problem("unreadable", sentence, (name,)))

    for root, folders, names in os.walk(folder, followlinks=True, onerror=tell):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        for name in names:
            path = Path(root, name)
            if path.is_file():
                yield path
