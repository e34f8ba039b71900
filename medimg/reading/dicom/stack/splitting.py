"""Which pictures belong in one stack: one table of splitting rules, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np

from medimg.reading.dicom.header.attributes import differing
from medimg.reading.dicom.picture import Picture
from medimg.reading.dicom.placing import SAME_PLACE_MM, normal_of, unit_cosines
from medimg.reading.dicom.stack import dimensions
from medimg.reading.dicom.stack.dimensions import Value, number, reads, text
from medimg.reading.dicom.stack.numbered_times import times_by_number

#: Modalities whose pictures are shadows, not sections: each stands for itself.
PROJECTIONS = frozenset({"CR", "DX", "RG", "MG", "RF", "XA", "PX", "IO"})

#: Cosine between two directions above which slices count as parallel (about 1 degree).
PARALLEL = 0.99985


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to put pictures apart.

    Attributes:
        name: What differs, for the sentence.
        key: Pictures with unlike keys go apart. A `Value` need not be asked of pictures whose
            headers agree in what it reads.
        reason: Why they may not share a volume.
        problem: Kind of problem that all parts carry.
        label: How a part is told from its siblings ("TE 30 ms"); empty: not at all.
        when_repeated: Only where positions repeat or the parts interleave: these attributes also
            differ along one honest volume (a step-and-shoot CT counts acquisitions).
        axis: What the parts run along ("time"): on one grid they are the volumes of one 4-D item.
        joins_unknown: Pictures without the value stay with the others, if those agree; what is
            not proven of them is told where they are placed.
    """

    name: str
    key: Callable[[Picture], Hashable]
    reason: str
    problem: str = "split"
    label: Callable[[Picture], str] = lambda picture: ""
    when_repeated: bool = False
    axis: str = ""
    joins_unknown: bool = False


@dataclass(slots=True)
class Stack:
    """Pictures that belong together, in no order yet, and by which rules they were put apart.

    Attributes:
        unlike: Keywords by which their headers can differ; None where that is not known.
    """

    pictures: list[Picture]
    rules: list[Rule] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    unlike: frozenset[str] | None = field(init=False)

    def __post_init__(self) -> None:
        self.unlike = _unlike(self.pictures)


def _amount(
    name: str, value: Callable[[Picture], float | None], unit: str = ""
) -> Callable[[Picture], str]:
    def label(picture: Picture) -> str:
        amount = value(picture)
        return "" if amount is None else f"{name} {amount:g}{unit}".strip()

    return label


#: Classes of sections that were computed of projections: X-ray 3D angiographic, craniofacial and
#: breast tomosynthesis images (PS3.3 A.53 to A.55).
_COMPUTED = tuple(f"1.2.840.10008.5.1.4.1.1.13.1.{n}" for n in (1, 2, 3))


def is_projection(picture: Picture) -> bool:
    """Whether a picture is a shadow; sections that lie in the patient are none."""
    is_placed = picture.sop_class_uid in _COMPUTED and picture.image_position_patient is not None
    return picture.modality in PROJECTIONS and not is_placed


def _apart_by_itself(picture: Picture) -> Hashable:
    """A radiograph stands for itself; a section does not."""
    return picture.file if is_projection(picture) else ""


@reads("PatientID", "PatientName")
def _person(picture: Picture) -> Hashable:
    """Whose picture it is; capitals and empty parts of a name make no other person."""
    return picture.patient_id, _parts_of_name(picture.patient_name)


@lru_cache(maxsize=1 << 10)
def _parts_of_name(name: str) -> tuple[str, ...]:
    parts = name.casefold().replace("=", "^=").split("^")
    return tuple(part.strip() for part in parts if part.strip())


@reads("StudyInstanceUID", "StudyDate")
def _examination(picture: Picture) -> Hashable:
    return picture.study_instance_uid, picture.attributes.text("StudyDate")


@reads("SOPClassUID", "SamplesPerPixel")
def _kind_of_object(picture: Picture) -> Hashable:
    return picture.sop_class_uid, picture.samples_per_pixel


