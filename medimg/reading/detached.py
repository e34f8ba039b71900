"""Headers whose voxels are in another file: what it may be called, and where it may lie."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from medimg.reading.found import malformed

#: Bytes of a header that are read at most.
HEADER_LIMIT = 1 << 20
#: Files that a pattern may name.
_MOST_FILES = 20_000


def located(header: Path, name: str) -> Path:
    """The data file that a header names; it lies beside or below the header.

    A header that someone sends could otherwise show any file of this computer as an image.

    Raises:
        Unusable: It lies elsewhere.
    """
    if not name.isprintable():
        raise malformed(header, "the name of its data file is not printable")
    file = header.parent / name.replace("\\", "/")
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(header.parent)):
        why = f"its voxels are in {name}, outside the folder that it lies in"
        raise malformed(header, why, "data-file-outside")
    return file


def data_files(header: Path, named: str, listed: Callable[[], Sequence[str]]) -> tuple[Path, ...]:
    """The files of a header's voxels: itself, one, those of a pattern, or those of a list.

    Args:
        header: The header's own path.
        named: What it names; nothing or LOCAL is itself.
        listed: Reads the names that follow the word LIST.

    Raises:
        Unusable: It names none, or one outside of its folder.
    """
    if named.upper() in ("", "LOCAL") or named == header.name:
        return (header,)
    names = listed() if named.upper().split()[0] == "LIST" else pattern(named)
    if not names:
        raise malformed(header, "it names no data file")
    return tuple(located(header, name) for name in names)


def text_of(header: Path, start: int = 0) -> str:
    """The text of a header from a byte on, as far as headers are read."""
    with header.open("rb") as file:
        file.seek(start)
        return file.read(HEADER_LIMIT).decode("utf-8", errors="replace")


def pattern(named: str) -> list[str]:
    """The names that "slice%03d.raw 1 12 1" stands for; other names stand for themselves."""
    found = re.fullmatch(r"(\S*%0?\d*d\S*)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+\d+)?", named)
    if not found:
        return [named]
    first, last, step = (int(found.group(group)) for group in (2, 3, 4))
    if not step or abs(last - first) // abs(step) >= _MOST_FILES:
        return [named]
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return [found.group(1) % number for number in numbers]


def stem_of(path: Path, suffixes: tuple[str, ...]) -> str:
    """A file's name without the suffix of its format."""
    name = path.name
    for suffix in sorted(suffixes, key=len, reverse=True):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
