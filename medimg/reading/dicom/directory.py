"""DICOMDIR: the files that an index lists, found beside it whatever the case of their names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medimg.values.problems import Problem

SOP_CLASS = "1.2.840.10008.1.3.10"
_NAMED_CLASS = re.compile(re.escape(SOP_CLASS).encode() + rb"[\0 ]?[^.0-9]")
#: Bytes of an index that is believed: some 500 000 records.
_LIMIT = 256 << 20
#: Absent files that a sentence names; the problem names them all.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """The files of an index: those that are there, and what is said of the others."""

    files: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()


def is_directory(head: bytes) -> bool:
    """Whether a file is a DICOMDIR, by the class that its meta header names (PS3.10 8.6)."""
    return head[128:132] == b"DICM" and _NAMED_CLASS.search(head[:1024]) is not None


def listed(path: Path) -> Listed:
    """Look up what an index lists (PS3.3 F.5); a name that leads out of its folder is absent."""
    # Here and not above: the window starts without pydicom, and scans in a child.
    from medimg.reading.dicom.header.source import BROKEN

    try:
        names = [*_names(path)]
    except (*BROKEN, RecursionError) as error:
        sentence = f"The index {path.name} cannot be read: {error}."
        return Listed(problems=(Problem("truncated", sentence, (str(path),)),))
    found, absent = [], []
    entries: dict[Path, dict[str, str]] = {}
    for parts in names:
        file = _find(path.parent, parts, entries)
        if file is None:
            absent.append("/".join(parts))
        else:
            found.append(file)
    return Listed(tuple(found), _told(path, len(names), absent))


def _told(path: Path, count: int, absent: list[str]) -> tuple[Problem, ...]:
    if not absent:
        return ()
    shown = ", ".join(absent[:_NAMED])
    more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
    verb = "is" if len(absent) == 1 else "are"
    sentence = f"{path.name} lists {count} files; {len(absent)} {verb} not there: {shown}{more}."
    return (Problem("files-absent", sentence, (str(path), *absent)),)


def _names(path: Path) -> Iterator[tuple[str, ...]]:
    """The file IDs of an index, each once, in parts."""
    import pydicom

    if path.stat().st_size > _LIMIT:
        raise ValueError(f"it holds {path.stat().st_size} bytes")
    with warnings.catch_warnings(action="ignore"):
        dataset = pydicom.dcmread(path, specific_tags=["DirectoryRecordSequence"])
        seen = set()
        for record in dataset.get("DirectoryRecordSequence") or []:
            value = record.get("ReferencedFileID")
            if not value:
                continue
            parts = (value,) if isinstance(value, str) else tuple(value)
            parts = tuple(part for word in parts for part in re.split(r"[\\/]", str(word)) if part)
            if parts and parts not in seen:
                seen.add(parts)
                yield parts


def _find(folder: Path, parts: tuple[str, ...], entries: dict[Path, dict[str, str]]) -> Path | None:
    """The file of an ID; discs come back with names in small letters, or with a version."""
    at = folder
    for part in parts:
        if at not in entries:
            entries[at] = _entries(at)
        name = entries[at].get(part.casefold())
        if part in (".", "..") or name is None:
            return None
        at = at / name
    return at if at.is_file() else None


def _entries(folder: Path) -> dict[str, str]:
    """Names in a folder, by small letters and without version or final dot (ISO 9660)."""
    if not folder.is_dir():
        return {}
    names = sorted((entry.name for entry in folder.iterdir()), reverse=True)
    return {re.sub(r"\.?(;\d+)?$", "", name).casefold(): name for name in names}
