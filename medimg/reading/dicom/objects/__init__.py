"""Objects that say something of images: one file a kind, one row a SOP class.

Each kind's file has `contents(dataset)`, names of what is in it, and
`layers(dataset, object, target)`, what it says on the grid of one series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom import overlays
from medimg.reading.dicom.header import guards
from medimg.reading.dicom.header.attributes import Attributes, attributes_of
from medimg.reading.dicom.header.source import BROKEN, Source, read_header, read_whole
from medimg.reading.dicom.objects import (
    dose,
    dose_report,
    key_objects,
    parametric_map,
    presentation,
    rtstruct,
    seg,
    sr,
    value_mapping,
)
from medimg.reading.dicom.objects.references import Listed, references
from medimg.reading.dicom.objects.target import Target
from medimg.reading.dicom.stack import describe
from medimg.reading.found import Unusable
from medimg.values.layers import Layer, LayerKind
from medimg.values.problems import Problem, Stops
from medimg.values.series import DerivedObject, ObjectKind, Series


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a SOP class.

    Attributes:
        contents: Names of what is in an object.
        layers: What it says on one series.
        is_picture: Whether it can be opened as an image of its own, too.
    """

    kind: ObjectKind
    contents: Callable[[Dataset], tuple[str, ...]]
    layers: Callable[[FileDataset, DerivedObject, Target], Iterator[Layer]]
    is_picture: bool = False


_SEGMENTATION = Row(ObjectKind.SEGMENTATION, seg.contents, seg.layers)
_REPORT = Row(ObjectKind.REPORT, sr.contents, sr.layers)
_DOSE_REPORT = Row(ObjectKind.DOSE_REPORT, dose_report.contents, dose_report.layers)
_BLENDING = Row(ObjectKind.PRESENTATION, presentation.contents, presentation.blending)
_STATE = Row(ObjectKind.PRESENTATION, presentation.contents, presentation.layers)

#: By SOP Class UID (PS3.4 B.5).
OBJECTS: dict[str, Row] = {
    "1.2.840.10008.5.1.4.1.1.66.4": _SEGMENTATION,
    "1.2.840.10008.5.1.4.1.1.66.7": _SEGMENTATION,  # Label Map Segmentation
    "1.2.840.10008.5.1.4.1.1.481.3": Row(
        ObjectKind.STRUCTURE_SET, rtstruct.contents, rtstruct.layers
    ),
    "1.2.840.10008.5.1.4.1.1.481.2": Row(
        ObjectKind.DOSE, dose.contents, dose.layers, is_picture=True
    ),
    "1.2.840.10008.5.1.4.1.1.30": Row(
        ObjectKind.PARAMETRIC_MAP, parametric_map.contents, parametric_map.layers, is_picture=True
    ),
    "1.2.840.10008.5.1.4.1.1.88.11": _REPORT,  # Basic Text SR
    "1.2.840.10008.5.1.4.1.1.88.22": _REPORT,  # Enhanced SR
    "1.2.840.10008.5.1.4.1.1.88.33": _REPORT,  # Comprehensive SR
    "1.2.840.10008.5.1.4.1.1.88.34": _REPORT,  # Comprehensive 3D SR
    "1.2.840.10008.5.1.4.1.1.88.35": _REPORT,  # Extensible SR
    "1.2.840.10008.5.1.4.1.1.88.50": _REPORT,  # Mammography CAD SR
    "1.2.840.10008.5.1.4.1.1.88.65": _REPORT,  # Chest CAD SR
    "1.2.840.10008.5.1.4.1.1.88.69": _REPORT,  # Colon CAD SR
    "1.2.840.10008.5.1.4.1.1.88.59": Row(
        ObjectKind.KEY_IMAGES, key_objects.contents, key_objects.layers
    ),
    "1.2.840.10008.5.1.4.1.1.88.67": _DOSE_REPORT,  # X-Ray
    "1.2.840.10008.5.1.4.1.1.88.68": _DOSE_REPORT,  # Radiopharmaceutical
    "1.2.840.10008.5.1.4.1.1.88.76": _DOSE_REPORT,  # Enhanced X-Ray
    "1.2.840.10008.5.1.4.1.1.67": Row(
        ObjectKind.VALUE_MAPPING, value_mapping.contents, value_mapping.layers
    ),
    "1.2.840.10008.5.1.4.1.1.11.1": _STATE,  # Grayscale Softcopy
    "1.2.840.10008.5.1.4.1.1.11.2": _STATE,  # Color Softcopy
    "1.2.840.10008.5.1.4.1.1.11.3": _STATE,  # Pseudo-Color Softcopy
    "1.2.840.10008.5.1.4.1.1.11.5": _STATE,  # XA/XRF Grayscale Softcopy
    "1.2.840.10008.5.1.4.1.1.11.4": _BLENDING,  # Blending Softcopy
    "1.2.840.10008.5.1.4.1.1.11.8": _BLENDING,  # Advanced Blending
}

