"""Labelled cases as volumes: read as the product reads, their tables in the place of a header."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.reading import read, scan
from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, MRKind, Series, View
from medimg.values.volume import Unit, Volume
from medimg.workshop.layouts.case import Case, Images, Part, Source

VIEWS = {"PA": View.PA, "AP": View.AP}
# Weights of red, green and blue in a grey picture (ITU-R BT.601).
LUMINANCE = np.asarray((0.299, 0.587, 0.114))


def _volume(source: Source) -> Volume:
    """One file, folder or part of a file.

    Raises:
        InputRefused: It is missing, no image, or holds more than one series.
    """
    if isinstance(source, Part):
        array = source.read(source.path, source.index)
        is_stack = array.ndim == 3 and array.shape[2] != 3
        return _plain(array if is_stack else array[None], source.name)
    if not source.exists():
        raise InputRefused(f"{source.name} cannot be read. Check the folder of images.")
    series = scan(source).series
    if len(series) != 1:
        raise InputRefused(
            f"{source.name} cannot be read as one image: {len(series)} series were found in it. "
            "Check the folder of images."
        )
    return read(series[0])


def _plain(array: NDArray[Any], name: str, files: tuple[Frame, ...] = ()) -> Volume:
    """Pixels without a header."""
    shape = (int(array.shape[0]), int(array.shape[1]), int(array.shape[2]))
    series = Series(
        id=name,
        label=name,
        format="picture",
        modality="",
        frames=files or tuple(Frame(name) for _ in range(shape[0])),
        geometry=Geometry(shape),
    )
    unit = Unit.COLOUR if array.ndim == 4 else Unit.ARBITRARY
    return Volume(np.ascontiguousarray(array), unit, series)


def _grey(array: NDArray[Any], channel: int | None) -> NDArray[Any]:
    """[slice, row, column] of a picture that may have colours."""
    if array.ndim == 3:
        return array
    if channel is not None:
        return np.ascontiguousarray(array[..., channel])
    grey: NDArray[Any] = np.round(array[..., :3] @ LUMINANCE).astype(array.dtype)
    return grey


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _stacked(case: Case, channel: int | None) -> Volume:
    parts = [_grey(_volume(source).array, channel) for source in case.images]
    if len({one.shape for one in parts}) > 1:
        raise InputRefused(f"{case.name}: the slices differ in size. Check the folder of images.")
    frames = tuple(Frame(source.name) for source in case.images)
    return _plain(np.concatenate(parts), case.name, frames)


def volume_of(case: Case, images: Images) -> Volume:
    """Read a case as one volume.

    Args:
        case: One file that holds it all, or slices in order.
        images: What the files do not say.

    Raises:
        InputRefused: A file is missing or no image, or the slices differ in size.
    """
    if len(case.images) > 1:
        volume = _stacked(case, images.channel)
    else:
        volume = _volume(case.images[0])
        if volume.unit is Unit.COLOUR:
            grey = _grey(volume.array, images.channel)
            volume = replace(volume, array=grey, unit=Unit.ARBITRARY)
    volume = replace(volume, series=_said(volume.series, case, images))
    if images.unit_range is None or volume.series.format != "picture":
        return volume
    low, high = images.unit_range
    array = (volume.array.astype(np.float32) * ((high - low) / 255) + low).astype(np.float32)
    return replace(volume, array=array, unit=Unit.HU if images.modality == "CT" else volume.unit)


def _said(series: Series, case: Case, images: Images) -> Series:
    """A series whose silence is filled by the table and the recipe; a header keeps its word."""
    row = case.row
    patient = series.patient
    if patient.age_years is None:
        patient = replace(patient, age_years=_number(row.get("age", "")))
    known = MRKind[images.mr_kind] if images.mr_kind else MRKind.UNKNOWN
    return replace(
        series,
        id=case.name,
        label=case.name,
        patient=replace(patient, id=case.patient),
        modality=series.modality or images.modality,
        body_part=series.body_part or images.body_part,
        view=VIEWS.get(row.get("view", ""), View.UNKNOWN) if _silent(series) else series.view,
        mr_kind=known if series.mr_kind is MRKind.UNKNOWN else series.mr_kind,
        photometric_interpretation="MONOCHROME2"
        if series.photometric_interpretation == "RGB"
        else series.photometric_interpretation,
    )


def _silent(series: Series) -> bool:
    return series.view is View.UNKNOWN


def mask_array(source: Source) -> NDArray[Any]:
    """One mask as it is stored, [slice, row, column].

    Raises:
        InputRefused: The file is missing or no image.
    """
    return _grey(_volume(source).array, None)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """One flat mask, [row, column]; anything above 0 is inside.

    Raises:
        InputRefused: The file is missing or no image.
    """
    return np.asarray(mask_array(path)[0] > 0)


def truth_of(case: Case, shape: tuple[int, int, int]) -> NDArray[np.bool_] | None:
    """The labelled mask on the case's own grid; None where the case has none at all.

    Raises:
        InputRefused: A mask is missing, no image, or of another size than its image.
    """
    if all(source is None for source in case.masks):
        return None
    if len(case.masks) == 1 and case.masks[0] is not None:
        whole = mask_array(case.masks[0]) > 0
        _same_size(case.masks[0], whole.shape[1:], shape[1:])
        return np.asarray(whole)
    found = np.zeros(shape, bool)
    for index, source in enumerate(case.masks):
        if source is None:
            continue
        one = mask_array(source)[0] > 0
        _same_size(source, one.shape, shape[1:])
        found[index] = one
    return found


def _same_size(source: Source, mask: tuple[int, ...], image: tuple[int, ...]) -> None:
    if mask != image:
        raise InputRefused(
            f"{source.name} is {mask[1]} x {mask[0]} pixels and its image "
            f"{image[1]} x {image[0]}. Check the folder of masks."
        )
