"""Presentation states: how an author wants images shown (PS3.3 A.33, C.10, C.11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom import overlays
from medimg.reading.dicom.attributes import attributes_of
from medimg.reading.dicom.objects.colour import recommended
from medimg.reading.dicom.objects.graphics import pieces
from medimg.reading.dicom.objects.onto import Part, assembled, trimmed
from medimg.reading.dicom.objects.polygons import filled
from medimg.reading.dicom.objects.target import Spot, Target
from medimg.reading.dicom.voi import voi_tables
from medimg.reading.dicom.windows import of_picture
from medimg.values.layers import Colour, Layer, LayerKind, Presentation, Shape
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

Mask = NDArray[np.bool_]

#: Parts of a state that are not applied, in the reader's words.
_NOT_APPLIED = {
    "ModalityLUTSequence": "its own modality table",
    "PresentationLUTSequence": "its presentation table",
    "MaskSubtractionSequence": "the subtraction of a mask",
    "PaletteColorLookupTableUID": "its colours",
    "RedPaletteColorLookupTableData": "its colours",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """How an image is turned for showing: first mirrored left to right, then turned clockwise."""

    quarter_turns: int = 0
    is_flipped_h: bool = False


def contents(dataset: Dataset) -> tuple[str, ...]:
    """The state's own name."""
    name = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "").strip()
    return (name,) if name else ()


