"""What is written into one file: a volume, or several on one grid, with the headers behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry
from medimg.values.series import Series
from medimg.values.volume import Array, Unit, Volume

#: Directions of a grid stand at right angles within this cosine (0.06 degrees).
ORTHOGONAL = 1e-3
#: Two grids are one where no entry of their affines differs by more, in mm.
SAME_GRID_MM = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Volumes on one grid, in one unit.

    Attributes:
        volumes: One, or the times, echoes or b-values of one series, in order.
        headers: One DICOM JSON model an instance of the source; none where it is not DICOM.
        has_identity: Whether the reader asked for the patient's facts to go along where the
            format leaves that open; a DICOM series always says whose it is.
    """

    volumes: tuple[Volume, ...]
    headers: tuple[str, ...] = ()
    has_identity: bool = False

    def __post_init__(self) -> None:
        first, *others = self.volumes
        for other in others:
            if why := _unlike(first, other):
                raise InputRefused(
                    f"{first.series.label} and {other.series.label} do not fit into one file: "
                    f"{why}. Write them one by one."
                )

    @property
    def series(self) -> Series:
        """The first volume's series."""
        return self.volumes[0].series

    @property
    def geometry(self) -> Geometry:
        """The grid that all volumes share."""
        return self.series.geometry

    @property
    def unit(self) -> Unit:
        """What the numbers mean."""
        return self.volumes[0].unit

    @property
    def is_colour(self) -> bool:
        """Whether a voxel holds red, green and blue."""
        return self.unit is Unit.COLOUR

    @property
    def is_frames(self) -> bool:
        """Whether the pictures follow each other without a place: a cine, a set of captures."""
        return self.geometry.affine is None and self.geometry.shape[0] > 1

    @property
    def array(self) -> Array:
        """[slice, row, column(, rgb)], or with the volumes first where there are several."""
        if len(self.volumes) == 1:
            return self.volumes[0].array
        return np.stack([volume.array for volume in self.volumes])

    @property
    def is_sheared(self) -> bool:
        """Whether the grid's directions do not stand at right angles."""
        direction = self.geometry.direction
        if direction is None:
            return False
        return bool(np.abs(direction.T @ direction - np.eye(3)).max() > ORTHOGONAL)

    @property
    def names(self) -> tuple[str, ...]:
        """What tells each of several volumes from the others ("b 500"); empty for one."""
        if len(self.volumes) == 1:
            return ()
        labels = [volume.series.label.split(", ") for volume in self.volumes]
        while all(len(words) > 1 for words in labels) and len({words[0] for words in labels}) == 1:
            labels = [words[1:] for words in labels]
        return tuple(", ".join(words) for words in labels)


def _unlike(first: Volume, other: Volume) -> str:
    """Why two volumes cannot share a file; empty where they can."""
    one, two = first.series.geometry, other.series.geometry
    if one.shape != two.shape:
        sizes = [" x ".join(str(n) for n in grid.shape) for grid in (one, two)]
        return f"they are {sizes[0]} and {sizes[1]} voxels"
    if first.unit is not other.unit:
        return f"their units are {first.unit.value} and {other.unit.value}"
    if one.affine is None or two.affine is None:
        return "their place in the patient is not known"
    if np.abs(one.affine - two.affine).max() > SAME_GRID_MM:
        return "they do not lie at one place"
    return ""
