"""Real world value mappings: what stored values of other images mean (PS3.3 A.46)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.parametric_map import Mapping, mapping_of
from medimg.reading.dicom.objects.target import Target
from medimg.values.layers import Figure, Layer, LayerKind
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject


def contents(dataset: Dataset) -> tuple[str, ...]:
    """What quantities are mapped to, each once."""
    return tuple(dict.fromkeys(_called(mapping) for mapping, _ in _mappings(dataset)))


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Say what the mapping makes of a series; the values shown are not changed by it."""
    name = Path(object_.file).name
    for number, (mapping, images) in enumerate(_mappings(dataset), start=1):
        slices = target.referred(images)
        if not slices:
            continue
        called = _called(mapping)
        how = "by a table" if mapping.table is not None else "by slope and intercept"
        sentence = (
            f"{name} maps stored values to {called} {how}; the values shown stay as they are."
        )
        figures = (
            Figure("slope", mapping.slope, mapping.unit),
            Figure("intercept", mapping.intercept, mapping.unit),
        )
        yield Layer(
            name=called,
            kind=LayerKind.MEASUREMENT,
            object_id=object_.id,
            number=number,
            code=mapping.quantity,
            best_slice=slices[0],
            figures=() if mapping.table is not None else figures,
            problems=(Problem("state-in-part", sentence, (name,)),),
        )


def _mappings(dataset: Dataset) -> Iterator[tuple[Mapping, list[Dataset]]]:
    for item in dataset.get("ReferencedImageRealWorldValueMappingSequence") or []:
        images = list(item.get("ReferencedImageSequence") or [])
        for one in item.get("RealWorldValueMappingSequence") or []:
            yield mapping_of(one), images


def _called(mapping: Mapping) -> str:
    words = mapping.name or "real world values"
    return f"{words} ({mapping.unit})" if mapping.unit else words
