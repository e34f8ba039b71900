"""Key object selections: images that were picked out, and why (PS3.3 A.35.4, TID 2010)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.target import Target
from medimg.values.layers import Layer, LayerKind, Shape
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

_DESCRIPTION = "113012"
#: Where the words stand on a picked image: (column, row) of its upper left corner.
_CORNER = (2.0, 2.0)


def contents(dataset: Dataset) -> tuple[str, ...]:
    """Why they were picked, in the words of the title, then in the author's own."""
    title = code_of(dataset, "ConceptNameCodeSequence")
    words = [title.meaning] if title else []
    for item in dataset.get("ContentSequence") or []:
        concept = code_of(item, "ConceptNameCodeSequence")
        if concept is not None and concept.value == _DESCRIPTION:
            words.append(str(item.get("TextValue") or "").strip())
    return tuple(word for word in words if word)


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Write the reason on each picked slice of a series."""
    references = [
        image
        for item in dataset.get("ContentSequence") or []
        for image in item.get("ReferencedSOPSequence") or []
    ]
    slices, title = target.referred(references), ", ".join(object_.contents) or "key image"
    if not slices:
        name = Path(object_.file).name
        sentence = f"{name} picks none of the images of this series."
        told = (Problem("not-on-this-series", sentence, (name,)),)
        yield Layer(title, LayerKind.ANNOTATION, object_.id, problems=told)
        return
    corner = np.array([_CORNER], dtype=np.float32)
    shapes = tuple(Shape(index, corner.copy(), text=title) for index in slices)
    yield Layer(title, LayerKind.ANNOTATION, object_.id, best_slice=slices[0], shapes=shapes)
