"""Paths whose bytes are no UTF-8, as old shares and archives have them, under names that are text.

Such a path can be opened, and can be written into no message, record or table. So a link with a
plain name is made to it in the private folder of the program, and everything goes by the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from medimg.reading.run_folder import home
from medimg.values.problems import Problem

#: Links that this process has made, by what they lead to.
_made: dict[str, Path] = {}


def is_plain(path: str | Path) -> bool:
    """Whether a path is text: it holds none of the stand-ins for bytes that are no UTF-8."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def plain(path: str | Path) -> Path:
    """The path itself where it is text; else a link to it whose path is.

    A file of a folder that needs a link is reached through the folder's, so that what lies beside
    it lies beside it there, too.

    Raises:
        OSError: The link cannot be made.
    """
    path = Path(path)
    if is_plain(path):
        return path
    real = str(path.absolute())
    if real not in _made:
        if path.is_dir() or not is_plain(path.name):
            link = Path(mkdtemp(dir=home().path)) / written(path.name)
            link.symlink_to(real, target_is_directory=path.is_dir())
            _made[real] = link
        else:
            _made[real] = plain(path.parent) / path.name
    return _made[real]


def written(name: str) -> str:
    """A name as text: bytes that are no UTF-8 as %FC."""
    return name.translate(_ESCAPES)


_ESCAPES = {0xDC00 + byte: f"%{byte:02X}" for byte in range(0x80, 0x100)}


def plain_files(files: Mapping[str, Path], problems: list[Problem]) -> dict[str, Path]:
    """Files by their real paths, each under a path that is text; what cannot be is told."""
    found: dict[str, Path] = {}
    for real, file in files.items():
        try:
            found[real] = plain(file)
        except OSError as error:
            name = written(file.name)
            sentence = f"{name} cannot be opened under a name that is text: {error.strerror}."
            problems.append(Problem("unreadable", sentence, (name,)))
    return found
