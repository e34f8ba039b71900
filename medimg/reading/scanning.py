"""What is under some paths: files recognised by their bytes, put into series by their format."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from medimg.reading import archive
from medimg.reading.archive import Unpacked
from medimg.reading.dicom import directory
from medimg.reading.files import HEAD, RealPaths, head, walk
from medimg.reading.formats import FORMATS
from medimg.reading.found import at_the_cost_of
from medimg.reading.plain_paths import plain, plain_files
from medimg.values.problems import Problem
from medimg.values.progress import Progress, ticker
from medimg.values.series import DerivedObject, Scan, Series

#: Files that systems and people leave beside images; anything else unknown is told likewise,
#: but a name that promises DICOM is a problem and not a note.
_PROMISING = tuple(suffix for suffix in FORMATS["dicom"].suffixes if suffix)

#: First bytes of image formats that are known and not read.
_NOT_READ = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000 without DICOM around it"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 without DICOM around it"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"CDF\x01", "MINC 1"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
)


def scan(*paths: str | Path, progress: Progress | None = None) -> Scan:
    """Find image stacks, and objects that speak of them, under files and folders: headers alone.

    Args:
        paths: Files and folders; folders are searched to the bottom.
        progress: Called with (files done, files in all); what it raises stops the scan.

    Raises:
        UsageError: A path does not exist.
    """
    files, problems = walk(paths)
    waiting = _Waiting(plain_files(files, problems))

    def step() -> None:
        if progress is not None:
            progress(0, len(waiting))  # so that it can be stopped here too

    by_format, unpacked = _sorted_out(waiting, problems, step)
    _drop_data_files(by_format, problems)
    given = {plain(path) for path in paths}
    problems += _beside_dicom(by_format, given)
    todo = sum(len(members) for members in by_format.values())
    tick = ticker(progress, todo)
    series: list[Series] = []
    objects: list[DerivedObject] = []
    for name, members in by_format.items():
        if members:
            found = FORMATS[name].reader.scan(members, tick)
            series += found.series
            problems += found.problems
            objects += found.objects
    series = [_with_source(one, unpacked) for one in series]
    return Scan(tuple(series), tuple(problems), len(waiting), tuple(objects))


def _sorted_out(
    waiting: _Waiting, problems: list[Problem], step: Callable[[], None]
) -> tuple[dict[str, list[Path]], list[Unpacked]]:
    """Files by format and the archives that gave some of them; what is wrong is added."""
    by_format: dict[str, list[Path]] = {name: [] for name in FORMATS}
    unpacked: list[Unpacked] = []
    for path in waiting:
        step()
        first = _beginning(path)
        if isinstance(first, Problem):
            problems.append(first.at(path))
            continue
        is_packed = archive.is_archive(first) or archive.is_gzipped_dicom(first)
        if is_packed and not _is_in(path, unpacked):
            opened = archive.unpack(path, step)
            unpacked.append(opened)
            waiting.add(opened.files)
            problems += opened.problems
            continue
        with at_the_cost_of(path, problems):
            if directory.is_directory(first):
                index = directory.listed(path)
                waiting.add(index.files)
                problems += index.problems
            recognised = _recognise(path, first)
            if isinstance(recognised, Problem):
                problems.append(recognised.at(path))
            else:
                by_format[recognised].append(path)
    return by_format, unpacked


class _Waiting:
    """Files to be looked at, each once; archives and indices add to them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = list(files.values())
        self._seen = set(files)
        self._real = RealPaths()

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Path]:
        # By number, since the list may grow meanwhile.
        place = 0
        while place < len(self._files):
            yield self._files[place]
            place += 1

    def add(self, files: Iterable[Path]) -> None:
        """Take in more files."""
        for file in files:
            real = self._real.of(file)
            if real not in self._seen:
                self._seen.add(real)
                self._files.append(file)


def _is_in(path: Path, unpacked: Sequence[Unpacked]) -> bool:
    """Whether a file came out of an archive."""
    return any(opened.folder and path.is_relative_to(opened.folder) for opened in unpacked)