@reads("PixelSpacing")
def _rounded_spacing(picture: Picture) -> Hashable:
    """Makers write one spacing with more digits or fewer."""
    spacing = picture.pixel_spacing
    return spacing and tuple(round(part, 4) for part in spacing)


def _whole_object(picture: Picture) -> Hashable:
    """A multi-frame object or a mosaic is a whole, unless it is a part of a concatenation."""
    if picture.mosaic is not None:
        return picture.file
    if (picture.attributes.whole("NumberOfFrames") or 1) == 1:
        return ""
    return picture.attributes.text("ConcatenationUID") or picture.file


def _has_contrast(picture: Picture) -> bool:
    return bool(picture.attributes.text("ContrastBolusAgent"))


#: In the order in which they are tried: what is graver first.
RULES: tuple[Rule, ...] = (
    Rule("patient", _person,
         "pictures of two people are never one volume", "two-patients"),
    Rule("study", _examination,
         "examinations are read apart"),
    Rule("series", lambda p: p.series_key, "the maker put them apart", ""),
    Rule("kind of object", _kind_of_object,
         "a screen save among slices is a picture of its own"),
    Rule("radiograph", _apart_by_itself, "projections do not scroll together", ""),
    Rule("frame of reference", text("FrameOfReferenceUID"),
         "positions in two spaces cannot be compared", joins_unknown=True),
    Rule("matrix", Value(lambda p: (p.rows, p.columns), ("Rows", "Columns")),
         "rows and columns must agree inside a volume", "mixed-matrix",
         label=lambda p: f"{p.rows} x {p.columns}"),
    Rule("pixel spacing", _rounded_spacing,
         "a pixel must have one size inside a volume", "mixed-pixel-spacing",
         label=lambda p: f"{p.pixel_spacing[0]:g} mm" if p.pixel_spacing else ""),
    Rule("localiser", Value(lambda p: "LOCALIZER" in p.image_type, dimensions.IMAGE_TYPE),
         "a localiser is for planning, not for reading", "mixed-orientation"),
    Rule("stack", text("StackID"), "the maker numbered the stacks"),
    Rule("echo time", dimensions.echo_time, "contrast changes with the echo",
         label=_amount("TE", dimensions.echo_time, " ms")),
    Rule("echo number", number("EchoNumbers"),
         "contrast changes with the echo",
         label=_amount("echo", number("EchoNumbers")), when_repeated=True),
    Rule("b-value", dimensions.b_value, "diffusion weighting changes the contrast",
         label=_amount("b", dimensions.b_value)),
    Rule("image type", dimensions.quantity, "image types are different quantities",
         label=dimensions.image_type_words),
    Rule("contrast phase", text("ContrastBolusAgentPhase"),
         "before and after contrast are compared, not mixed",
         label=lambda p: p.attributes.text("ContrastBolusAgentPhase").lower().replace("_", " ")),
    Rule("energy", number("MonoenergeticEnergyEquivalent"), "attenuation changes with the energy",
         label=_amount("", number("MonoenergeticEnergyEquivalent"), " keV")),
    Rule("energy window", dimensions.energy_window, "each energy window is another tracer",
         label=_amount("energy window", dimensions.energy_window)),
    Rule("tube voltage", number("KVP"),
         "attenuation changes with the energy",
         label=_amount("", number("KVP"), " kV"), when_repeated=True),
    Rule("kernel", text("ConvolutionKernel"), "noise and edges change with the kernel",
         label=lambda p: p.attributes.text("ConvolutionKernel").replace("\\", " ")),
    Rule("patient position", text("PatientPosition"),
         "the patient was turned over between them", joins_unknown=True,
         label=text("PatientPosition")),
    Rule("contrast agent", Value(_has_contrast, ("ContrastBolusAgent",)),
         "before and after contrast are compared, not mixed", when_repeated=True,
         label=lambda p: "with contrast" if _has_contrast(p) else ""),
    Rule("slice thickness", number("SliceThickness"),
         "thick and thin slices of one place are two volumes",
         label=_amount("", number("SliceThickness"), " mm"),
         when_repeated=True),
    Rule("inversion time", dimensions.inversion_time, "contrast changes with the inversion",
         label=_amount("TI", dimensions.inversion_time, " ms"), when_repeated=True),
    Rule("flip angle", number("FlipAngle"),
         "contrast changes with the flip angle",
         label=_amount("flip angle", number("FlipAngle"), "°"),
         when_repeated=True),
    Rule("temporal position", dimensions.temporal, "each time is a volume",
         label=_amount("time", dimensions.temporal), when_repeated=True, axis="time"),
    Rule("cardiac or respiratory phase", dimensions.phase, "each phase is a volume",
         label=_amount("phase", dimensions.phase, ""), when_repeated=True, axis="phase"),
    Rule("diffusion directionality", dimensions.directionality,
         "an isotropic image is computed of those of the directions",
         label=dimensions.directionality),
    Rule("diffusion direction", dimensions.direction, "each direction is a volume",
         when_repeated=True, axis="direction"),
    # After what names a volume, so that each still tells its b-value or its echo.
    Rule("object", _whole_object, "an object of many slices is whole in itself", "", axis="time"),
    Rule("acquisition", number("AcquisitionNumber"),
         "two runs over the same place are two volumes",
         label=_amount("acquisition", number("AcquisitionNumber")),
         when_repeated=True, axis="acquisition"),
    Rule("trigger time", number("TriggerTime"), "each time is a volume",
         label=_amount("trigger", number("TriggerTime"), " ms"),
         when_repeated=True, axis="time"),
    Rule("acquisition time", text("AcquisitionTime"),
         "each time is a volume", when_repeated=True, axis="time"),
    Rule("content time", text("ContentTime"),
         "each time is a volume", when_repeated=True, axis="time"),
    Rule("image type in full", Value(lambda p: p.image_type, dimensions.IMAGE_TYPE),
         "image types are different quantities",
         label=dimensions.image_type_words, when_repeated=True),
)  # fmt: skip


