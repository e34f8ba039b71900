"""A tilted or uneven stack on the regular grid that keeps its pixels: linear, in one file.

Each slice lies where its header says. The new grid has the slices' own directions and pixel
spacing, stands at right angles, and holds every slice; its step is the commonest distance of the
slices along their normal. Values between are linear, first within the slices and then between
the two nearest; where a slice does not reach is padding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimg.values.errors import InputRefused
from medimg.values.geometry import Floats, Geometry, affine_from
from medimg.values.problems import Stops
from medimg.values.series import Series
from medimg.values.volume import Unit, Volume

#: Shares of a voxel below which two places are one.
SAME_PLACE = 1e-3
#: Problems of a stack that a regular grid mends; any other stops it.
MENDED = ("uneven-spacing", "gantry-tilt", "sheared-stack", "sheared")


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Where slices lie: heights along the normal and offsets along columns and rows, ascending.

    Attributes:
        axes: (3, 3), columns are the unit normal, the unit of growing row, of growing column.
        order: Index in the volume of each.
        heights: (n,) mm.
        offsets: (n, 2) mm of the first pixel along (row, column).
        spacing: mm between rows and between columns.
    """

    axes: Floats
    order: NDArray[np.intp]
    heights: Floats
    offsets: Floats
    spacing: tuple[float, float]

    @property
    def step_mm(self) -> float:
        """The commonest distance of neighbours."""
        return float(np.median(np.diff(self.heights)))


def resampled(volume: Volume) -> tuple[Volume, str]:
    """Put a stack onto the regular grid that keeps its in-plane spacing; the values' unit stays.

    Returns:
        The new volume, and what was done in one sentence.

    Raises:
        InputRefused: It is regular already, it is colour, or it is no stack that a grid mends:
            slices are missing, lie at one place, or do not say where they lie.
    """
    series = volume.series
    slices = _slices(series)
    if volume.unit is Unit.COLOUR:
        raise InputRefused(f"{series.label} is colour, which is not resampled. Leave --resample.")
    shape, origin = _grid(slices, series.geometry.shape)
    array = np.empty(shape, dtype=volume.array.dtype)
    padding = np.ones(shape, dtype=np.bool_)
    sources = []
    for k in range(shape[0]):
        height = slices.heights[0] + k * slices.step_mm
        values, held = _at(volume, slices, height, origin, shape)
        filled = np.where(held, values, float(volume.array.min()))
        array[k] = np.rint(filled) if array.dtype.kind in "iu" else filled
        padding[k] = ~held
        sources.append(int(slices.order[int(np.argmin(np.abs(slices.heights - height)))]))
    steps = (slices.step_mm, *slices.spacing)
    first = slices.axes @ np.array([slices.heights[0], *origin])
    geometry = Geometry(
        shape=shape,
        plane_spacing=series.geometry.plane_spacing,
        affine=affine_from(first, slices.axes, steps),
        frame_of_reference_uid=series.geometry.frame_of_reference_uid,
    )
    frames = tuple(replace(series.frames[k], position=None) for k in sources)
    kept = tuple(p for p in series.problems if p.kind not in MENDED)
    made = replace(series, geometry=geometry, frames=frames, problems=kept)
    told = padding if padding.any() else None
    return Volume(array, volume.unit, made, told, volume.voi_tables), _said(slices, shape, series)


def _slices(series: Series) -> Slices:
    """Look up where the slices of a series lie, by the fitted grid or else by their headers."""
    geometry, plane = series.geometry, series.geometry.plane_spacing
    stopping = [p for p in series.stops(Stops.VOLUME) if p.kind not in MENDED]
    positions = _positions(series)
    cosines, down, right = geometry.image_orientation_patient, plane.row_mm, plane.column_mm
    if stopping or positions is None or cosines is None or down is None or right is None:
        why = stopping[0].sentence if stopping else "Its slices do not say where they lie."
        raise InputRefused(f"{series.label} cannot be put onto a regular grid. {why}")
    across, along = np.array(cosines[:3]), np.array(cosines[3:])
    if abs(float(across @ along)) > SAME_PLACE:
        raise InputRefused(f"Rows and columns of {series.label} do not stand at right angles.")
    axes = np.stack([np.cross(across, along), along, across], axis=1)
    places = positions @ axes
    order = np.argsort(places[:, 0])
    found = Slices(axes, order, places[order, 0], places[order, 1:], (down, right))
    apart = np.diff(found.heights)
    is_straight = (np.ptp(found.offsets, axis=0) < SAME_PLACE * np.array(found.spacing)).all()
    if is_straight and np.ptp(apart) < SAME_PLACE * found.step_mm:
        raise InputRefused(f"{series.label} is regular as it is. Leave --resample.")
    if float(apart.min()) < SAME_PLACE:
        raise InputRefused(f"Two slices of {series.label} lie at one place. Export it again.")
    return found


