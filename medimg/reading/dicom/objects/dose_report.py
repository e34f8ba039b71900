"""Reports of radiation dose: what an examination gave in all (PS3.16 TID 10001, 10011, 10021)."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from medimg.reading.dicom.objects import sr
from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.target import Target
from medimg.values.layers import Figure, Layer, LayerKind
from medimg.values.series import DerivedObject

#: Containers of sums: CT, projection X-ray, radiopharmaceutical; the single exposures are not told.
_SUMS = {"113811", "113702", "113502"}


def contents(dataset: Dataset) -> tuple[str, ...]:
    """The sums in words: 'CT Dose Length Product Total 553 mGy.cm'."""
    told = tuple(f"{f.name} {f.value:g} {f.unit}".strip() for f in _figures(dataset))
    return told or sr.contents(dataset)


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Give the sums to a series that the report names; they lie nowhere in its images."""
    figures = tuple(_figures(dataset))
    yield Layer("Radiation dose", LayerKind.MEASUREMENT, object_.id, figures=figures)


def _figures(dataset: Dataset) -> Iterator[Figure]:
    for item in dataset.get("ContentSequence") or []:
        concept = code_of(item, "ConceptNameCodeSequence")
        if concept is not None and concept.value in _SUMS:
            yield from sr.figures(item)
        else:
            yield from _figures(item)
