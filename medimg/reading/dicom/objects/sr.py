"""Measurements of structured reports (PS3.16 TID 1500 and its like), on their images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.graphics import pieces
from medimg.reading.dicom.objects.target import Target
from medimg.values.codes import Code
from medimg.values.layers import Colour, Figure, Layer, LayerKind, Shape
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

#: Concepts by (value, scheme); SRT and SNM3 are older designators of SNOMED.
_GROUP = ("125007", "DCM")
_TRACKING = ("112039", "DCM")
_SHORT_LABEL = ("125309", "DCM")
_FINDING = ("121071", "DCM")
_DERIVATION = ("121401", "DCM")
_COLOUR = ("718499004", "SCT")
_LIBRARY = ("111028", "DCM")

#: Units whose UCUM code says less to a reader than a word does.
_UNITS = {"1": "", "{pixels}": "px", "{pixel}": "px", "[ratio]": "", "ratio": ""}
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_GRAPHIC = ("SCOORD", "SCOORD3D")
#: A text of a report may be pages long; a name is cut here.
LONGEST_NAME = 64


def contents(dataset: Dataset) -> tuple[str, ...]:
    """Names of the groups of measurements; the title of a report without any."""
    names = tuple(_name(group) for group in _groups(dataset))
    title = code_of(dataset, "ConceptNameCodeSequence")
    return names or ((title.meaning,) if title else ())


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read each group of measurements as a layer: its figures, and its graphics where they lie."""
    name = Path(object_.file).name
    for number, group in enumerate(_groups(dataset), start=1):
        layer = Layer(
            name=_name(group),
            kind=LayerKind.MEASUREMENT,
            object_id=object_.id,
            number=number,
            code=_finding(group),
            colour=_colour(group),
            figures=tuple(_figures(group)),
        )
        yield _placed(layer, group, name, target)


def _placed(layer: Layer, group: Dataset, name: str, target: Target) -> Layer:
    """A layer with its graphics; those that lie elsewhere are counted and said."""
    shapes: list[Shape] = []
    elsewhere = 0
    for item in _all(group):
        if item.get("ValueType") in _GRAPHIC:
            drawn = list(_shapes(item, target))
            shapes += drawn
            elsewhere += not drawn
    told: tuple[Problem, ...] = ()
    if elsewhere:
        where = "in other images" if not shapes else "in other images; the rest is shown"
        sentence = f"{elsewhere} graphics of '{layer.name}' in {name} lie {where}."
        told = (Problem("slices-absent", sentence, (name,)),)
    if not shapes:
        return replace(layer, problems=told)
    texts = _text(layer)
    labelled = replace(shapes[0], text=texts)
    return replace(layer, shapes=(labelled, *shapes[1:]), best_slice=shapes[0].index, problems=told)


def _shapes(item: Dataset, target: Target) -> Iterator[Shape]:
    """The graphics of one coordinates item on the slices of a series."""
    kind, data = str(item.get("GraphicType")), list(item.get("GraphicData") or [])
    if item.ValueType == "SCOORD3D":
        yield from _in_space(kind, data, target)
        return
    for source in item.get("ContentSequence") or []:
        for reference in source.get("ReferencedSOPSequence") or []:
            for index in _slices(reference, target):
                for points, is_closed in pieces(kind, data):
                    yield Shape(index, points.astype(np.float32), is_closed)


def _in_space(kind: str, data: list[float], target: Target) -> Iterator[Shape]:
    """Graphics in the patient: points on the nearest slice, lines where they lie in one."""
    if not target.is_placed or kind.upper() == "ELLIPSOID":
        return
    for points, is_closed in pieces(kind, data, dimensions=3):
        index = target.nearest(points)
        if index is None and len(points) == 1:
            index = target.around(points[0])
        if index is not None:
            yield Shape(index, target.pixels(points, index), is_closed)


