"""Parametric maps: a number a voxel, in a unit (PS3.3 A.75, C.7.6.16.2.11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.frames import Groups, groups, pixels
from medimg.reading.dicom.objects.laying import Gathering, placement
from medimg.reading.dicom.objects.target import Target
from medimg.values.codes import Code
from medimg.values.layers import Layer, LayerKind
from medimg.values.series import DerivedObject
from medimg.values.volume import Array

#: SR concept "Quantity" of a QuantityDefinitionSequence.
_QUANTITY = "246205007"
_UNITS = {"1": "", "no units": ""}


@dataclass(frozen=True, slots=True)
class Mapping:
    """How stored values become real ones, what they are, and between which they are drawn.

    Attributes:
        first, table: Stored value of the table's first entry; a table stands for the line.
    """

    slope: float = 1.0
    intercept: float = 0.0
    name: str = ""
    unit: str = ""
    quantity: Code | None = None
    scale: tuple[float, float] | None = None
    first: float = 0.0
    table: NDArray[np.float64] | None = None


def contents(dataset: Dataset) -> tuple[str, ...]:
    """What is mapped."""
    name = _mapping(next(iter(groups(dataset)))).name
    return (name,) if name else ()


def layers(dataset: FileDataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read a map as a layer; frames at one place are maps of their own.

    Raises:
        Unusable: Its frames cannot be decoded here.
        ValueError: Its frames are cut or contradict the header.
    """
    gathering = Gathering(placement(dataset, target), target, outside=float("nan"))
    seen: Counter[object] = Counter()
    mappings: dict[int, Mapping] = {}
    padding = dataset.get("FloatPixelPaddingValue", dataset.get("DoubleFloatPixelPaddingValue"))
    for frame, stored in enumerate(pixels(Path(object_.file), dataset)):
        place = gathering.placement.spots[frame] or ("elsewhere", frame)
        seen[place] += 1
        mapping = _mapping(gathering.placement.groups[frame])
        mappings.setdefault(seen[place], mapping)
        gathering.add(seen[place], frame, _real(stored, mapping, padding))
    for number, mapping in mappings.items():
        yield map_layer(gathering, number, mapping, object_)


def map_layer(gathering: Gathering, number: int, mapping: Mapping, object_: DerivedObject) -> Layer:
    """One map that was gathered; its scale is the object's own window, else its whole range."""
    name = mapping.name or object_.label or object_.kind.value
    box = gathering.box(number)
    told = gathering.problems(number, name, Path(object_.file).name)
    code = mapping.quantity
    if box is None:
        return Layer(name, LayerKind.MAP, object_.id, number, code, problems=told)
    values: NDArray[np.float32] = box.values.astype(np.float32)
    finite = values[np.isfinite(values)]
    strength = np.nansum(np.abs(values), axis=(1, 2))
    return Layer(
        name=name,
        kind=LayerKind.MAP,
        object_id=object_.id,
        number=number,
        code=code,
        start=box.start,
        values=values,
        unit=mapping.unit,
        scale=mapping.scale or (float(finite.min()), float(finite.max())),
        best_slice=box.start[0] + int(strength.argmax()),
        problems=told,
    )


def _real(stored: Array, mapping: Mapping, padding: float | None) -> NDArray[np.float32]:
    """Stored values as real ones; padding and what is no number say nothing."""
    values = stored.astype(np.float64)
    if padding is not None:
        values[values == float(padding)] = np.nan
    values[~np.isfinite(values)] = np.nan
    if mapping.table is None:
        real: NDArray[np.float32] = (values * mapping.slope + mapping.intercept).astype(np.float32)
        return real
    places = values - mapping.first
    held = (places >= 0) & (places < len(mapping.table))
    looked: NDArray[np.float32] = np.full(values.shape, np.nan, dtype=np.float32)
    looked[held] = mapping.table[places[held].astype(np.intp)]
    return looked


def _mapping(group: Groups) -> Mapping:
    """The real world value mapping of a frame (PS3.3 C.7.6.16.2.11.1)."""
    item = group.first("RealWorldValueMappingSequence")
    return Mapping() if item is None else replace(mapping_of(item), scale=_scale(group))


def mapping_of(item: Dataset) -> Mapping:
    """One real world value mapping; its table, if it has one, stands for slope and intercept."""
    unit, table = (
        code_of(item, "MeasurementUnitsCodeSequence"),
        item.get("RealWorldValueLUTData"),
    )
    symbol = unit.value if unit else ""
    quantity = next(
        (
            code_of(one, "ConceptCodeSequence")
            for one in item.get("QuantityDefinitionSequence") or []
            if (code := code_of(one, "ConceptNameCodeSequence")) and code.value == _QUANTITY
        ),
        None,
    )
    label = str(item.get("LUTExplanation") or item.get("LUTLabel") or "")
    return Mapping(
        slope=float(item.get("RealWorldValueSlope", 1.0)),
        intercept=float(item.get("RealWorldValueIntercept", 0.0)),
        name=quantity.meaning if quantity else label,
        unit=_UNITS.get(symbol, symbol),
        quantity=quantity,
        first=float(item.get("RealWorldValueFirstValueMapped") or 0),
        table=None if table is None else np.array(table, dtype=np.float64).ravel(),
    )


def _scale(group: Groups) -> tuple[float, float] | None:
    """The window of a frame, as the values at its ends."""
    item = group.first("FrameVOILUTSequence")
    center, width = (item.get("WindowCenter"), item.get("WindowWidth")) if item else (None, None)
    if center is None or width is None or not float(width) > 0:
        return None
    return float(center) - float(width) / 2, float(center) + float(width) / 2
