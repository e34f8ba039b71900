"""Zip archives of images: weighed, then unpacked into a private folder that goes with the run.

A `Frame` names a file, and codecs want one; so members become files for as long as this process
lives, in a folder that only this user can open and that is removed at the end, or swept up by
the next run after a crash. Nothing of a member's path is trusted.
"""

from __future__ import annotations

import atexit
import errno
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from medimg.reading.run_folder import RunFolder
from medimg.reading.sizes import size_of
from medimg.reading.voxels import FREE, RATIO
from medimg.values.problems import Problem

#: Members of an archive, and bytes that all of them may open to.
MOST_MEMBERS = 50_000
MOST_BYTES = 8 << 30

_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_CHUNK = 1 << 20
#: First members of what is a zip file and no archive of images: office documents, programs.
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of one archive.

    Attributes:
        folder: Where its members lie; None where it was not opened.
        problems: Of members that were left, or of the archive.
    """

    archive: Path
    folder: Path | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Its members, as files."""
        found = self.folder.rglob("*") if self.folder else ()
        return sorted(path for path in found if path.is_file())

    def note(self) -> Problem:
        """The note of a series that was read from it."""
        name = self.archive.name
        sentence = (
            f"Read from members of {name}, unpacked into a private folder that is removed when "
            "this program ends."
        )
        return Problem("from-archive", sentence, (str(self.archive),))


def is_archive(head: bytes) -> bool:
    """Whether a file begins as a zip archive does; a preamble may, before the mark of DICOM."""
    return head.startswith(_MARKS) and head[128:132] != b"DICM"


def unpack(path: Path, step: Callable[[], None]) -> Unpacked:
    """Unpack an archive, each version of it once in a process.

    Args:
        path: The archive.
        step: Called before each member; what it raises stops the unpacking.
    """
    facts = path.stat()
    key = (path.resolve(), facts.st_size, facts.st_mtime_ns)
    if key not in _done():
        _done()[key] = _unpack(path, step)
    return _done()[key]


@cache
def _done() -> dict[tuple[Path, int, int], Unpacked]:
    """What this process has unpacked."""
    return {}


@cache
def _home() -> RunFolder:
    """The private folder of this process."""
    run = RunFolder()
    atexit.register(run.remove)
    return run


def _unpack(path: Path, step: Callable[[], None]) -> Unpacked:
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            problem = _refusal(path, members)
            if problem is not None:
                return Unpacked(path, None, (problem,))
            folder = _home().path / str(len(_done()))
            folder.mkdir()
            return Unpacked(path, folder, tuple(_extract(path, archive, members, folder, step)))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        sentence = f"{name} is a zip archive that is cut or damaged: {error}."
        return Unpacked(path, None, (Problem("truncated", sentence, (str(path),)),))
    except OSError as error:
        kind = "no-room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreadable"
        sentence = f"{name} cannot be unpacked: {error.strerror or error}."
        return Unpacked(path, None, (Problem(kind, sentence, (str(path),)),))


def _refusal(path: Path, members: Sequence[zipfile.ZipInfo]) -> Problem | None:
    """Why an archive is not opened at all, by its directory."""
    name, held = path.name, path.stat().st_size
    if members and members[0].filename in _DOCUMENTS:
        return Problem("ignored", f"{name} is a document and no archive of images.", (str(path),))
    if not members:
        return Problem("no-pixels", f"{name} is a zip archive that holds no file.", (str(path),))
    declared = sum(info.file_size for info in members)
    if len(members) > MOST_MEMBERS:
        sentence = f"{name} holds {len(members)} members; at most {MOST_MEMBERS} are opened."
        return Problem("too-large", sentence, (str(path),))
    if declared > min(MOST_BYTES, max(FREE, held * RATIO)):
        sentence = (
            f"{name} opens to {size_of(declared)} and holds {size_of(held)}; at most "
            f"{MOST_BYTES >> 30} GB are opened, and over {FREE >> 30} GB at most {RATIO} times "
            "its size."
        )
        return Problem("too-large", sentence, (str(path),))
    free = shutil.disk_usage(_home().path).free
    if declared > free * 0.9:
        sentence = f"{name} needs {size_of(declared)} to unpack; {size_of(free)} are free."
        return Problem("no-room", sentence, (str(path),))
    return None


def _extract(
    path: Path,
    archive: zipfile.ZipFile,
    members: Sequence[zipfile.ZipInfo],
    folder: Path,
    step: Callable[[], None],
) -> list[Problem]:
    """Unpack the members into a folder; what is wrong with those that were left."""
    problems = []
    taken: set[str] = set()
    for info in members:
        step()
        why = _why_not(info, taken)
        if why is None:
            taken.add(info.filename.casefold())
            why = _write(archive, info, folder)
        if why is not None:
            kind, words = why
            sentence = f"{info.filename} in {path.name} is left out: {words}."
            problems.append(Problem(kind, sentence, (str(path), info.filename)))
    return problems


def _why_not(info: zipfile.ZipInfo, taken: set[str]) -> tuple[str, str] | None:
    """Kind and reason of a member that is not unpacked."""
    parts = info.filename.replace("\\", "/").split("/")
    is_odd = any(part in ("", ".", "..") or re.search(r"[:\0]", part) for part in parts)
    if is_odd:
        return "member-outside", "its path leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "member-outside", "it is a link and no file"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", "it is encrypted"
    if info.compress_type not in _METHODS:
        return "unsupported", f"its compression {info.compress_type} is not opened here"
    if info.filename.casefold() in taken:
        return "duplicate-member", "another member has the same name"
    return None


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path) -> tuple[str, str] | None:
    """Write one member; kind and reason where it is damaged, and nothing of it is left."""
    target = folder.joinpath(*info.filename.replace("\\", "/").split("/"))
    left = info.file_size
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("xb") as out:
            while block := source.read(_CHUNK):
                left -= len(block)
                if left < 0:
                    raise zipfile.BadZipFile("it opens to more than it declares")
                out.write(block)
        if left:
            raise EOFError(f"it ends {left} bytes too early")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        target.unlink(missing_ok=True)
        return "truncated", f"it is cut or damaged ({error})"
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        target.unlink(missing_ok=True)
        return "unreadable", f"its name cannot be written here ({error.strerror or error})"
    return None