def split(pictures: Sequence[Picture]) -> list[Stack]:
    """Put pictures into stacks: by every rule of the table, and by orientation."""
    stacks = [Stack(list(pictures))]
    for rule in RULES:
        stacks = [part for stack in stacks for part in _apply(rule, stack)]
        if rule.name == "matrix":
            stacks = [part for stack in stacks for part in _by_orientation(stack)]
    return [part for stack in stacks for part in _by_instance_number(stack)]


def _by_instance_number(stack: Stack) -> list[Stack]:
    """Cut a time series of MR that nothing but the instance number tells apart, as GE writes it."""
    time_of = times_by_number(stack.pictures)
    if not time_of:
        return [stack]
    rule = Rule(
        "instance number", lambda picture: time_of.get(picture.file),
        "positions repeat, and nothing but the order of the instance numbers tells the times "
        "apart", axis="time",
    )  # fmt: skip
    parts: dict[int, list[Picture]] = {}
    for picture in stack.pictures:
        parts.setdefault(time_of[picture.file], []).append(picture)
    return [
        Stack(part, [*stack.rules, rule], [*stack.labels, ""]) for _, part in sorted(parts.items())
    ]


_ORIENTATION = Rule(
    "orientation", lambda p: p.image_orientation_patient,
    "slices of one volume are parallel", "mixed-orientation",
)  # fmt: skip


def _apply(rule: Rule, stack: Stack) -> list[Stack]:
    """Cut a stack by one rule; where it does not apply, the stack comes back."""
    if _holds_throughout(rule.key, stack):
        return [stack]
    parts: dict[Hashable, list[Picture]] = {}
    for picture in stack.pictures:
        parts.setdefault(rule.key(picture), []).append(picture)
    if rule.joins_unknown and len(parts) == 2 and "" in parts:
        return [stack]
    if len(parts) == 1 or (rule.when_repeated and not _are_volumes(list(parts.values()), stack)):
        return [stack]
    ordered = sorted(parts.items(), key=lambda item: _sortable(item[0]))
    return [
        Stack(part, [*stack.rules, rule], [*stack.labels, rule.label(part[0])])
        for _, part in ordered
    ]


