"""Labelled cases as volumes, with what their tables know in the place of a header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, MRKind, Patient, Series, View
from medimg.values.volume import Unit, Volume
from medimg.workshop.layouts import Case, Layout

VIEWS = {"PA": View.PA, "AP": View.AP}


def _pixels(path: Path, channel: int | None) -> NDArray[np.uint8]:
    """One 8-bit picture, [row, column]; one channel of a colour picture.

    Raises:
        InputRefused: The file is missing or no picture.
    """
    try:
        with Image.open(path) as picture:
            if channel is None:
                return np.asarray(picture.convert("L"))
            return np.asarray(picture.convert("RGB"))[..., channel]
    except OSError as error:
        raise InputRefused(f"{path.name} cannot be read. Check the folder of images.") from error


def read_mask(path: Path) -> NDArray[np.bool_]:
    """One mask, [row, column]; anything above 0 is inside.

    Raises:
        InputRefused: The file is missing or no picture.
    """
    return _pixels(path, None) > 0


def _age(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def volume_of(case: Case, layout: Layout) -> Volume:
    """Read a case's pixels, [slice, row, column] uint8.

    Raises:
        InputRefused: A file is missing or no picture, or the slices differ in size.
    """
    slices = [_pixels(path, layout.channel) for path in case.images]
    if len({one.shape for one in slices}) > 1:
        raise InputRefused(f"{case.name}: the slices differ in size. Check the folder of images.")
    array = np.stack(slices)
    stack = layout.kind == "stack"
    series = Series(
        id=case.name,
        label=case.name,
        format="picture",
        modality="MR" if stack else "DX",
        frames=tuple(Frame(path.name) for path in case.images),
        geometry=Geometry((int(array.shape[0]), int(array.shape[1]), int(array.shape[2]))),
        patient=Patient(id=case.patient, age_years=_age(case.row.get("age", ""))),
        body_part="HEAD" if stack else "CHEST",
        view=VIEWS.get(case.row.get("view", ""), View.UNKNOWN),
        mr_kind=MRKind.FLAIR if stack else MRKind.UNKNOWN,
    )
    return Volume(array, Unit.ARBITRARY, series)


def truth_of(case: Case, shape: tuple[int, int, int]) -> NDArray[np.bool_] | None:
    """The labelled mask on the case's own grid; None where the case has none at all.

    Raises:
        InputRefused: A mask is missing, no picture, or of another size than its image.
    """
    if all(path is None for path in case.masks):
        return None
    found = np.zeros(shape, bool)
    for index, path in enumerate(case.masks):
        if path is None:
            continue
        one = read_mask(path)
        if one.shape != shape[1:]:
            raise InputRefused(
                f"{path.name} is {one.shape[1]} x {one.shape[0]} pixels and its image "
                f"{shape[2]} x {shape[1]}. Check the folder of masks."
            )
        found[index] = one
    return found
