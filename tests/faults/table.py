"""The fault table: its sections, and every row run through ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from medimg.engine.client import Child
from medimg.engine.protocol import Role
from medimg.values.errors import UsageError
from tests.faults import (
    broken,
    contrary,
    damage,
    files,
    frames,
    geometry,
    grouping,
    mosaics,
    non_dicom,
    numbers,
    pictures,
    pixels,
    places,
    private_diffusion,
    segments,
    series,
    stacks,
)
from tests.faults.judgement import Judgement, judge_ours
from tests.faults.ours import Answer, run
from tests.faults.truth import Row, Truth

#: Rows by section, in the order in which they are printed.
SECTIONS: dict[str, tuple[Row, ...]] = {
    "Series and order": (*series.ROWS, *grouping.ROWS, *stacks.ROWS, *private_diffusion.ROWS),
    "Pixels": (*pixels.ROWS, *pictures.ROWS, *numbers.ROWS, *contrary.ROWS, *segments.ROWS),
    "Geometry": (*geometry.ROWS, *frames.ROWS, *places.ROWS, *mosaics.ROWS),
    "Files": (*files.ROWS, *damage.ROWS, *broken.ROWS),
    "Non-DICOM": non_dicom.ROWS,
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One row, made and read by ours.

    Attributes:
        folder: Where the input lies, while it lies there.
    """

    section: str
    row: Row
    folder: Path
    truth: Truth
    answer: Answer
    judgement: Judgement

    @property
    def passed(self) -> bool:
        """Whether ours did what the row says it must."""
        return not self.judgement.faults


def chosen(only: Sequence[str] = (), section: str = "") -> list[tuple[str, Row]]:
    """Rows by id, or by a part of a section's name; all of them where none is named.

    Raises:
        UsageError: There is no such row or section.
    """
    parts = [name for name in SECTIONS if section.lower() in name.lower()]
    if not parts:
        raise UsageError(f'No section "{section}". There are: {", ".join(SECTIONS)}.')
    rows = [(name, row) for name in parts for row in SECTIONS[name]]
    unknown = set(only) - {row.id for _, row in rows}
    if unknown:
        raise UsageError(
            f"No row {', '.join(sorted(unknown))}. `python -m tests.faults` lists all rows."
        )
    return [(name, row) for name, row in rows if not only or row.id in only]


def trials(rows: Sequence[tuple[str, Row]], root: Path) -> Iterator[Trial]:
    """Make and read rows one after another, in one reader child.

    A row that may take its reader down has a child of its own.

    Args:
        rows: From `chosen`.
        root: Where each row gets a folder of its name.
    """
    with closing(Child(Role.READER)) as reader:
        reader.warm()
        for section, row in rows:
            if row.is_hostile:
                with closing(Child(Role.READER)) as own:
                    yield trial(section, row, root / row.id, own)
            else:
                yield trial(section, row, root / row.id, reader)


def trial(section: str, row: Row, folder: Path, reader: Child) -> Trial:
    """Make one row's input and read it."""
    truth = make(row, folder)
    answer = run(folder, reader)
    return Trial(section, row, folder, truth, answer, judge_ours(row, truth, answer))


def make(row: Row, folder: Path) -> Truth:
    """Write a row's input into a folder, and say what it truly holds."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(action="ignore"):  # pydicom's, of values that are meant to be bad
        return row.make(folder)
