"""Coordinates of structured reports, in images and in the patient, on the slices of a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.graphics import CORNERS, pieces
from medimg.reading.dicom.objects.target import Floats, Target
from medimg.values.layers import Shape

GRAPHIC = ("SCOORD", "SCOORD3D")


@dataclass(frozen=True, slots=True)
class Laid:
    """The shapes of one coordinates item, or why it has none on this series."""

    shapes: tuple[Shape, ...] = ()
    elsewhere: str = ""


def laid(item: Dataset, report: Dataset, target: Target) -> Laid:
    """Lay a coordinates item of a report on a series (PS3.3 C.18.6 and C.18.9)."""
    kind, data = str(item.get("GraphicType")).upper(), list(item.get("GraphicData") or [])
    if item.ValueType == "SCOORD3D":
        return _in_space(kind, data, str(item.get("ReferencedFrameOfReferenceUID") or ""), target)
    slices = target.referred(_images(item, report))
    shapes = [
        Shape(index, points.astype(np.float32), is_closed)
        for index in slices
        for points, is_closed in pieces(kind, data)
    ]
    return Laid(tuple(shapes), "" if shapes else "in other images")


def _images(item: Dataset, report: Dataset) -> Iterator[Dataset]:
    """References to the images that an item was drawn on, given below it or by their place."""
    for source in item.get("ContentSequence") or []:
        place = source.get("ReferencedContentItemIdentifier")
        found = _at(report, place) if place else source
        if found is not None:
            yield from found.get("ReferencedSOPSequence") or []


def _at(report: Dataset, place: Sequence[int]) -> Dataset | None:
    """The item at a place, counted from 1 at each level; the first number is the root's."""
    found = report
    for number in list(place)[1:]:
        children = found.get("ContentSequence") or []
        if not 1 <= int(number) <= len(children):
            return None
        found = children[int(number) - 1]
    return found


def _in_space(kind: str, data: list[float], space: str, target: Target) -> Laid:
    """Graphics in the patient: points on the nearest slice, lines where they lie in one."""
    own = target.series.geometry.frame_of_reference_uid
    if not target.is_placed or (space and own and space != own):
        return Laid((), "in another frame of reference")
    if kind == "ELLIPSOID":
        cut = tuple(_ellipsoid(data, target))
        return Laid(cut, "" if cut else "on none of these slices")
    shapes, through = [], False
    for points, is_closed in pieces(kind, data, dimensions=3):
        index = target.nearest(points)
        if index is None and len(points) == 1:
            index = target.around(points[0])
        if index is not None:
            shapes.append(Shape(index, target.pixels(points, index), is_closed))
        through |= float(np.ptp(points @ target.normal)) > 2 * target.tolerance_mm
    if shapes:
        return Laid(tuple(shapes))
    return Laid((), "across these slices and in none" if through else "on none of these slices")


def _ellipsoid(data: list[float], target: Target) -> Iterator[Shape]:
    """Where slices cut an ellipsoid, each an ellipse (PS3.3 C.18.9.1.2: ends of three axes).

    Raises:
        ValueError: The data are not the ends of three axes.
    """
    ends = np.array([float(x) for x in data]).reshape(-1, 3)
    if len(ends) != 6 or target.positions is None:
        raise ValueError("an ellipsoid is the ends of three axes")
    centre = ends.mean(axis=0)
    axes: Floats = ((ends[1::2] - ends[::2]) / 2).T  # columns: half axes
    across = axes.T @ target.normal
    reach = float(np.linalg.norm(across))
    for index, position in enumerate(target.positions):
        off = float((position - centre) @ target.normal)
        if abs(off) < reach:
            points = centre + _circle_of_sphere(across, off) @ axes.T
            yield Shape(index, target.pixels(points, index), is_closed=True)


def _circle_of_sphere(across: Floats, off: float) -> Floats:
    """Points (n, 3) of the unit sphere whose product with `across` (3,) is `off`."""
    reach = float(np.linalg.norm(across))
    middle = across * off / reach**2
    radius = np.sqrt(1 - (off / reach) ** 2)
    one = np.cross(across, np.eye(3)[int(np.argmin(np.abs(across)))])
    one /= np.linalg.norm(one)
    other = np.cross(across, one) / reach
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)[:, None]
    around: Floats = middle + radius * (np.cos(angles) * one + np.sin(angles) * other)
    return around