#: What reading an object may raise where its content contradicts itself or cannot be decoded.
_UNREADABLE = (*BROKEN, RuntimeError, MemoryError, ZeroDivisionError)


def listed(source: Source) -> Listed | None:
    """What an object is and what it refers to; None where a file is no such object.

    Raises:
        Unusable: It is one, and its header cannot be read.
    """
    sop_class = source.sop_class
    row = OBJECTS.get(sop_class)
    if row is None:
        return None
    name = source.path.name
    dataset = read_header(source.path)
    try:
        names, told = row.contents(dataset), references(dataset)
    except _UNREADABLE as error:
        sentence = f"The content of {name} cannot be understood: {error}."
        raise Unusable(Problem("decode-failed", sentence, (str(source.path),))) from error
    fault = guards.fault_of(source) if source.pixels is not None else None
    facts = attributes_of(dataset)
    person, _ = describe.patient(facts, name)
    object_ = DerivedObject(
        id=facts.text("SOPInstanceUID") or str(source.path),
        kind=row.kind,
        file=str(source.path),
        label=_first(facts, "StructureSetLabel", "SeriesDescription", "ContentLabel"),
        contents=names,
        sop_class_uid=sop_class,
        sop_instance_uid=facts.text("SOPInstanceUID"),
        series_uid=facts.text("SeriesInstanceUID"),
        series_number=facts.whole("SeriesNumber"),
        author=_author(facts),
        date=_first(facts, *_dates("Date")),
        time=_first(facts, *_dates("Time")),
        patient=person,
        study=describe.study(facts),
        problems=() if fault is None else (fault.at(source.path),),
    )
    return object_, told


def layers(series: Series, object_: DerivedObject) -> tuple[Layer, ...]:
    """What an object says of a series; where it cannot be read, one empty layer that says why."""
    if object_.kind is ObjectKind.OVERLAY:
        return overlays.layers(series, object_)
    return tuple(_told(layer, object_) for layer in _layers(series, object_))


def _layers(series: Series, object_: DerivedObject) -> tuple[Layer, ...]:
    fault = next((p for p in object_.problems if p.stops is Stops.FILE), None)
    made: list[Layer] = []
    if fault is None:
        try:
            dataset = read_whole(Path(object_.file))
            # Taken one by one: what is read before a fault stays.
            for layer in OBJECTS[object_.sop_class_uid].layers(dataset, object_, Target(series)):
                made.append(layer)
        except Unusable as unusable:
            fault = unusable.problem
        except _UNREADABLE as error:
            fault = _unreadable(object_, error)
    if series.id not in object_.series_ids:
        # On a series that it does not speak of, what lies elsewhere is no news.
        made = [replace(layer, is_own_series=False) for layer in made if layer.slices]
    if fault is not None:
        made.append(Layer(object_.title, LayerKind.ANNOTATION, object_.id, problems=(fault,)))
    return tuple(made)


def _told(layer: Layer, object_: DerivedObject) -> Layer:
    """A layer whose problems say where the file of its object lies."""
    if not layer.problems:
        return layer
    return replace(layer, problems=tuple(problem.at(object_.file) for problem in layer.problems))


def _unreadable(object_: DerivedObject, error: BaseException) -> Problem:
    name = Path(object_.file).name
    if isinstance(error, NotImplementedError) or "plugin" in str(error):
        return Problem("no-codec", f"There is no decoder here for the pixels of {name}.", (name,))
    reason = str(error).strip().rstrip(".") or type(error).__name__
    return Problem("decode-failed", f"The content of {name} cannot be read: {reason}.", (name,))


def is_picture(source: Source) -> bool:
    """Whether an object can be opened as an image of its own, too."""
    row = OBJECTS.get(source.sop_class)
    return row is None or row.is_picture


def _first(facts: Attributes, *keywords: str) -> str:
    return next((text for keyword in keywords if (text := facts.text(keyword))), "")


def _dates(what: str) -> tuple[str, ...]:
    """Keywords of the date or time of an object's content, the most telling first."""
    makings = ("StructureSet", "PresentationCreation", "Content", "Series", "InstanceCreation")
    return tuple(f"{making}{what}" for making in makings)


def _author(facts: Attributes) -> str:
    """Who made it: a person, else the program or device."""
    person = _first(facts, "ContentCreatorName", "OperatorsName")
    words = person.split("=")[0].replace("^", " ").strip()
    maker = _first(facts, "ManufacturerModelName", "Manufacturer")
    return words or maker
