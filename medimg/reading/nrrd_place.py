"""The place of a NRRD image: its space, directions and origin, or its spacings alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.reading.grid import (
    Grid,
    is_sheared,
    is_usable,
    no_orientation,
    placed,
    sheared,
    unplaced,
)
from medimg.values.problems import Problem

#: To LPS, by the letters or first words of a space; others are not of the patient.
_SPACES = {"ras": (-1.0, -1.0, 1.0), "las": (1.0, -1.0, 1.0), "lps": (1.0, 1.0, 1.0)}
_MM = {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "cm": 10.0, "m": 1e3, "um": 1e-3,
       "µm": 1e-3, "micron": 1e-3, "microns": 1e-3}  # fmt: skip


def grid_of(
    path: Path, fields: dict[str, str], sizes: tuple[int, ...], spatial: tuple[int, ...]
) -> tuple[Grid, list[Problem]]:
    """Place an image by its space, or say why it has none.

    Args:
        path: Of the header.
        fields: By name in lower case.
        sizes: Of all axes, fastest first.
        spatial: The axes of space, fastest first.
    """
    name = path.name
    shape = (*(1 for _ in range(3 - len(spatial))), *(sizes[axis] for axis in spatial[::-1]))
    steps, problems = _steps(path, fields, spatial)
    bare = unplaced((shape[0], shape[1], shape[2]), steps)
    to_lps = _to_lps(fields.get("space", ""))
    if to_lps is None:
        why = f"its space is {fields['space']}" if fields.get("space") else "it names no space"
        return bare, [*problems, no_orientation(name, why, bare)]
    vectors = vectors_of(fields.get("space directions", ""))
    columns = [vectors[axis] for axis in spatial if axis < len(vectors)]
    kept = [vector[:3] for vector in columns if vector is not None and len(vector) >= 3]
    if len(kept) < 3:
        why = f"{len(kept)} of its axes have a direction in space"
        return bare, [*problems, no_orientation(name, why, bare)]
    unit = _unit_mm(fields)
    if unit is None:
        return bare, [*problems, no_orientation(name, "its unit is not one of length", bare)]
    matrix = np.stack(kept, axis=1) * unit * np.array(to_lps)[:, None]
    if not is_usable(matrix):
        sentence = f"The space directions of {name} do not span space: {fields['space directions']}"
        return bare, [*problems, Problem("bad-orientation", sentence + ".", (name,))]
    affine = np.eye(4)
    affine[:3, :3] = matrix[:, ::-1]
    origin = next(iter(vectors_of(fields.get("space origin", ""))), None)
    if origin is None or len(origin) < 3 or not np.isfinite(origin[:3]).all():
        sentence = f"{name} gives no origin; places count from its first voxel."
        problems.append(Problem("origin-missing", sentence, (name,)))
    else:
        affine[:3, 3] = origin[:3] * unit * to_lps
    if is_sheared(matrix):
        problems.append(sheared(name))
    return placed(affine, (shape[0], shape[1], shape[2])), problems


def vectors_of(text: str) -> list[NDArray[np.float64] | None]:
    """Vectors such as (0.8,0,0), None for `none`."""
    found: list[NDArray[np.float64] | None] = []
    for inner, none in re.findall(r"\(([^)]*)\)|(none)", text, flags=re.IGNORECASE):
        found.append(None if none else np.array([_number(word) for word in inner.split(",")]))
    return found


def _number(word: str) -> float:
    """A number; NaN where it is none, which makes what it belongs to unknown."""
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _to_lps(space: str) -> tuple[float, float, float] | None:
    """The signs that turn a space of the patient into LPS."""
    words = [word for word in re.split(r"[-\s]+", space.lower()) if word != "time"]
    letters = "".join(word[0] for word in words) if len(words) == 3 else "".join(words)
    return _SPACES.get(letters.removesuffix("t") if len(letters) == 4 else letters)


def _unit_mm(fields: dict[str, str]) -> float | None:
    """mm a unit of space; unnamed counts as mm, as all writers have it."""
    units = set(re.findall(r'"([^"]*)"', fields.get("space units", "")))
    if not units:
        return 1.0
    return _MM.get(units.pop().lower()) if len(units) == 1 else None


def _steps(
    path: Path, fields: dict[str, str], spatial: tuple[int, ...]
) -> tuple[tuple[float, float, float] | None, list[Problem]]:
    """Spacings of (slice, row, column) where a file has no space; None where one is no length."""
    vectors = vectors_of(fields.get("space directions", ""))
    unit = _unit_mm(fields)
    if len(vectors) > max(spatial):
        axes = [vectors[axis] for axis in spatial]
        found = [float(np.linalg.norm(axis)) for axis in axes if axis is not None]
        found = [step * unit for step in found] if unit is not None else []
    else:
        words = fields.get("spacings", "").split()
        found = [_number(words[axis]) for axis in spatial if axis < len(words)]
    if len(found) == 2:
        found.append(1.0)  # of the one slice there is
    if len(found) == 3 and all(0 < step < float("inf") for step in found):
        return (found[2], found[1], found[0]), []
    name, text = path.name, fields.get("spacings", "")
    if not text:
        sentence = f"{name} gives no spacing; lengths are unknown."
        return None, [Problem("spacing-unknown", sentence, (name,))]
    sentence = f"The spacings of {name} are not lengths: {text}."
    return None, [Problem("bad-number", sentence, (name,))]
