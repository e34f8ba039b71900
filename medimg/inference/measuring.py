"""Measures of a region: area, longest diameter, centroid, volume, each only where it is known."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from medimg.values.findings import Region, RegionKind
from medimg.values.geometry import Geometry
from medimg.values.masks import Mask
from medimg.values.problems import Stops
from medimg.values.volume import Volume

_HALF = 0.5


def region_of(
    id_: str, label: str, code: str, kind: RegionKind, mask: Mask, volume: Volume
) -> Region:
    """Measure a mask that is not empty.

    Args:
        mask: On the volume's grid.

    The diameter is the longest one of a connected part within one slice, between the midpoints of
    the pixels' outer edges (the outline that marching squares draw at one half), so one pixel is
    one pixel across.
    """
    geometry = volume.series.geometry
    row_mm, column_mm = _in_plane_mm(geometry)
    areas = mask.areas
    pixel_mm = (row_mm, column_mm) if row_mm is not None and column_mm is not None else (1.0, 1.0)
    longest_px, longest_mm = _longest_diameters(mask.bits, pixel_mm)
    volume_ml, withheld = _volume_ml(mask, volume)
    area_px = int(areas.max())
    k, r, c = (
        first + float(axis.mean())
        for first, axis in zip(mask.start, np.nonzero(mask.bits), strict=True)
    )
    return Region(
        id=id_,
        label=label,
        code=code,
        kind=kind,
        mask=mask,
        volume_ml=volume_ml,
        area_px=area_px,
        area_mm2=area_px * row_mm * column_mm if row_mm and column_mm else None,
        longest_px=longest_px,
        longest_mm=longest_mm if row_mm is not None and column_mm is not None else None,
        centroid=(k, r, c),
        best_slice=int(areas.argmax()),
        withheld=withheld,
    )


def _in_plane_mm(geometry: Geometry) -> tuple[float | None, float | None]:
    spacing = geometry.plane_spacing
    if spacing.is_known:
        return spacing.row_mm, spacing.column_mm
    steps = geometry.spacing_mm
    return (steps[1], steps[2]) if steps else (None, None)


def _volume_ml(mask: Mask, volume: Volume) -> tuple[float | None, str]:
    geometry = volume.series.geometry
    if mask.shape[0] == 1:
        return None, "One image has no volume."
    faults = volume.series.stops(Stops.VOLUME)
    if faults:
        title = faults[0].title
        return None, f"Volume withheld ({title}): per-slice models run on stacks with gaps."
    if geometry.voxel_ml is None:
        return None, "Volume withheld: the distance of the slices is unknown."
    return mask.size * geometry.voxel_ml, ""


def _longest_diameters(
    mask: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> tuple[float, float]:
    """The longest diameter of a connected part of a slice, in pixels and in mm.

    Pixels that meet at a corner are connected. The way from one lesion to another is not a
    diameter of either.
    """
    longest_px = longest_mm = 0.0
    # A box may hold slices on which nothing is marked.
    for image in mask[mask.any(axis=(1, 2))]:
        numbers, _ = ndimage.label(image, structure=np.ones((3, 3)))
        boxes = ndimage.find_objects(numbers)
        longest_px = _longest_part(numbers, boxes, (1.0, 1.0), longest_px)
        longest_mm = _longest_part(numbers, boxes, pixel_mm, longest_mm)
    return longest_px, longest_mm


def _longest_part(
    numbers: NDArray[np.int32],
    boxes: list[tuple[slice, slice]],
    scale: tuple[float, float],
    longest: float,
) -> float:
    """The longest diameter of a slice's parts, or `longest` where none is longer.

    Each part is looked at within its own box, and only if that box could hold a longer diameter:
    a mask of ten thousand specks must not cost ten thousand images.
    """
    sides = np.array([(b[0].stop - b[0].start, b[1].stop - b[1].start) for b in boxes], float)
    # Between midpoints of edges: across the columns, across the rows, or round a corner.
    ways = ((1.0, 0.0), (0.0, 1.0), (_HALF, _HALF))
    most = np.max([np.hypot(*((sides - way) * scale).T) for way in ways], axis=0)
    for index in np.argsort(-most):
        if most[index] <= longest:
            break
        part = numbers[boxes[index]] == index + 1
        longest = max(longest, _longest(outline_points(part) * scale))
    return longest


def outline_points(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Midpoints (n, 2) of the outer pixel edges, first and last pixel of each row and column."""
    points = []
    for axis, shift in ((1, (0.0, _HALF)), (0, (_HALF, 0.0))):
        lines = np.flatnonzero(mask.any(axis=axis))
        along = mask[lines] if axis == 1 else mask[:, lines].T
        first = along.argmax(axis=1)
        last = along.shape[1] - 1 - along[:, ::-1].argmax(axis=1)
        for place, sign in ((first, -1.0), (last, 1.0)):
            pair = (lines, place) if axis == 1 else (place, lines)
            points.append(np.stack(pair, axis=1) + sign * np.array(shift))
    return np.concatenate(points).astype(np.float64)


def _longest(points: NDArray[np.float64]) -> float:
    # Points on one line have no hull; all of them are then compared.
    with suppress(QhullError):
        points = points[ConvexHull(points).vertices]
    return float(pdist(points).max())
