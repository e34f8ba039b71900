"""The index of a disc (DICOMDIR, PS3.3 F): what it names is looked for, and read as any file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from medimg.reading.dicom.attributes import attributes_of
from medimg.reading.dicom.source import read_header
from medimg.values.problems import Problem

SOP_CLASS = "1.2.840.10008.1.3.10"


def problems_of(path: Path) -> list[Problem]:
    """Say what the file is, and how many of the files that it names are not there.

    Raises:
        Unusable: It cannot be parsed.
    """
    name = path.name
    told = [Problem("not-an-image", f"{name} is an index; the files themselves are read.", (name,))]
    named = list(_named(read_header(path)))
    lost = ["/".join(parts) for parts in named if not _is_there(path.parent, parts)]
    if lost:
        are = "is" if len(lost) == 1 else "are"
        sentence = (
            f"{name} names {len(named)} files, of which {len(lost)} {are} not here, {lost[0]} for "
            "one."
        )
        told.append(Problem("files-missing", sentence, (name, *lost)))
    return told


def _named(index: Dataset) -> Iterator[tuple[str, ...]]:
    """The parts of the path of each file that the index names."""
    for record in attributes_of(index).items("DirectoryRecordSequence"):
        parts = record.texts("ReferencedFileID")
        if parts:
            yield parts


def _is_there(folder: Path, parts: tuple[str, ...]) -> bool:
    """Whether a file is there; a disc's names come in capitals, copies of it in small letters."""
    return any(
        folder.joinpath(*map(spelt, parts)).is_file() for spelt in (str, str.lower, str.upper)
    )
