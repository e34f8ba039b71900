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
    outlines = [_outline(part) for plane in mask.bits if plane.any() for part in _parts(plane)]
    longest_mm = None
    if row_mm is not None and column_mm is not None:
        longest_mm = max(_longest(points * (row_mm, column_mm)) for points in outlines)
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
        longest_px=max(_longest(points) for points in outlines),
        longest_mm=longest_mm,
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


def _parts(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The connected parts of one slice, pixels that meet at a corner together.

    The way from one lesion to another is nobody's diameter.
    """
    numbers, count = ndimage.label(mask, structure=np.ones((3, 3)))
    return [numbers == number for number in range(1, count + 1)]


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
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
