"""Shutters of presentation states: where the image is shown (PS3.3 C.7.6.11, C.7.6.15)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom import overlays
from medimg.reading.dicom.objects.polygons import filled

Mask = NDArray[np.bool_]


def shutter(dataset: FileDataset, shape: tuple[int, int]) -> tuple[Mask | None, str]:
    """Where the image is shown, (rows, columns), shapes of several kinds meeting; and what lacks.

    A shape that cannot be understood, or that would hide the whole image, is left out: an
    author who hides everything is less likely than a header that lacks its corners.
    """
    kinds = dataset.get("ShutterShape") or ()
    shown = np.ones(shape, dtype=np.bool_)
    is_closed, lacking = False, ""
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        open_ = _SHUTTERS.get(str(kind).strip().upper())
        try:
            inside = None if open_ is None else open_(dataset, shape)
        except (ValueError, TypeError, AttributeError, IndexError):
            inside = None
        if inside is None or not (shown & inside).any():
            lacking = f"its shutter ({kind}), which cannot be understood or hides the whole image"
            continue
        shown, is_closed = shown & inside, True
    return (shown if is_closed else None), lacking


def shutter_group(dataset: Dataset) -> int | None:
    """The overlay group whose plane is a shutter and no drawing; None without one."""
    kinds = dataset.get("ShutterShape") or ()
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    group = dataset.get("ShutterOverlayGroup")
    return int(group) if "BITMAP" in named and group is not None else None


def _bitmap(dataset: FileDataset, shape: tuple[int, int]) -> Mask:
    """Where the plane of the named overlay group is 0 (PS3.3 C.7.6.15)."""
    group = shutter_group(dataset)
    if group is None or group not in overlays.groups_of(dataset):
        raise ValueError("its shutter names an overlay that is not there")
    _, closed = overlays.on_image(dataset, group, shape)
    return ~closed


def _rectangle(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    """Rows and columns from 1; the edges themselves are shown."""
    rows, columns = np.mgrid[1 : shape[0] + 1, 1 : shape[1] + 1]
    left, right = dataset.ShutterLeftVerticalEdge, dataset.ShutterRightVerticalEdge
    top, bottom = dataset.ShutterUpperHorizontalEdge, dataset.ShutterLowerHorizontalEdge
    inside: Mask = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
    return inside


def _circle(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    """Centre as row and column from 1, radius in pixels."""
    rows, columns = np.mgrid[1 : shape[0] + 1, 1 : shape[1] + 1]
    row, column = (float(x) for x in dataset.CenterOfCircularShutter)
    inside: Mask = (rows - row) ** 2 + (columns - column) ** 2 <= dataset.RadiusOfCircularShutter**2
    return inside


def _polygon(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    """Vertices as row and column from 1, at pixel centres.

    Raises:
        ValueError: They enclose nothing.
    """
    points = np.array([float(x) for x in dataset.VerticesOfThePolygonalShutter]).reshape(-1, 2)
    if len(points) < 3:
        raise ValueError("a polygon has three vertices or more")
    return filled((points[:, ::-1] - 0.5).astype(np.float32), shape)


_SHUTTERS = {
    "RECTANGULAR": _rectangle,
    "CIRCULAR": _circle,
    "POLYGONAL": _polygon,
    "BITMAP": _bitmap,
}
