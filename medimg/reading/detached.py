"""Headers whose voxels are in another file: what it may be called, and where it may lie."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from medimg.reading.found import malformed

#: Bytes of a header that are read at most.
HEADER_LIMIT = 1 << 20
#: Files that a pattern or a list may name; a series of single slices has some thousands.
_MOST_FILES = 5_000
#: A name with one format code, then first, last and step.
_PATTERN = re.compile(
    r"([^\s%]*)%(0?\d{0,2})d([^\s%]*)\s+(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s+\d+)?",
    re.ASCII,
)


def located(header: Path, name: str, root: str = "") -> Path:
    """The data file that a header names; it lies beside or below the header.

    A header that someone sends could otherwise show any file of this computer as an image.

    Args:
        header: Path of the header.
        name: As the header has it.
        root: The header's folder without links, where it is known.

    Raises:
        Unusable: It lies elsewhere.
    """
    if not name.isprintable():
        raise malformed(header, "the name of its data file is not printable")
    file = header.parent / name.replace("\\", "/")
    if not Path(os.path.realpath(file)).is_relative_to(root or os.path.realpath(header.parent)):
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
    if len(names) > _MOST_FILES:
        why = f"it names {len(names)} data files; at most {_MOST_FILES} are read"
        raise malformed(header, why, "too-many")
    root = os.path.realpath(header.parent)
    return tuple(located(header, name, root) for name in names)


def text_of(header: Path, start: int = 0) -> str:
    """The text of a header from a byte on, as far as headers are read."""
    with header.open("rb") as file:
        file.seek(start)
        return file.read(HEADER_LIMIT).decode("utf-8", errors="replace")


def pattern(named: str) -> list[str]:
    """The names that "slice%03d.raw 1 12 1" stands for; other names stand for themselves.

    The one format code is a whole number of at most two digits' width: what a header says is
    not formatted freely, for `%s` has no value and `%099999999d` takes gigabytes.
    """
    found = _PATTERN.fullmatch(named)
    if not found:
        return [named]
    before, width, after = found.group(1, 2, 3)
    first, last, step = (int(number) for number in found.group(4, 5, 6))
    if not step or abs(last - first) // abs(step) >= _MOST_FILES:
        return [named]
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return [f"{before}{f'%{width}d' % number}{after}" for number in numbers]


def stem_of(path: Path, suffixes: tuple[str, ...]) -> str:
    """A file's name without the suffix of its format."""
    name = path.name
    for suffix in sorted(suffixes, key=len, reverse=True):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
