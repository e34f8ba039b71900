"""Structure sets of radiotherapy: contours in the patient (PS3.3 A.19, C.8.8.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.colour import display_rgb
from medimg.reading.dicom.objects.onto import Part, assembled, trimmed, with_mask
from medimg.reading.dicom.objects.polygons import Ring, combined
from medimg.reading.dicom.objects.target import Floats, Spot, Target
from medimg.values.codes import Code
from medimg.values.layers import Colour, Layer, LayerKind, Shape
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

#: Contours further apart than this many slices leave slices between them unmarked.
SPARSE = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One contour: its kind, its points (n, 3) in LPS mm, and the images that it names."""

    kind: str
    points: Floats
    images: tuple[Dataset, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """One region of interest with its contours; `space` is the frame of reference it names."""

    number: int
    name: str
    code: Code | None
    colour: Colour | None
    contours: tuple[Contour, ...]
    space: str = ""


@dataclass(slots=True)
class Sorted:
    """The contours of a structure by where they lie on a series."""

    shapes: list[Shape] = field(default_factory=list)
    rings: dict[int, list[Ring]] = field(default_factory=dict)
    absent: int = 0
    between: int = 0
    slanting: int = 0


def contents(dataset: Dataset) -> tuple[str, ...]:
    """Names of the structures."""
    return tuple(
        str(item.get("ROIName") or f"structure {item.get('ROINumber')}").strip()
        for item in dataset.get("StructureSetROISequence") or []
    )


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read each structure as a layer of contours, and of the mask that they enclose."""
    name = Path(object_.file).name
    for structure in _structures(dataset):
        layer = Layer(
            name=structure.name,
            kind=LayerKind.CONTOUR,
            object_id=object_.id,
            number=structure.number,
            code=structure.code,
            colour=structure.colour,
        )
        if not structure.contours:
            sentence = f"{structure.name} of {name} has no contours."
            yield replace(layer, problems=(Problem("empty-layer", sentence, (name,)),))
        elif not target.is_placed:
            sentence = f"{structure.name} of {name} lies in the patient, this series does not."
            yield replace(layer, problems=(Problem("not-on-this-series", sentence, (name,)),))
        elif _is_elsewhere(structure, target):
            sentence = (
                f"{structure.name} of {name} was drawn in another frame of reference than that of "
                "this series; it is not shown."
            )
            yield replace(layer, problems=(Problem("not-on-this-series", sentence, (name,)),))
        else:
            yield _drawn(layer, structure, name, target)


def _is_elsewhere(structure: Structure, target: Target) -> bool:
    """Whether mm of a structure are those of another space (PS3.3 C.8.8.5).

    A contour that names an image of this series and lies in it was drawn on it, whatever is said.
    """
    own = target.series.geometry.frame_of_reference_uid
    if not structure.space or not own or structure.space == own:
        return False
    return not any(
        index == target.nearest(contour.points)
        for contour in structure.contours
        for index in target.referred(contour.images)
    )


def _structures(dataset: Dataset) -> Iterator[Structure]:
    contours = {
        int(item.ReferencedROINumber): item for item in dataset.get("ROIContourSequence") or []
    }
    observed = {
        int(item.get("ReferencedROINumber") or 0): item
        for item in dataset.get("RTROIObservationsSequence") or []
    }
    names = contents(dataset)
    for item, name in zip(dataset.get("StructureSetROISequence") or [], names, strict=True):
        number = int(item.ROINumber)
        drawn = contours.get(number, Dataset())
        yield Structure(
            number,
            name,
            code_of(observed.get(number, Dataset()), "RTROIIdentificationCodeSequence"),
            display_rgb(drawn.get("ROIDisplayColor")),
            tuple(_contours(drawn)),
            str(item.get("ReferencedFrameOfReferenceUID") or ""),
        )


def _contours(item: Dataset) -> Iterator[Contour]:
    for contour in item.get("ContourSequence") or []:
        points = _coordinates(contour)
        if points.size and points.size % 3 == 0 and np.isfinite(points).all():
            kind = str(contour.get("ContourGeometricType") or "").upper()
            images = tuple(contour.get("ContourImageSequence") or ())
            yield Contour(kind, points.reshape(-1, 3), images)


def _coordinates(contour: Dataset) -> Floats:
    """The numbers of ContourData, by their bytes: pydicom's decimals take 50 times as long.

    Raises:
        ValueError: One of them is no number.
    """
    element = contour.get_item("ContourData")
    if not isinstance(element, RawDataElement) or element.value is None:
        return np.array([float(x) for x in contour.get("ContourData") or []])
    texts = element.value.rstrip(b"\0 ").split(b"\\")
    return np.array(texts if texts != [b""] else [], dtype=np.bytes_).astype(np.float64)


def _drawn(layer: Layer, structure: Structure, name: str, target: Target) -> Layer:
    found = _sorted(structure.contours, target)
    parts, holes = [], 0
    for index, rings in found.rings.items():
        mask, more = combined(rings, (target.shape[1], target.shape[2]))
        holes += more
        if part := trimmed(Part(Spot(index, 0, 0), mask), outside=0):
            parts.append(part)
    told = (*_problems(structure, found, name), *_holes(structure, holes, name))
    told += _sparse(structure, target, name)
    layer = replace(layer, shapes=tuple(found.shapes), problems=told)
    if found.shapes:
        layer = replace(layer, best_slice=found.shapes[0].index)
    box = assembled(parts, target.shape, outside=0)
    return layer if box is None else with_mask(layer, box, target)


def _sorted(contours: Sequence[Contour], target: Target) -> Sorted:
    found = Sorted()
    for contour in contours:
        index = target.nearest(contour.points)
        if index is None:
            if np.ptp(contour.points @ target.normal) > 2 * target.tolerance_mm:
                found.slanting += 1
            elif target.around(contour.points.mean(axis=0)) is not None:
                found.between += 1
            else:
                found.absent += 1
            continue
        points = target.pixels(contour.points, index)
        is_closed = contour.kind.startswith("CLOSED") and len(points) > 2
        found.shapes.append(Shape(index, points, is_closed))
        if is_closed:
            is_xor = contour.kind.endswith("XOR")
            found.rings.setdefault(index, []).append(Ring(points, is_xor))
    return found


def _problems(structure: Structure, found: Sorted, name: str) -> tuple[Problem, ...]:
    count = len(structure.contours)
    if found.absent == count:
        sentence = f"{structure.name} of {name} lies on none of the slices of this series."
        return (Problem("not-on-this-series", sentence, (name,)),)
    told = []
    if found.absent:
        sentence = (
            f"{found.absent} of {count} contours of {structure.name} in {name} lie on slices that "
            "are not here; the others are shown."
        )
        told.append(Problem("slices-absent", sentence, (name,)))
    if found.between:
        sentence = (
            f"{found.between} of {count} contours of {structure.name} in {name} lie between the "
            "slices of this series and are not shown."
        )
        told.append(Problem("contours-not-shown", sentence, (name,)))
    if found.slanting:
        sentence = (
            f"{found.slanting} of {count} contours of {structure.name} in {name} do not lie in a "
            "slice of this series and are not shown."
        )
        told.append(Problem("contours-not-shown", sentence, (name,)))
    return tuple(told)


def _holes(structure: Structure, holes: int, name: str) -> tuple[Problem, ...]:
    if not holes:
        return ()
    sentence = (
        f"{holes} contours of {structure.name} in {name} lie within another one and are taken as "
        "holes."
    )
    return (Problem("inner-contours", sentence, (name,)),)


def _sparse(structure: Structure, target: Target, name: str) -> tuple[Problem, ...]:
    """Say where contours lie further apart than slices: there is no mask between them."""
    heights = np.unique([round(float((c.points @ target.normal).mean()), 2)
                         for c in structure.contours])  # fmt: skip
    step = target.step_mm
    if step is None or len(heights) < 3 or float(np.median(np.diff(heights))) <= SPARSE * step:
        return ()
    apart = float(np.median(np.diff(heights)))
    sentence = (
        f"Contours of {structure.name} in {name} lie {apart:.3g} mm apart, slices {step:.3g} mm; "
        "between contours nothing is marked, and no volume is given."
    )
    return (Problem("contours-not-shown", sentence, (name,)),)
