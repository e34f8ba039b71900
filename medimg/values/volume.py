"""Pixels, once, in the modality's unit, with their grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.values.problems import Problem
from medimg.values.series import Series

Array = NDArray[Any]


class Unit(Enum):
    """What a pixel's number means."""

    HU = "HU"
    SUVBW = "SUVbw"
    GRAY = "Gy"
    ARBITRARY = "arbitrary"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True, eq=False)
class VoiTable:
    """A VOI LUT (PS3.3 C.11.2.1.1): `first` maps to entry 0; output spans `bits`."""

    first: float
    bits: int
    entries: NDArray[np.uint16]
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """The pixels of a series.

    Attributes:
        array: [slice, row, column] in `unit`, or [slice, row, column, 3] uint8 where colour.
            As stored after the modality transform: MONOCHROME1 is not turned here but once, in
            `medimg.display`, for eye and model alike.
        padding: Same grid, True where the pixel is padding and not image; None where none is.
        voi_tables: VOI LUTs of the source, which precede its windows.
        series: Headers; its geometry is the array's grid, its problems include those of pixels.
    """

    array: Array
    unit: Unit
    series: Series
    padding: NDArray[np.bool_] | None = None
    voi_tables: tuple[VoiTable, ...] = ()

    def __post_init__(self) -> None:
        if self.array.shape[:3] != self.series.geometry.shape:
            raise ValueError(f"pixels {self.array.shape} do not fill {self.series.geometry.shape}")
        if (self.array.ndim == 4) != (self.unit is Unit.COLOUR):
            raise ValueError("a fourth axis is colour, and only that")
        if self.padding is not None and self.padding.shape != self.array.shape[:3]:
            raise ValueError("the padding mask must lie on the grid")
        for array in (self.array, self.padding):
            if array is not None:
                array.setflags(write=False)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of headers and pixels."""
        return self.series.problems

    @property
    def is_inverted(self) -> bool:
        """Whether low values are white (MONOCHROME1)."""
        return self.series.photometric_interpretation == "MONOCHROME1"
