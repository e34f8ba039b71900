"""All frames of a SEG or a parametric map on a series: by place, by name, or resampled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from medimg.reading.dicom.objects.frames import Groups, groups, plane_of
from medimg.reading.dicom.objects.onto import (
    Box,
    Part,
    assembled,
    grid_of,
    is_same_grid,
    layer_of,
    resampled,
    trimmed,
)
from medimg.reading.dicom.objects.target import Plane, Spot, Target
from medimg.values.problems import Problem
from medimg.values.volume import Array

#: A grid whose layers lie this much further apart than the slices is another grid, and not one
#: of which some layers are empty.
COARSER = 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where the frames of an object go.

    Attributes:
        spots: One a frame: its place on the series; None where it lies on no slice.
        planes: For resampling; empty where frames are put in place.
        is_elsewhere: Whether the object names another frame of reference than the series: its mm
            are those of another space, and frames lie where they name an image alone.
    """

    groups: tuple[Groups, ...]
    spots: tuple[Spot | None, ...]
    planes: tuple[Plane, ...] = ()
    is_elsewhere: bool = False


@dataclass(slots=True)
class Gathered:
    """What was gathered of one segment, or of one map, while frames were decoded."""

    parts: list[Part] = field(default_factory=list)
    stack: dict[int, Array] = field(default_factory=dict)
    absent: int = 0
    frames: int = 0


def placement(dataset: Dataset, target: Target) -> Placement:
    """Find out where the frames of an object lie on a series."""
    members = groups(dataset)
    planes = [plane_of(member, dataset) for member in members]
    whole = [plane for plane in planes if plane is not None]
    shape = (int(dataset.Rows), int(dataset.Columns))
    is_elsewhere = in_another_space(dataset, target)
    if target.is_placed and len(whole) == len(planes) and not is_elsewhere:
        measures = members[0].first("PixelMeasuresSequence") or Dataset()
        stated = measures.get("SpacingBetweenSlices") or measures.get("SliceThickness")
        made = placed(whole, target, None if stated is None else float(stated))
        return replace(made, groups=members)
    spots = tuple(_named(member, dataset, shape, target) for member in members)
    return Placement(members, spots, is_elsewhere=is_elsewhere)


def in_another_space(dataset: Dataset, target: Target) -> bool:
    """Whether an object and a series both name a frame of reference, and not the same."""
    named, own = (
        str(dataset.get("FrameOfReferenceUID") or ""),
        target.series.geometry.frame_of_reference_uid,
    )
    return bool(named and own and named != own)


def placed(planes: Sequence[Plane], target: Target, stated_mm: float | None) -> Placement:
    """Find out where planes lie on a series that has its place.

    Args:
        stated_mm: Distance of the planes as their header says; None where it does not.
    """
    spots = tuple(target.spot(plane) for plane in planes)
    if any(spots) and not _is_coarser(planes, target, stated_mm):
        return Placement((), spots)
    return Placement((), spots, tuple(planes))


def _is_coarser(planes: Sequence[Plane], target: Target, stated_mm: float | None) -> bool:
    """Whether layers of the object are thicker than the slices, so that those between fill up."""
    affine, step = grid_of(planes, target), target.step_mm
    if affine is None or step is None or target.series.geometry.affine is None:
        return False
    apart = float(sum(x * x for x in affine[:3, 0]) ** 0.5)
    return apart > COARSER * step and (stated_mm or step) > COARSER * step


def _named(member: Groups, dataset: Dataset, shape: tuple[int, int], target: Target) -> Spot | None:
    """The slice that a frame names as its source, where both have one matrix (PS3.3 C.8.20)."""
    if shape != target.shape[1:]:
        return None
    derivation = member.first("DerivationImageSequence") or Dataset()
    sources = list(derivation.get("SourceImageSequence") or [])
    if not sources:
        named = [
            item
            for series in dataset.get("ReferencedSeriesSequence") or []
            for item in series.get("ReferencedInstanceSequence") or []
        ]
        sources = named if len(named) == 1 and int(dataset.get("NumberOfFrames") or 1) == 1 else []
    for source in sources:
        uid, number = (
            str(source.get("ReferencedSOPInstanceUID")),
            source.get("ReferencedFrameNumber"),
        )
        frame = int(number[0] if isinstance(number, Sequence) else number or 1) - 1
        index = target.named(uid, frame)
        if index is not None:
            return Spot(index, 0, 0)
    return None