def layers(dataset: FileDataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read a state as a presentation a window of its own, and its graphics a layer of each."""
    name = Path(object_.file).name
    title = next(iter(object_.contents), object_.label) or "presentation state"
    slices = _named(_references(dataset), target)
    if not slices:
        sentence = f"{name} names none of the images of this series."
        absent = Problem("not-on-this-series", sentence, (name,))
        yield Layer(title, LayerKind.PRESENTATION, object_.id, problems=(absent,))
        return
    told = _not_applied(dataset, name)
    for number, shown in enumerate(_presentations(dataset, title, slices, target), start=1):
        yield Layer(
            title,
            LayerKind.PRESENTATION,
            object_.id,
            number,
            best_slice=shown.slices[0],
            presentation=shown,
            problems=told,
        )
    yield from _annotations(dataset, object_, slices, target)
    yield from _planes(dataset, object_, slices, target)


def _references(dataset: Dataset) -> list[Dataset]:
    return [
        image
        for series in dataset.get("ReferencedSeriesSequence") or []
        for image in series.get("ReferencedImageSequence") or []
    ]


def _named(references: Sequence[Dataset], target: Target) -> tuple[int, ...]:
    """Slices that references to images and frames mean, ascending."""
    found: set[int] = set()
    for reference in references:
        uid = str(reference.get("ReferencedSOPInstanceUID"))
        frames = reference.get("ReferencedFrameNumber")
        if not frames:
            found |= set(target.slices_of(uid))
            continue
        numbers = frames if hasattr(frames, "__iter__") else [frames]
        places = (target.named(uid, int(number) - 1) for number in numbers)
        found |= {index for index in places if index is not None}
    return tuple(sorted(found))


def _presentations(
    dataset: Dataset, title: str, slices: tuple[int, ...], target: Target
) -> Iterator[Presentation]:
    """One a window that the state has, or a single one without."""
    turn, is_inverted = _turn(dataset), dataset.get("PresentationLUTShape") == "INVERSE"
    shutter = _shutter(dataset, (target.shape[1], target.shape[2]))
    for item in dataset.get("SoftcopyVOILUTSequence") or [Dataset()]:
        own = item.get("ReferencedImageSequence")
        here = tuple(i for i in _named(own, target) if i in slices) if own else slices
        if not here:
            continue
        found, _ = of_picture(attributes_of(item), "")
        table = next(iter(voi_tables(item)), None)
        yield Presentation(
            slices=here,
            window=replace(found[0], name=title) if found and table is None else None,
            table=table,
            is_inverted=is_inverted,
            quarter_turns=turn.quarter_turns,
            is_flipped_h=turn.is_flipped_h,
            shutter=shutter,
        )


def _turn(dataset: Dataset) -> Turn:
    """Rotation and flip. The Standard turns first and mirrors then (C.10.6); here it is mirrored
    first, so that the turn runs the other way.
    """
    quarters = round(float(dataset.get("ImageRotation") or 0) / 90) % 4
    is_flipped = dataset.get("ImageHorizontalFlip") == "Y"
    return Turn(-quarters % 4 if is_flipped else quarters, is_flipped)


def _not_applied(dataset: Dataset, name: str) -> tuple[Problem, ...]:
    parts = dict.fromkeys(words for keyword, words in _NOT_APPLIED.items() if keyword in dataset)
    if "BITMAP" in str(dataset.get("ShutterShape")).upper():
        parts["its shutter of single pixels"] = None
    if not parts:
        return ()
    sentence = f"{name} is applied without {' and '.join(parts)}."
    return (Problem("state-in-part", sentence, (name,)),)


def _shutter(dataset: Dataset, shape: tuple[int, int]) -> Mask | None:
    """Where the image is shown (PS3.3 C.7.6.11); shapes of several kinds meet."""
    kinds = dataset.get("ShutterShape")
    if not kinds:
        return None
    shown = np.ones(shape, dtype=np.bool_)
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if str(kind).upper() in _SHUTTERS:
            shown &= _SHUTTERS[str(kind).upper()](dataset, shape)
    return shown


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
    """Vertices as row and column from 1, at pixel centres."""
    points = np.array([float(x) for x in dataset.VerticesOfThePolygonalShutter]).reshape(-1, 2)
    return filled((points[:, ::-1] - 0.5).astype(np.float32), shape)


_SHUTTERS = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon}


def _annotations(
    dataset: Dataset, object_: DerivedObject, slices: tuple[int, ...], target: Target
) -> Iterator[Layer]:
    """The graphics of each graphic layer, in its order (PS3.3 C.10.5)."""
    by_layer: dict[str, list[Shape]] = {}
    for item in dataset.get("GraphicAnnotationSequence") or []:
        own = item.get("ReferencedImageSequence")
        here = tuple(i for i in _named(own, target) if i in slices) if own else slices
        area = _Area(dataset, (target.shape[1], target.shape[2]))
        drawn = list(_graphics(item, area))
        shapes = [Shape(i, p, closed, text) for i in here for p, closed, text in drawn]
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


def _planes(
    dataset: FileDataset, object_: DerivedObject, slices: tuple[int, ...], target: Target
) -> Iterator[Layer]:
    """Overlay planes that the state itself brings, on each image that it names."""
    for number, group in enumerate(overlays.groups_of(dataset), start=1):
        name, image = overlays.on_image(dataset, group, (target.shape[1], target.shape[2]))
        parts = [trimmed(Part(Spot(index, 0, 0), image), outside=0) for index in slices]
        box = assembled([part for part in parts if part is not None], target.shape, outside=0)
        if box is not None:
            layer = Layer(name, LayerKind.ANNOTATION, object_.id, number, best_slice=slices[0])
            yield replace(layer, start=box.start, mask=box.values)


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


class _Area:
    """What DISPLAY units are shares of: the displayed area, as it is turned for showing."""

    def __init__(self, dataset: Dataset, shape: tuple[int, int]) -> None:
        rows, columns = shape
        self._turn = _turn(dataset)
        self._first, self._size = np.zeros(2), np.array([columns, rows], dtype=np.float64)
        for item in (dataset.get("DisplayedAreaSelectionSequence") or [])[:1]:
            first = np.array([float(x) for x in item.DisplayedAreaTopLeftHandCorner]) - 1
            last = np.array([float(x) for x in item.DisplayedAreaBottomRightHandCorner])
            self._first, self._size = first, last - first

    def pixels(self, points: NDArray[np.float64], units: str) -> NDArray[np.float32]:
        """Points (n, 2) in PIXEL or DISPLAY units as (column, row)."""
        if units != "DISPLAY":
            return points.astype(np.float32)
        u, v = points[:, 0], points[:, 1]
        for _ in range(self._turn.quarter_turns):
            u, v = v, 1 - u
        if self._turn.is_flipped_h:
            u = 1 - u
        placed: NDArray[np.float64] = self._first + np.stack([u, v], axis=1) * self._size
        return placed.astype(np.float32)


Drawn = tuple[NDArray[np.float32], bool, str]


def _graphics(item: Dataset, area: _Area) -> Iterator[Drawn]:
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


def _one(point: Sequence[float]) -> NDArray[np.float64]:
    return np.array([[float(point[0]), float(point[1])]])