def _with_source(series: Series, unpacked: Sequence[Unpacked]) -> Series:
    """Say of a series that its files are members of an archive."""
    first = Path(series.frames[0].file)
    for opened in unpacked:
        if opened.folder and first.is_relative_to(opened.folder):
            return replace(series, problems=(*series.problems, opened.note()))
    return series


def _beginning(path: Path) -> bytes | Problem:
    """The first bytes of a file, or why there are none."""
    name = path.name
    try:
        first = head(path)
    except OSError as error:
        sentence = f"{name} cannot be read: {error.strerror or error}."
        return Problem("unreadable", sentence, (name,))
    return first or Problem("empty-file", f"{name} is empty.", (name,))


def _recognise(path: Path, first: bytes) -> str | Problem:
    """The format of a file by its first bytes, or why it has none."""
    name = path.name
    for key, format_ in FORMATS.items():
        if format_.reader.recognises(first):
            promises = path.suffix.lower() in _PROMISING and key != "dicom"
            return _not_dicom(name, f"it looks like {format_.name}") if promises else key
    return _unknown(path, first)


def _unknown(path: Path, first: bytes) -> Problem:
    """Say of a file that no format recognises what it may be."""
    name = path.name
    if archive.is_archive(first):
        return Problem("zip", f"{name} is a zip archive inside another.", (name,))
    known = _known(first)
    if known:
        return Problem("unsupported", f"{name} is {known}, which is not read here.", (name,))
    packed = _packed(first)
    if packed:
        return Problem("gzip", f"{name} is {packed} compressed with gzip.", (name,))
    if path.suffix.lower() in _PROMISING:
        is_text = all(byte >= 9 for byte in first[:256])
        return _not_dicom(name, "it holds text" if is_text else "its beginning is not DICOM")
    return Problem("ignored", f"{name} is no image that can be opened here.", (name,))


def _known(first: bytes) -> str | None:
    """What a file is that is known by its first bytes and not read."""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "WebP"
    if first[4:8] == b"ftyp":
        return "HEIF or a film"
    if first[257:262] == b"ustar":
        return "a tar archive"
    if first[:2] == b"BM" and first[6:10] != bytes(4):
        return None  # two letters alone are no mark
    return next((name for mark, name in _NOT_READ if first.startswith(mark)), None)


def _not_dicom(name: str, why: str) -> Problem:
    return Problem("not-dicom", f"{name} is named like a DICOM file and is none: {why}.", (name,))


def _packed(first: bytes) -> str | None:
    """What a gzipped file holds, where its own beginning tells."""
    if first[:2] != b"\x1f\x8b":
        return None
    try:
        opened = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(first, HEAD)
    except zlib.error:
        return None
    for format_ in FORMATS.values():
        if format_.reader.recognises(opened):
            return f"a {format_.name} file"
    return _known(opened)


def _drop_data_files(by_format: dict[str, list[Path]], problems: list[Problem]) -> None:
    """Leave the data files of headers to their headers, whatever their own bytes look like."""
    claimed = {
        os.path.realpath(file)
        for name, members in by_format.items()
        for path in members
        for file in _data_files(name, path)
    }
    if not claimed:
        return
    for name, members in by_format.items():
        by_format[name] = [path for path in members if os.path.realpath(path) not in claimed]
    problems[:] = [
        p for p in problems if not p.files or not claimed.issuperset(map(os.path.realpath, p.files))
    ]


def _data_files(name: str, path: Path) -> Sequence[Path]:
    """The files that a header keeps its voxels in; none of one that cannot be understood."""
    with at_the_cost_of(path, []):  # told when its format reads it
        return FORMATS[name].data_files(path)
    return ()


def _beside_dicom(by_format: dict[str, list[Path]], given: set[Path]) -> Sequence[Problem]:
    """Leave out pictures that lie among DICOM files: previews, unless asked for by name."""
    folders = {path.parent for path in by_format["dicom"]}
    beside = [p for p in by_format["picture"] if p.parent in folders and p not in given]
    by_format["picture"] = [p for p in by_format["picture"] if p not in set(beside)]
    return [
        Problem("ignored", f"{path.name} is a picture beside DICOM files; it is left out, open it "
                "by its own name to see it.", (str(path),))
        for path in beside
    ]  # fmt: skip