class Gathering:
    """Collects frames by what they belong to, and puts each together on the series."""

    def __init__(self, placement: Placement, target: Target, outside: float) -> None:
        self._target, self._outside = target, outside
        self.placement = placement
        self._planes = placement.planes
        self._affine = grid_of(self._planes, target) if self._planes else None
        self._gathered: dict[int, Gathered] = {}

    def add(self, number: int, frame: int, values: Array) -> None:
        """Take one frame's values of one segment or map."""
        own = self._gathered.setdefault(number, Gathered())
        spot = self.placement.spots[frame]
        part = trimmed(Part(spot or Spot(0, 0, 0), values), self._outside)
        if part is None:
            return
        own.frames += 1
        if self._affine is not None:
            own.stack[layer_of(self._planes[frame], self._affine)] = values
        elif spot is None:
            own.absent += 1
        else:
            own.parts.append(part)

    def box(self, number: int) -> Box | None:
        """What was gathered of a segment or map, on the series; None where it holds nothing."""
        own = self._gathered.get(number)
        if own is None:
            return None
        parts = own.parts
        if own.stack and self._can_resample:
            assert self._affine is not None
            parts = list(resampled(own.stack, self._affine, self._target, self._outside))
        return assembled(parts, self._target.shape, self._outside)

    @property
    def _can_resample(self) -> bool:
        return self._affine is not None and self._target.series.geometry.affine is not None

    def problems(self, number: int, what: str, name: str) -> tuple[Problem, ...]:
        """What must be said of how a segment or map lies on the series.

        Args:
            what: The segment or map in words ('Segment 2, Liver,').
            name: Of the file.
        """
        own = self._gathered.get(number) or Gathered()
        if not own.frames:
            return (Problem("empty-layer", f"{what} of {name} is empty.", (name,)),)
        if self._planes:
            return self._said_of_grid(what, name, self.box(number))
        if self.placement.is_elsewhere:
            return self._said_of_space(what, name, is_shown=own.absent < own.frames)
        if own.absent == own.frames:
            sentence = f"{what} of {name} lies on none of the slices of this series."
            return (Problem("not-on-this-series", sentence, (name,)),)
        if own.absent:
            sentence = (
                f"{own.absent} of {own.frames} frames of {what.rstrip(',')} of {name} lie on no "
                "slice of this series; the others are shown."
            )
            return (Problem("slices-absent", sentence, (name,)),)
        return ()

    def _said_of_space(self, what: str, name: str, *, is_shown: bool) -> tuple[Problem, ...]:
        sentence = (
            f"{what} of {name} names another frame of reference than that of this series; it is "
        )
        if not is_shown:
            told = Problem("not-on-this-series", f"{sentence}not shown.", (name,))
        else:
            sentence += "shown on the images that it names, whatever its positions say."
            told = Problem("frame-of-reference-differs", sentence, (name,))
        return (told,)

    def _said_of_grid(self, what: str, name: str, box: Box | None) -> tuple[Problem, ...]:
        if not self._can_resample:
            sentence = (
                f"{what} of {name} lies on a grid of its own, and this series or that grid is not "
                "even; it is not shown."
            )
            return (Problem("not-on-this-series", sentence, (name,)),)
        if box is None:
            sentence = f"{what} of {name} lies outside of this series."
            return (Problem("not-on-this-series", sentence, (name,)),)
        assert self._affine is not None
        if is_same_grid(self._affine, self._target):
            return ()
        sentence = f"{what} of {name} lies on a grid of its own; it is shown by its nearest voxels."
        return (Problem("resampled-nearest", sentence, (name,)),)


def numbers_of(frames: Iterable[Groups], macro: str, keyword: str) -> Mapping[int, int]:
    """A whole number of each frame's group, by frame; frames without one are left out."""
    found: dict[int, int] = {}
    for frame, member in enumerate(frames):
        item = member.first(macro)
        if item is not None and item.get(keyword) is not None:
            found[frame] = int(item[keyword].value)
    return found
