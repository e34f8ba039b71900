"""Files under paths: each once, links followed without circling, first bytes read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path

from medimg.values.errors import UsageError
from medimg.values.problems import Problem

#: Enough for every format's mark, and to open the first 348 bytes of a gzipped NIfTI header.
HEAD = 4096


def walk(paths: Sequence[str | Path]) -> tuple[dict[str, Path], list[Problem]]:
    """List the files under paths, sorted, by their paths without links.

    Folders that may not be entered are told.

    Raises:
        UsageError: A path does not exist.
    """
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    entered: set[str] = set()
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise UsageError(f"{path} does not exist. Check the path.")
        under = (
            _under(path, entered, problems) if path.is_dir() else [(os.path.realpath(path), path)]
        )
        for real, file in under:
            files.setdefault(real, file)
    if len(paths) > 1:  # the files of one come sorted
        files = dict(sorted(files.items(), key=lambda item: item[1].parts))
    return files, problems


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
    with FileIO(path) as file:
        return file.read(HEAD)


def _under(folder: Path, entered: set[str], problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    """Files below a folder, sorted; a link to a folder that was already entered is not followed."""
    open_: list[Iterator[tuple[str, os.DirEntry[str]]]] = [_entries(folder, entered, problems)]
    while open_:
        real, entry = next(open_[-1], ("", None))
        if entry is None:
            open_.pop()
        elif _is(entry.is_dir):
            open_.append(_entries(entry.path, entered, problems))
        elif _is(entry.is_file):
            linked = entry.is_symlink()
            yield os.path.realpath(entry.path) if linked else real + entry.name, Path(entry.path)


def _entries(
    folder: str | Path, entered: set[str], problems: list[Problem]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """What a folder holds, each with the folder's path without links before it."""
    real = os.path.realpath(folder)
    if real in entered:
        return
    entered.add(real)
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        closed = Path(error.filename or folder)
        sentence = f"The folder {closed.name} cannot be opened: {error.strerror}."
        problems.append(Problem("unreadable", sentence, (str(closed),)))
        return
    before = f"{real.rstrip(os.sep)}{os.sep}"
    for entry in entries:
        yield before, entry


def _is(ask: Callable[[], bool]) -> bool:
    """What a link leads to; one that circles leads to nothing."""
    try:
        return ask()
    except OSError:
        return False
