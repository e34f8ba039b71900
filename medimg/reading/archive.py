"""Zip archives of images, and single DICOM files compressed with gzip: weighed, then unpacked
into a private folder that goes with the run.

A `Frame` names a file, and codecs want one; so members become files for as long as this process
lives, in a folder that only this user can open and that is removed at the end, or swept up by
the next run after a crash. Nothing of a member's path is trusted.
"""

from __future__ import annotations

import errno
import lzma
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from medimg.reading.dicom.header.limits import DEFLATE_FREE, DEFLATE_RATIO
from medimg.reading.found import Unusable
from medimg.reading.run_folder import home
from medimg.reading.sizes import size_of
from medimg.reading.voxels import FREE, RATIO
from medimg.values.problems import Problem

#: Members of an archive, and bytes that all of them may open to.
MOST_MEMBERS = 50_000
MOST_BYTES = 8 << 30

_GZIP_MARK = b"\x1f\x8b"
_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_CHUNK = 1 << 20
#: First members of what is a zip file and no archive of images: office documents, programs.
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1
#: What opening an archive or a member raises where it is cut or damaged.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError,
            NotImplementedError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of one archive.

    Attributes:
        folder: Where its members lie; None where it was not opened.
        problems: Of members that were left, or of the archive.
        is_single: Whether it is one file, compressed with gzip.
    """

    archive: Path
    folder: Path | None = None
    problems: tuple[Problem, ...] = ()
    is_single: bool = False

    @property
    def files(self) -> list[Path]:
        """Its members, as files."""
        found = self.folder.rglob("*") if self.folder else ()
        return sorted(path for path in found if path.is_file())

    def note(self) -> Problem:
        """The note of a series that was read from it."""
        name = self.archive.name
        source = f"{name} and what lies beside it" if self.is_single else f"members of {name}"
        sentence = (
            f"Read from {source}, unpacked into a private folder that is removed when this "
            "program ends."
        )
        return Problem("from-archive", sentence, (str(self.archive),))


def is_archive(head: bytes) -> bool:
    """Whether a file begins as a zip archive does; a preamble may, before the mark of DICOM."""
    return head.startswith(_MARKS) and head[128:132] != b"DICM"


def is_gzipped_dicom(head: bytes) -> bool:
    """Whether a file begins as gzip does, and what it holds begins as a DICOM file does."""
    if head[:2] != _GZIP_MARK:
        return False
    try:
        opened = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 132)
    except zlib.error:
        return False
    return opened[128:132] == b"DICM"


def unpack(path: Path, step: Callable[[], None]) -> Unpacked:
    """Unpack an archive or a compressed file, each version of it once in a process.

    Args:
        path: The archive.
        step: Called before each member; what it raises stops the unpacking.
    """
    facts = path.stat()
    key = (path.resolve(), facts.st_size, facts.st_mtime_ns)
    known = _done().get(key)
    if known is None:
        with path.open("rb") as file:
            is_gzip = file.read(2) == _GZIP_MARK
        known = _unpack_one(path) if is_gzip else _unpack(path, step)
        if known.folder is not None:  # what failed, for want of room or so, may be tried again
            _done()[key] = known
    return known


@cache
def _done() -> dict[tuple[Path, int, int], Unpacked]:
    """What this process has unpacked."""
    return {}


def _unpack(path: Path, step: Callable[[], None]) -> Unpacked:
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            problem = _refusal(path, members)
            if problem is not None:
                return Unpacked(path, None, (problem,))
            with _folder() as folder:
                return Unpacked(path, folder, tuple(_extract(path, archive, members, folder, step)))
    except _DAMAGED as error:
        sentence = f"{name} is a zip archive that is cut or damaged: {error}."
        return Unpacked(path, None, (Problem("truncated", sentence, (str(path),)),))
    except OSError as error:
        kind = "no-room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreadable"
        sentence = f"{name} cannot be unpacked: {error.strerror or error}."
        return Unpacked(path, None, (Problem(kind, sentence, (str(path),)),))


def _unpack_one(path: Path) -> Unpacked:
    """Unpack a file compressed with gzip; what grows as no image does is given up on the way.

    The bounds are those of a deflated data set.
    """
    name, files = path.name, (str(path),)
    stem = name[:-3] if name.lower().endswith(".gz") and len(name) > 3 else name
    engine, opened, held = zlib.decompressobj(zlib.MAX_WBITS | 16), 0, 0
    try:
        with _folder() as folder, path.open("rb") as source, (folder / stem).open("xb") as out:
            while not engine.eof and (packed := engine.unconsumed_tail or source.read(_CHUNK)):
                block = engine.decompress(packed, _CHUNK)
                opened += out.write(block)
                held = source.tell() - len(engine.unconsumed_tail)
                if opened > min(MOST_BYTES, max(DEFLATE_FREE, held * DEFLATE_RATIO)):
                    raise Unusable(_bomb(path))
            if not engine.eof:
                raise EOFError("it ends too early")
            return Unpacked(path, folder, is_single=True)
    except Unusable as refused:
        return Unpacked(path, None, (refused.problem,))
    except (zlib.error, EOFError) as error:
        sentence = f"{name} is compressed with gzip and is cut or damaged: {error}."
        return Unpacked(path, None, (Problem("truncated", sentence, files),))
    except OSError as error:
        kind = "no-room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreadable"
        sentence = f"{name} cannot be unpacked: {error.strerror or error}."
        return Unpacked(path, None, (Problem(kind, sentence, files),))


def _bomb(path: Path) -> Problem:
    sentence = (
        f"{path.name} holds {size_of(path.stat().st_size)} and opens to more than "
        f"{DEFLATE_RATIO} times as much; it was not opened further."
    )
    return Problem("too-large", sentence, (str(path),))


@contextmanager
def _folder() -> Iterator[Path]:
    """A new folder in that of the process; nothing of it is left where the unpacking is stopped."""
    folder = Path(tempfile.mkdtemp(dir=home().path))
    is_done = False
    try:
        yield folder
        is_done = True
    finally:
        if not is_done:
            shutil.rmtree(folder, ignore_errors=True)


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
    free = shutil.disk_usage(home().path).free
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
    except _DAMAGED as error:
        target.unlink(missing_ok=True)
        return "truncated", f"it is cut or damaged ({error})"
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        target.unlink(missing_ok=True)
        return "unreadable", f"its name cannot be written here ({error.strerror or error})"
    return None