def _positions(series: Series) -> Floats | None:
    """(n, 3) LPS mm of the slices' first pixels, n above 1; None where they are not known."""
    geometry = series.geometry
    count = geometry.shape[0]
    if count < 2:
        return None
    if geometry.affine is not None:
        return geometry.to_mm(np.column_stack([np.arange(count), np.zeros((count, 2))]))
    told = [frame.position for frame in series.frames if frame.position is not None]
    return np.array(told, dtype=np.float64) if len(told) == count else None


def _grid(slices: Slices, shape: tuple[int, int, int]) -> tuple[tuple[int, int, int], Floats]:
    """The new shape, and the offset (row, column) in mm of its first pixel."""
    spacing = np.array(slices.spacing)
    first = slices.offsets.min(axis=0)
    more = np.ceil(np.ptp(slices.offsets, axis=0) / spacing - SAME_PLACE).astype(int)
    reach = float(np.ptp(slices.heights)) / slices.step_mm
    layers = int(np.floor(reach + SAME_PLACE)) + 1
    return (layers, shape[1] + int(more[0]), shape[2] + int(more[1])), first


def _at(
    volume: Volume, slices: Slices, height: float, origin: Floats, shape: tuple[int, ...]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Values (rows, columns) at a height, and where they are known."""
    above = int(np.clip(np.searchsorted(slices.heights, height), 1, len(slices.heights) - 1))
    low, high = slices.heights[above - 1], slices.heights[above]
    weight = float(np.clip((height - low) / (high - low), 0, 1))
    values, held = np.zeros(shape[1:]), np.ones(shape[1:], dtype=np.bool_)
    for place, share in ((above - 1, 1 - weight), (above, weight)):
        if share < SAME_PLACE:
            continue
        own, known = _moved(volume, slices, place, origin, shape)
        values += share * own
        held &= known
    return values, held


def _moved(
    volume: Volume, slices: Slices, place: int, origin: Floats, shape: tuple[int, ...]
) -> tuple[Floats, NDArray[np.bool_]]:
    """One slice on the pixels of the new grid: moved by a share of a pixel, linear."""
    index = slices.order[place]
    values = volume.array[index].astype(np.float64)
    outside: NDArray[np.bool_] = np.isnan(values)
    if volume.padding is not None:
        outside = outside | volume.padding[index]
    values[np.isnan(values)] = 0.0  # known to be none
    known = (~outside).astype(np.float64)
    for axis in (0, 1):
        by = float((slices.offsets[place, axis] - origin[axis]) / slices.spacing[axis])
        values, known = (_shifted(a, by, axis, shape[1 + axis]) for a in (values, known))
    return values, known > 1 - SAME_PLACE


def _shifted(image: Floats, by: float, axis: int, count: int) -> Floats:
    """An image moved up an axis by `by` pixels onto `count` pixels; 0 where it does not reach."""
    moved = np.moveaxis(image, axis, 0)
    whole = int(np.floor(by + SAME_PLACE))
    share = max(by - whole, 0.0)
    share = 0.0 if share < SAME_PLACE else share
    result = np.zeros((count, *moved.shape[1:]))
    for start, weight in ((whole, 1 - share), (whole + 1, share)):
        if weight:
            last = min(start + len(moved), count)
            result[start:last] += weight * moved[: last - start]
    return np.moveaxis(result, 0, axis)


def _said(slices: Slices, shape: tuple[int, int, int], series: Series) -> str:
    apart = np.diff(slices.heights)
    gaps = f"{apart.min():.3g} to {apart.max():.3g}" if np.ptp(apart) > 0.005 else f"{apart[0]:.3g}"
    size = " x ".join(str(n) for n in shape)
    return (
        f"{series.label}: {len(slices.heights)} slices {gaps} mm apart were put onto a regular "
        f"grid of {size} voxels, {slices.step_mm:.3g} mm apart, by linear interpolation; pixel "
        "spacing and unit are as they were, and what no slice reaches is padding."
    )