def _slices(reference: Dataset, target: Target) -> tuple[int, ...]:
    """The slices that a reference to an image, or to frames of it, means."""
    uid = str(reference.get("ReferencedSOPInstanceUID"))
    numbers = reference.get("ReferencedFrameNumber")
    if not numbers:
        return target.slices_of(uid)
    listed = numbers if isinstance(numbers, list) or hasattr(numbers, "__iter__") else [numbers]
    found = (target.named(uid, int(number) - 1) for number in listed)
    return tuple(index for index in found if index is not None)


def _groups(dataset: Dataset) -> Iterator[Dataset]:
    """Measurement groups; outside of them each measurement, or graphic, with its descendants."""
    for item in dataset.get("ContentSequence") or []:
        concept = _concept(item)
        if concept == _GROUP:
            yield item
        elif concept == _LIBRARY:
            continue
        elif item.get("ValueType") in ("NUM", *_GRAPHIC):
            if any(i.get("ValueType") in _GRAPHIC for i in _all(item)):
                yield item
        else:
            yield from _groups(item)


def _all(item: Dataset) -> Iterator[Dataset]:
    """An item and all below it."""
    yield item
    for child in item.get("ContentSequence") or []:
        yield from _all(child)


def _concept(item: Dataset) -> tuple[str, str]:
    code = code_of(item, "ConceptNameCodeSequence")
    return (code.value, code.scheme) if code else ("", "")


def _of(group: Dataset, concept: tuple[str, str]) -> Dataset | None:
    """The child of a group with a concept."""
    children = group.get("ContentSequence") or []
    return next((child for child in children if _concept(child) == concept), None)


def _finding(group: Dataset) -> Code | None:
    item = _of(group, _FINDING)
    return None if item is None else code_of(item, "ConceptCodeSequence")


def _name(group: Dataset) -> str:
    """What a reader would call a group: its label, its finding, else how it is tracked."""
    label, tracking = _of(group, _SHORT_LABEL), _of(group, _TRACKING)
    finding, concept = _finding(group), code_of(group, "ConceptNameCodeSequence")
    numbers = [f.name for f in _figures(group)]
    text = str(label.get("TextValue") or "") if label is not None else ""
    if text and not text.startswith("{"):  # a placeholder of some viewers
        return text[:LONGEST_NAME]
    if finding is not None and finding.meaning:
        return finding.meaning
    if tracking is not None and tracking.get("TextValue") and not numbers:
        return str(tracking.TextValue)[:LONGEST_NAME]
    return numbers[0] if numbers else concept.meaning if concept else "measurement"


def _colour(group: Dataset) -> Colour | None:
    """A colour that some viewers write as '#rrggbb'."""
    item = _of(group, _COLOUR)
    match = _HEX.fullmatch(str(item.get("TextValue"))) if item is not None else None
    if match is None:
        return None
    red, green, blue = (int(part, 16) for part in match.groups())
    return red, green, blue


def _figures(group: Dataset) -> Iterator[Figure]:
    """The numbers of a group, or of an item that is one."""
    for item in (group, *(group.get("ContentSequence") or [])):
        if item.get("ValueType") != "NUM" or not item.get("MeasuredValueSequence"):
            continue
        measured = item.MeasuredValueSequence[0]
        unit = code_of(measured, "MeasurementUnitsCodeSequence")
        concept = code_of(item, "ConceptNameCodeSequence")
        how = _of(item, _DERIVATION)
        derived = code_of(how, "ConceptCodeSequence") if how is not None else None
        words = (concept.meaning if concept else "", derived.meaning if derived else "")
        symbol = unit.value if unit else ""
        yield Figure(
            ", ".join(word for word in words if word),
            float(measured.NumericValue),
            _UNITS.get(symbol, symbol),
        )


def _text(layer: Layer) -> str:
    """What is written beside a graphic: the first figures, else the name."""
    shown = [f"{f.value:.4g} {f.unit}".strip() for f in layer.figures[:2]]
    return " × ".join(shown) if shown else layer.name
