"""Series of a volume file that is no DICOM: named by its file, a stack for each of its volumes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.reading.dicom.stack.mr_kind import kind_from_words
from medimg.reading.found import Unusable
from medimg.reading.grid import Grid
from medimg.reading.narrowing import smallest
from medimg.values.problems import Problem
from medimg.values.series import Frame, MRKind, Part, Series
from medimg.values.volume import Array, Unit, Volume

#: Volumes of one file, and slices of all of them: a functional MR of an hour has 3 000 volumes of
#: 60 slices.
MOST_VOLUMES = 10_000
MOST_SLICES = 400_000

_NOT_WORDS = re.compile(r"[^a-z0-9*]+")


def stacks(
    path: Path,
    stem: str,
    format_: str,
    grid: Grid,
    problems: Sequence[Problem],
    count: int = 1,
    axis: str = "volume",
) -> list[Series]:
    """Make a series of each volume of a file, headers only.

    Args:
        path: The file that holds the header.
        stem: Its name without suffixes.
        format_: Key of the table of formats.
        grid: Where the voxels lie; the same for each volume.
        problems: Of the file.
        count: How many volumes it holds.
        axis: What runs from one to the next ("time", "volume").

    Raises:
        Unusable: There are too many.
    """
    check_count(path, count, grid.geometry.shape[0])
    words = _NOT_WORDS.sub(" ", stem.lower())
    kind = kind_from_words(words)
    told = list(problems)
    if count > 1:
        sentence = f"{path.name} holds {count} volumes; each is a series of its own."
        told.append(Problem("several-volumes", sentence, (path.name,)))
    step = () if grid.step_mm is None else (("slice step", f"{grid.step_mm:.4g} mm"),)
    common = Series(
        id=str(path),
        label=kind.value if kind is not MRKind.UNKNOWN else stem,
        format=format_,
        modality="MR" if kind is not MRKind.UNKNOWN else ("CT" if "ct" in words.split() else ""),
        frames=(),
        geometry=grid.geometry,
        description=stem,
        mr_kind=kind,
        mr_kind_reason="by the file's name alone" if kind is not MRKind.UNKNOWN else "",
        acquisition=step if grid.geometry.affine is None else (),
        problems=tuple(told),
    )
    slices = grid.geometry.shape[0]
    if count == 1:
        return [replace(common, frames=tuple(Frame(str(path), k) for k in range(slices)))]
    return [
        replace(
            common,
            id=f"{path}#{place + 1}" if place else str(path),
            label=f"{common.label}, {axis} {place + 1}",
            frames=tuple(Frame(str(path), place * slices + k) for k in range(slices)),
            part=Part(str(path), axis, place, count, common.label),
        )
        for place in range(count)
    ]


def check_count(path: Path, volumes: int, slices: int) -> None:
    """Refuse a file that would become more series or slices than can be listed.

    Raises:
        Unusable: It would.
    """
    if volumes > MOST_VOLUMES or volumes * slices > MOST_SLICES:
        sentence = (
            f"{path.name} declares {volumes} volumes of {slices} slices; at most {MOST_VOLUMES} "
            f"volumes and {MOST_SLICES} slices in all are listed."
        )
        raise Unusable(Problem("too-many", sentence, (path.name,)))


def place_of(series: Series) -> int:
    """Which volume of its file a series is, from 0."""
    return series.frames[0].number // len(series.frames)


def volume_of(series: Series, grid: Grid, stored: Array, notes: Sequence[Problem] = ()) -> Volume:
    """Make a volume of voxels as they were stored.

    Args:
        series: From `stacks`.
        grid: The grid that it was made with.
        stored: [slice, row, column], or uint8 [slice, row, column, 3].
        notes: What was found out about the voxels.
    """
    file = series.frames[0].file
    array = grid.array(stored)
    padding, told = _not_numbers(array, Path(file).name)
    array = array.astype(smallest([array]), copy=False)
    unit = Unit.COLOUR if array.ndim == 4 else Unit.ARBITRARY
    found = tuple(problem.at(file) for problem in (*notes, *told))
    series = replace(series, problems=(*series.problems, *found))
    return Volume(array, unit, series, padding)


def _not_numbers(array: Array, name: str) -> tuple[NDArray[np.bool_] | None, list[Problem]]:
    """Where voxels are infinite or not a number; they are outside of all statistics."""
    if array.dtype.kind != "f":
        return None, []
    mask: NDArray[np.bool_] = ~np.isfinite(array)
    count = int(mask.sum())
    if not count:
        return None, []
    sentence = f"{count} of {array.size} voxels of {name} are not numbers and are left out."
    return mask, [Problem("non-finite", sentence, (name,))]
