"""Structure sets of radiotherapy: contours in the patient (PS3.3 A.19, C.8.8.6)."""

from __future__ import annotations

from collections import Counter
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
    """One region of interest with its contours.

    Attributes:
        space: The frame of reference that it names.
        told: What must be said of it in any case.
    """

    number: int
    name: str
    code: Code | None
    colour: Colour | None
    contours: tuple[Contour, ...]
    space: str = ""
    told: tuple[Problem, ...] = ()


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
    for structure in _structures(dataset, name):
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
            empty = () if structure.told else (Problem("empty-layer", sentence, (name,)),)
            yield replace(layer, problems=(*structure.told, *empty))
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


def _names_another_space(structure: Structure, target: Target) -> bool:
    own = target.series.geometry.frame_of_reference_uid
    return bool(structure.space and own and structure.space != own)


def _is_elsewhere(structure: Structure, target: Target) -> bool:
    """Whether mm of a structure are those of another space (PS3.3 C.8.8.5).

    A contour that names an image of this series and lies in it was drawn on it, whatever is said.
    """
    return _names_another_space(structure, target) and not any(
        index == target.nearest(contour.points)
        for contour in structure.contours
        for index in target.referred(contour.images)
    )


def _structures(dataset: Dataset, file: str) -> Iterator[Structure]:
    """The structures of the set, then contours that belong to none of them."""
    observed = _by_number(dataset.get("RTROIObservationsSequence"))
    drawn = _by_number(dataset.get("ROIContourSequence"))
    items, names = list(dataset.get("StructureSetROISequence") or []), contents(dataset)
    counted = Counter(_whole(item.get("ROINumber")) for item in items)
    seen: Counter[int | None] = Counter()
    for item, name in zip(items, names, strict=True):
        number = _whole(item.get("ROINumber"))
        place, of = seen[number], counted[number]
        seen[number] += 1
        told: list[Problem] = []
        if number is None:
            sentence = f"{name} of {file} has no number, so that its contours cannot be found."
            told.append(Problem("bad-value", sentence, (file,)))
        elif of > 1:
            told.append(_numbered_alike(name, number, of, len(drawn.get(number, ())), file))
        own = _of_place(drawn.get(number, []), place, of) if number is not None else Dataset()
        seen_as = _of_place(observed.get(number, []), place, of)
        yield _structure(own, number or 0, name, file, told, item, seen_as)
    for number, orphans in drawn.items():
        if number not in counted:
            sentence = (
                f"{file} has contours of number {number}, to which none of its structures belongs."
            )
            told = [Problem("bad-value", sentence, (file,))]
            for own in orphans:
                yield _structure(own, number or 0, f"structure {number}", file, told)


def _numbered_alike(name: str, number: int, of: int, drawn: int, file: str) -> Problem:
    """Say of a structure that others bear its number, and what that means for its contours."""
    means = "contours are taken in the order of the structures"
    if drawn != of:
        means = f"whose the contours are is not known, for there are {drawn} sets of them"
    sentence = f"{name} is one of {of} structures with number {number} in {file}; {means}."
    return Problem("bad-value", sentence, (file,))


def _of_place(members: Sequence[Dataset], place: int, of: int) -> Dataset:
    """Of the items that bear one number, that of the structure which comes at the same place."""
    return members[place] if len(members) == of else Dataset()


def _by_number(items: Sequence[Dataset] | None) -> dict[int | None, list[Dataset]]:
    found: dict[int | None, list[Dataset]] = {}
    for item in items or []:
        found.setdefault(_whole(item.get("ReferencedROINumber")), []).append(item)
    return found


def _whole(value: object) -> int | None:
    """A number of a structure; None where there is none to be read."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _structure(
    drawn: Dataset, number: int, name: str, file: str, told: Sequence[Problem],
    item: Dataset | None = None, observed: Dataset | None = None,
) -> Structure:  # fmt: skip
    """One structure of its items; what of its contours cannot be read is said."""
    contours = list(_contours(drawn))
    good = tuple(contour for contour in contours if contour is not None)
    unreadable = len(contours) - len(good)
    problems = list(told)
    if unreadable:
        sentence = (
            f"{unreadable} of {len(contours)} contours of {name} in {file} have coordinates that "
            "cannot be read; they are not shown."
        )
        problems.append(Problem("contours-not-shown", sentence, (file,)))
    return Structure(
        number,
        name,
        code_of(observed or Dataset(), "RTROIIdentificationCodeSequence"),
        display_rgb(drawn.get("ROIDisplayColor")),
        good,
        str((item or Dataset()).get("ReferencedFrameOfReferenceUID") or ""),
        tuple(problems),
    )


def _contours(item: Dataset) -> Iterator[Contour | None]:
    """The contours of a structure; None for one whose coordinates are no points."""
    for contour in item.get("ContourSequence") or []:
        try:
            points = _coordinates(contour)
        except (ValueError, TypeError):
            points = np.empty(0)
        if not points.size or points.size % 3 or not np.isfinite(points).all():
            yield None
            continue
        kind = str(contour.get("ContourGeometricType") or "").upper()
        yield Contour(kind, points.reshape(-1, 3), tuple(contour.get("ContourImageSequence") or ()))


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
    told = (*structure.told, *_problems(structure, found, name))
    told += _holes(structure, holes, name)
    if _names_another_space(structure, target):
        sentence = (
            f"{structure.name} of {name} names another frame of reference than that of this "
            "series; it is shown, for its contours name images of this series and lie in them."
        )
        told += (Problem("frame-of-reference-differs", sentence, (name,)),)
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
