"""Letters at the edges: which side of the patient each edge of the picture is.

Letters follow PS3.3 C.7.6.1.1.1: R/L, A/P, H/F; oblique directions take two or three letters,
strongest first. What is not known is `?`, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.display.pose import Pose, linear
from medimg.values.problems import Stops
from medimg.values.series import Series

#: Share of a unit direction from which an axis earns its letter: about 12 degrees off plane.
THRESHOLD = 0.2
UNKNOWN = "?"
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


@dataclass(frozen=True, slots=True)
class Edges:
    """Letters at the four edges of the picture as it is seen."""

    left: str = UNKNOWN
    right: str = UNKNOWN
    top: str = UNKNOWN
    bottom: str = UNKNOWN


def letters_of(direction: NDArray[np.float64]) -> str:
    """Letters of a direction in LPS, strongest axis first ("AL")."""
    unit = np.asarray(direction, dtype=np.float64)
    unit = unit / np.linalg.norm(unit)
    order = [i for i in np.argsort(-np.abs(unit)) if abs(unit[i]) >= THRESHOLD]
    return "".join(_AXES[i][0 if unit[i] > 0 else 1] for i in order)


def opposite(letters: str) -> str:
    """The letters of the other end ("AL" gives "PR"); unknown stays unknown."""
    if not letters or any(letter not in _OPPOSITE for letter in letters):
        return UNKNOWN
    return "".join(_OPPOSITE[letter] for letter in letters)


def image_axes(series: Series) -> tuple[str, str]:
    """Letters towards which columns and rows grow: (right edge, bottom edge) of the stored image.

    A section takes them from its affine, or, where gaps leave it none, from Image Orientation
    (Patient); a radiograph from Patient Orientation.
    """
    affine, cosines = series.geometry.affine, series.geometry.image_orientation_patient
    is_known = not series.stops(Stops.SIDES)
    if affine is not None and is_known:
        return letters_of(affine[:3, 2]), letters_of(affine[:3, 1])
    if cosines is not None and is_known:
        return letters_of(np.array(cosines[:3])), letters_of(np.array(cosines[3:]))
    right, bottom = series.patient_orientation
    known = [
        word.upper() if word and opposite(word.upper()) != UNKNOWN else UNKNOWN
        for word in (right, bottom)
    ]
    return known[0], known[1]


def edges(series: Series, pose: Pose | None = None) -> Edges:
    """Letters at the edges of the screen for the stored slices of a series held in a pose."""
    return held(*image_axes(series), pose)


def held(right: str, bottom: str, pose: Pose | None = None) -> Edges:
    """Letters at the edges of the screen, from those towards which columns and rows grow."""
    back = np.linalg.inv(linear(pose or Pose()))

    def along(x: float, y: float) -> str:
        column, row = back @ np.array([x, y])
        if abs(column) > abs(row):
            return right if column > 0 else opposite(right)
        return bottom if row > 0 else opposite(bottom)

    return Edges(left=along(-1, 0), right=along(1, 0), top=along(0, -1), bottom=along(0, 1))
