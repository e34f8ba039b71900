"""What a made input truly holds: every pixel's value, and where in the patient it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.values.geometry import MeasuredAt
from medimg.values.problems import PROBLEMS, Severity
from medimg.values.series import Scan
from medimg.values.volume import Array, Unit, Volume

Points = NDArray[np.float64]
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One picture.

    Attributes:
        values: (rows, columns), in the modality's unit, or (rows, columns, 3) of colour.
        position: Centre of the first pixel, LPS mm; None where no reader can know it.
        orientation: Six direction cosines; None where no reader can know them.
        spacing: (row, column) mm; None where no reader can know it.
    """

    values: Array
    position: Triple | None = None
    orientation: tuple[float, ...] | None = None
    spacing: tuple[float, float] | None = None

    @property
    def is_placed(self) -> bool:
        """Whether position, direction and pixel size are known to a reader."""
        return None not in (self.position, self.orientation, self.spacing)

    @property
    def height(self) -> float:
        """Place along the normal in mm; 0 where it is unknown."""
        if self.position is None or self.orientation is None:
            return 0.0
        cosines = np.array(self.orientation).reshape(2, 3)
        return float(np.cross(cosines[0], cosines[1]) @ np.array(self.position))

    def points(self, index: NDArray[np.int64]) -> Points:
        """Places (n, 3) in LPS mm of pixels (n, 2) [row, column], by PS3.3 C.7.6.2.1.1."""
        assert self.position is not None and self.orientation is not None
        assert self.spacing is not None
        cosines = np.array(self.orientation).reshape(2, 3)
        steps = index * np.array(self.spacing)
        aside = steps[:, :1] * cosines[1] + steps[:, 1:] * cosines[0]
        points: Points = aside + np.array(self.position)
        return points


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Pictures that must come back as one series, in the order in which they are shown.

    Attributes:
        unit: What the values are, and may be called.
        is_volume: Whether 3-D analysis may use it: an even stack whose place is known.
        label: Words that the series' name must hold.
        is_read: False where the pixels must be refused in words.
        spacing: (row, column) mm that lengths are given in; None where they are in pixels.
        measured_at: What those mm refer to.
        padding: Where pixels are no image, [slice, row, column].
        tolerance: Largest difference of a value; 0 but for lossy pictures and rescaled floats.
    """

    slices: tuple[Slice, ...]
    unit: Unit
    is_volume: bool = True
    label: str = ""
    is_read: bool = True
    spacing: tuple[float, float] | None = None
    measured_at: MeasuredAt = MeasuredAt.PATIENT
    padding: NDArray[np.bool_] | None = None
    tolerance: float = 0.0


Truth = tuple[Stack, ...]
#: Looks at what was found and read; one sentence for each thing that is not as it must be.
Look = Callable[[Scan, Sequence[Volume]], list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One input, and what must come of it.

    Attributes:
        id: Name of the row.
        input: What is made, in words.
        must: What ours must do, in words.
        make: Writes the input into a folder and returns what it truly holds; of files that
            hold nothing readable, the empty truth.
        kinds: Kinds of problem that are told, these and no others.
        says: Patterns, each found in the sentence of a problem.
        files: Names of files that the problems must name.
        look: What else must be so.
        needs_word: Whether a reader that gets the pixels right still owes a message; a row
            with a grave kind always does.
        is_hostile: Whether it may take its reader down, and is read in a child of its own.
    """

    id: str
    input: str
    must: str
    make: Callable[[Path], Truth]
    kinds: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    look: Look | None = None
    needs_word: bool = False
    is_hostile: bool = False
    #: Words by which another reader's message bears on the fault.
    bears_on: str = field(default="")

    @property
    def owes_word(self) -> bool:
        """Whether silence is a fault even where the pixels are right."""
        grave = (PROBLEMS[kind].severity is Severity.PROBLEM for kind in self.kinds)
        return self.needs_word or any(grave)
