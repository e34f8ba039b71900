"""Dose grids of radiotherapy, laid over the images of their space (PS3.3 A.18, C.8.8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom.header.source import source_of
from medimg.reading.dicom.objects.frames import pixels
from medimg.reading.dicom.objects.laying import Gathering, Placement, in_another_space, placed
from medimg.reading.dicom.objects.parametric_map import Mapping, map_layer
from medimg.reading.dicom.objects.target import Plane, Target
from medimg.reading.dicom.picture import Picture, pictures
from medimg.reading.dicom.placing import unit_cosines
from medimg.values.layers import Layer
from medimg.values.series import DerivedObject

_UNITS = {"GY": "Gy", "RELATIVE": "of the prescribed dose"}


def contents(dataset: Dataset) -> tuple[str, ...]:
    """What dose it is: 'PLAN, PHYSICAL'."""
    words = (dataset.get("DoseSummationType"), dataset.get("DoseType"))
    told = ", ".join(str(word).lower() for word in words if word)
    return (told,) if told else ()


def layers(dataset: FileDataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read a dose grid as a map in gray.

    Raises:
        ValueError: A plane of the grid has no place.
    """
    unit = _UNITS.get(str(dataset.get("DoseUnits") or "").upper(), "")
    mapping = Mapping(float(dataset.DoseGridScaling), 0.0, "Dose", unit)
    planes = [_plane(picture) for picture in pictures(source_of(Path(object_.file), dataset))]
    is_elsewhere = in_another_space(dataset, target)
    where = Placement((), (None,) * len(planes), is_elsewhere=is_elsewhere)
    if target.is_placed and not is_elsewhere:
        where = placed(planes, target, _step_mm(planes, dataset))
    gathering = Gathering(where, target, outside=float("nan"))
    for frame, stored in enumerate(pixels(Path(object_.file), dataset)):
        gathering.add(1, frame, (stored * mapping.slope).astype(np.float32))
    yield map_layer(gathering, 1, mapping, object_)


def _step_mm(planes: Sequence[Plane], dataset: Dataset) -> float | None:
    """How far planes lie apart; of a single one its thickness, where that is stated."""
    if len(planes) < 2:
        thickness = dataset.get("SliceThickness")
        return None if not thickness else float(thickness)
    return float(np.linalg.norm(planes[1].position - planes[0].position))


def _plane(picture: Picture) -> Plane:
    cosines, spacing = picture.image_orientation_patient, picture.pixel_spacing
    units = None if cosines is None else unit_cosines(cosines)
    if units is None or spacing is None or picture.image_position_patient is None:
        raise ValueError("a plane of the dose grid has no place")
    shape = (picture.rows, picture.columns)
    steps = (spacing[0], spacing[1])
    return Plane(np.array(picture.image_position_patient), units, steps, shape)
