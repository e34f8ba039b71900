"""Graphics and words of presentation states, on the images they were drawn on (PS3.3 C.10.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.colour import recommended
from medimg.reading.dicom.objects.graphics import pieces
from medimg.reading.dicom.objects.target import Target
from medimg.values.layers import Colour, Layer, LayerKind, Shape
from medimg.values.series import DerivedObject

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """How an image is turned for showing: first mirrored left to right, then turned clockwise."""

    quarter_turns: int = 0
    is_flipped_h: bool = False


def turn_of(dataset: Dataset) -> Turn:
    """Rotation and flip. The Standard turns first and mirrors then (C.10.6); here it is mirrored
    first, so that the turn runs the other way.
    """
    quarters = round(float(dataset.get("ImageRotation") or 0) / 90) % 4
    is_flipped = dataset.get("ImageHorizontalFlip") == "Y"
    return Turn(-quarters % 4 if is_flipped else quarters, is_flipped)


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """The part of an image that a state shows; DISPLAY units are shares of it, as it is turned.

    Attributes:
        first, size: (column, row) in pixels, pixel edges at whole numbers.
    """

    first: Floats
    size: Floats
    turn: Turn

    def is_whole(self, shape: tuple[int, int]) -> bool:
        """Whether it is all of an image of (rows, columns)."""
        last = self.first + self.size
        return bool((self.first <= 0).all() and last[0] >= shape[1] and last[1] >= shape[0])

    def pixels(self, points: Floats, units: str) -> NDArray[np.float32]:
        """Points (n, 2) in PIXEL or DISPLAY units as (column, row)."""
        if units != "DISPLAY":
            return points.astype(np.float32)
        u, v = points[:, 0], points[:, 1]
        for _ in range(self.turn.quarter_turns):
            u, v = v, 1 - u
        if self.turn.is_flipped_h:
            u = 1 - u
        placed: Floats = self.first + np.stack([u, v], axis=1) * self.size
        return placed.astype(np.float32)


def area_of(dataset: Dataset, index: int, target: Target) -> Area:
    """The displayed area of one slice; all of it where the state names none (PS3.3 C.10.4)."""
    rows, columns = target.shape[1:]
    for item in dataset.get("DisplayedAreaSelectionSequence") or []:
        own = item.get("ReferencedImageSequence")
        if own and index not in target.referred(own):
            continue
        # Corners of the image as it is turned, in pixels of the image as it is not.
        corners = np.array(
            [item.DisplayedAreaTopLeftHandCorner, item.DisplayedAreaBottomRightHandCorner],
            dtype=np.float64,
        )
        first = corners.min(axis=0) - 1
        return Area(first, corners.max(axis=0) - first, turn_of(dataset))
    return Area(np.zeros(2), np.array([columns, rows], dtype=np.float64), turn_of(dataset))


def marks(
    dataset: Dataset, object_: DerivedObject, slices: tuple[int, ...], target: Target
) -> Iterator[Layer]:
    """The graphics of each graphic layer, in its order (PS3.3 C.10.5)."""
    by_layer: dict[str, list[Shape]] = {}
    for item in dataset.get("GraphicAnnotationSequence") or []:
        own = item.get("ReferencedImageSequence")
        here = tuple(i for i in target.referred(own) if i in slices) if own else slices
        shapes = [shape for index in here for shape in _shapes(dataset, item, index, target)]
        by_layer.setdefault(str(item.get("GraphicLayer") or ""), []).extend(shapes)
    colours = _colours(dataset)
    for number, (name, shapes) in enumerate(by_layer.items(), start=1):
        if shapes:
            yield Layer(
                name or "annotation",
                LayerKind.ANNOTATION,
                object_.id,
                number,
                colour=colours.get(name),
                best_slice=shapes[0].index,
                shapes=tuple(shapes),
            )


def _shapes(dataset: Dataset, item: Dataset, index: int, target: Target) -> Iterator[Shape]:
    for points, is_closed, text in _graphics(item, area_of(dataset, index, target)):
        yield Shape(index, points, is_closed, text)


def _colours(dataset: Dataset) -> dict[str, Colour | None]:
    return {
        str(item.get("GraphicLayer")): _layer_colour(item)
        for item in dataset.get("GraphicLayerSequence") or []
    }


def _layer_colour(item: Dataset) -> Colour | None:
    """The recommended colour of a graphic layer."""
    stored = item.get("GraphicLayerRecommendedDisplayCIELabValue")
    if not stored:
        return None
    as_segment = Dataset()
    as_segment.RecommendedDisplayCIELabValue = list(stored)
    return recommended(as_segment)


Drawn = tuple[NDArray[np.float32], bool, str]


def _graphics(item: Dataset, area: Area) -> Iterator[Drawn]:
    for graphic in item.get("GraphicObjectSequence") or []:
        units = str(graphic.get("GraphicAnnotationUnits") or "PIXEL")
        for points, is_closed in pieces(str(graphic.GraphicType), list(graphic.GraphicData)):
            is_filled = graphic.get("GraphicFilled") == "Y"
            yield area.pixels(points, units), is_closed or is_filled, ""
    for text in item.get("TextObjectSequence") or []:
        words = str(text.get("UnformattedTextValue") or "").strip()
        corner, anchor = text.get("BoundingBoxTopLeftHandCorner"), text.get("AnchorPoint")
        boxed = str(text.get("BoundingBoxAnnotationUnits") or "PIXEL")
        anchored = str(text.get("AnchorPointAnnotationUnits") or "PIXEL")
        at = [area.pixels(_one(corner), boxed)] if corner else []
        if anchor and (not at or text.get("AnchorPointVisibility") == "Y"):
            at.append(area.pixels(_one(anchor), anchored))
        if at and words:
            yield np.concatenate(at), False, words


def _one(point: Sequence[float]) -> Floats:
    return np.array([[float(point[0]), float(point[1])]])
