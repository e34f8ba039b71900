"""What other objects in the files say of a series: masks, contours, maps, marks, presentations.

They are their authors' words and not the program's: they are kept apart from the regions of an
analysis and never mixed with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from medimg.values.codes import Code
from medimg.values.masks import Mask
from medimg.values.problems import Problem
from medimg.values.series import Window
from medimg.values.volume import VoiTable

Colour = tuple[int, int, int]


class LayerKind(Enum):
    """How a layer is meant: what is drawn of it follows from this."""

    MASK = "mask"
    CONTOUR = "contour"
    MAP = "map"
    MEASUREMENT = "measurement"
    ANNOTATION = "annotation"
    PRESENTATION = "presentation"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that an object gives, in the unit that it gives it in."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A point, a line, a closed outline or a word on one slice.

    Attributes:
        index: Slice of the stack.
        points: (n, 2) of (column, row); pixel edges at whole numbers, as PS3.3 C.18.6.1.1 has it.
        is_closed: Whether the last point joins the first.
        text: Written beside the first point; a shape of one point may be its text alone.
    """

    index: int
    points: NDArray[np.float32]
    is_closed: bool = False
    text: str = ""

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 2 or not len(self.points):
            raise ValueError(f"points are (n, 2) and at least one, not {self.points.shape}")
        self.points.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Presentation:
    """How an author wants images to be shown (PS3.3 C.11).

    Attributes:
        slices: Of the stack, to which it applies.
        window: In modality units; None where the state has none, or has a table.
        table: A VOI LUT, which precedes the window.
        quarter_turns: Clockwise, after the flip (PS3.3 C.10.6).
        shutter: (rows, columns), True where the image is shown; None without a shutter.
        shutter_grey: What is drawn elsewhere, from 0 (black) to 1.
    """

    slices: tuple[int, ...]
    window: Window | None = None
    table: VoiTable | None = None
    is_inverted: bool = False
    quarter_turns: int = 0
    is_flipped_h: bool = False
    shutter: NDArray[np.bool_] | None = None
    shutter_grey: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One thing that an object says of a series, on the grid of that series; layers may overlap.

    Attributes:
        name: As its author named it.
        object_id: `DerivedObject.id` of where it comes from; of an overlay plane, the image's own
            SOP Instance UID.
        number: Of the segment, structure or group in its object.
        colour: sRGB as the author recommends; None without one.
        mask: Of an occupancy or a probability, one half and more; None where nothing is marked.
        start: (slice, row, column) of the first voxel of `values`, which are cut down to the box
            that holds something.
        values: [slice, row, column] float32 from `start`, in `unit`; NaN where nothing is said.
        scale: Values of lowest and highest strength when a map is drawn.
        best_slice: Where most of it lies.
        volume_ml: Of the mask; None on one slice and where mm are unknown.
        shapes: On their slices.
        figures: Numbers that the object states.
        is_own_series: Whether the object refers to this series; else it shares its space alone.
        problems: What must be said: slices that are absent, another grid, nothing to show.
    """

    name: str
    kind: LayerKind
    object_id: str
    number: int = 0
    code: Code | None = None
    colour: Colour | None = None
    mask: Mask | None = None
    start: tuple[int, int, int] = (0, 0, 0)
    values: NDArray[np.float32] | None = None
    unit: str = ""
    scale: tuple[float, float] = (0.0, 1.0)
    best_slice: int = 0
    volume_ml: float | None = None
    shapes: tuple[Shape, ...] = ()
    figures: tuple[Figure, ...] = ()
    presentation: Presentation | None = None
    is_own_series: bool = True
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if self.values is None:
            return
        if self.values.ndim != 3:
            raise ValueError("a map is [slice, row, column]")
        self.values.setflags(write=False)

    @property
    def slices(self) -> tuple[int, ...]:
        """Slices of the stack on which there is something of it, ascending."""
        touched = {shape.index for shape in self.shapes}
        if self.mask is not None:
            touched |= set(self.mask.slices)
        elif self.values is not None:
            touched |= set(range(self.start[0], self.start[0] + len(self.values)))
        return tuple(sorted(touched))

    def values_on(self, index: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """The values on one slice, (rows, columns) of `shape`; NaN where nothing is said."""
        whole = np.full(shape, np.nan, dtype=np.float32)
        if self.values is not None and 0 <= (place := index - self.start[0]) < len(self.values):
            part = self.values[place]
            _, r, c = self.start
            whole[r : r + part.shape[0], c : c + part.shape[1]] = part
        return whole
