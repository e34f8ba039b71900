"""One labelled case, whatever folder it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """A box around a finding, in pixels of its image: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An image that is a part of a file, such as a row of a batch.

    Attributes:
        read: Gives the array of part `index` of `path`: (row, column), (row, column, colour) or
            (slice, row, column).
    """

    path: Path
    index: int
    read: Callable[[Path, int], NDArray[Any]]

    @property
    def name(self) -> str:
        """Name for messages and tables."""
        return f"{self.path.name}:{self.index}"

    @property
    def stem(self) -> str:
        """The same without the file's suffix."""
        return f"{self.path.stem}:{self.index}"


Source = Path | Part


@dataclass(frozen=True, slots=True)
class Case:
    """One film, one volume, or all slices of one patient.

    Attributes:
        patient: Cases are split and resampled by this.
        images: Image files, in slice order; one file may hold a whole volume.
        masks: Mask files beside them; None where there is none.
        row: What the table says of the case; of a stack, what its patient's table and its first
            slice say.
        boxes: Boxes around the finding on a film.
        rows: What the table says of each image; empty where `row` says all.
    """

    patient: str
    images: tuple[Source, ...]
    masks: tuple[Source | None, ...]
    row: Mapping[str, str]
    boxes: tuple[Box, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Name of a film, or of the patient whose slices these are."""
        return self.images[0].stem if len(self.images) == 1 else self.patient


class Images(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the files of a data set leave unsaid: the recipe says it.

    Attributes:
        classes: Values of the column `label`; the first is the finding. A value that is not
            listed counts as the last class.
        targets: Columns of 0 and 1, or words of the columns `labels` and `label`, that are
            learned side by side, image by image; the first is the finding.
        channel: Colour channel that holds the image; none for grey pictures.
        unit_range: Value of grey 0 and of grey 255, such as HU; none where greys have no unit.
        modality, mr_kind, body_part: As in a `Series`, where no header says them.
    """

    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    channel: int | None = None
    unit_range: tuple[float, float] | None = None
    modality: str = ""
    mr_kind: str = ""
    body_part: str = ""

    def class_of(self, row: Mapping[str, str]) -> int:
        """Index of a row's class."""
        label = row.get("label", "")
        return self.classes.index(label) if label in self.classes else len(self.classes) - 1

    def targets_of(self, row: Mapping[str, str]) -> tuple[float, ...]:
        """Each target of a row as 0 or 1."""
        words = {*row.get("labels", "").split("|"), row.get("label", "")}
        return tuple(
            float(row[name]) if row.get(name, "") in ("0", "1") else float(name in words)
            for name in self.targets
        )

    def has_finding(self, case: Case) -> bool | None:
        """Whether a case has the finding by its table; None where the table does not say."""
        if self.targets:
            return any(self.targets_of(row)[0] for row in case.rows or (case.row,))
        if self.classes and case.row.get("label"):
            return case.row["label"] == self.classes[0]
        return None