def _holds_throughout(key: Callable[[Picture], Hashable], stack: Stack) -> bool:
    """Whether a stack's headers agree in all that a key is made of."""
    if stack.unlike is None or not isinstance(key, Value):
        return False
    return stack.unlike.isdisjoint(key.reads)


def _unlike(pictures: Sequence[Picture]) -> frozenset[str] | None:
    """Keywords by which pictures can differ; frames of one file differ by their number, too."""
    if any(picture.number for picture in pictures):
        return None
    return differing(picture.attributes for picture in pictures)


def _sortable(key: Hashable) -> tuple[bool, float, str]:
    """Order for keys of any kind: nothing first, then numbers, then texts."""
    if isinstance(key, int | float):
        return key is not None, float(key), ""
    return key is not None, 0.0, str(key)


def _by_orientation(stack: Stack) -> list[Stack]:
    """Cut where slices are not parallel; one without an orientation stays with the first."""
    clusters: list[tuple[np.ndarray, list[Picture]]] = []
    unknown: list[Picture] = []
    cluster_of: dict[tuple[float, ...] | None, list[Picture]] = {None: unknown}
    for picture in stack.pictures:
        told = picture.image_orientation_patient
        members = cluster_of.get(told)
        if members is None:
            members = cluster_of[told] = _cluster(told, clusters, unknown)
        members.append(picture)
    if len(clusters) < 2:
        return [stack]
    clusters[0][1].extend(unknown)
    return [
        Stack(members, [*stack.rules, _ORIENTATION], [*stack.labels, ""]) for _, members in clusters
    ]


def _cluster(
    cosines: tuple[float, ...] | None,
    clusters: list[tuple[np.ndarray, list[Picture]]],
    unknown: list[Picture],
) -> list[Picture]:
    """The pictures that slices of some cosines are parallel to; new ones are added."""
    units = None if cosines is None else unit_cosines(cosines)
    if units is None:
        return unknown
    for known, members in clusters:
        if (known * units).sum(axis=1).min() > PARALLEL:
            return members
    clusters.append((units, []))
    return clusters[-1][1]


def _are_volumes(parts: list[list[Picture]], stack: Stack) -> bool:
    """Whether parts are volumes over the same place rather than pieces of one.

    They are where positions repeat in the whole and no longer in the parts, of more than one
    slice each; or where whole volumes interleave: the parts' own step is no more than one and a
    half slice thicknesses, so that none of them has gaps that the other fills.
    """
    places = [_places(part) for part in parts]
    whole = _places(stack.pictures)
    if whole is None or any(place is None or place.size < 2 for place in places):
        return False
    if _repeats(whole):
        return not any(_repeats(place) for place in places if place is not None)
    ranges = sorted((place[0], place[-1]) for place in places if place is not None)
    interleave = any(a[1] > b[0] + SAME_PLACE_MM for a, b in pairwise(ranges))
    return interleave and all(
        _is_dense(part, place)
        for part, place in zip(parts, places, strict=True)
        if place is not None
    )


def _is_dense(part: list[Picture], places: np.ndarray) -> bool:
    """Whether a part's own slices leave no gaps that another part could fill."""
    thickness = part[0].attributes.number("SliceThickness")
    return thickness is None or float(np.median(np.diff(places))) <= 1.5 * thickness


def _repeats(places: np.ndarray) -> bool:
    return bool((np.diff(places) < SAME_PLACE_MM).any())


def _places(pictures: list[Picture]) -> np.ndarray | None:
    """Sorted places along the normal in mm; None where one is unknown."""
    cosines = next(
        (p.image_orientation_patient for p in pictures if p.image_orientation_patient), None
    )
    normal = None if cosines is None else normal_of(cosines)
    points = [p.image_position_patient for p in pictures if p.image_position_patient]
    if normal is None or len(points) != len(pictures):
        return None
    places: np.ndarray = np.sort(np.array(points) @ normal)
    return places
