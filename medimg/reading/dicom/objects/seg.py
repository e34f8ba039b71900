"""Segmentations: BINARY, FRACTIONAL and LABELMAP (PS3.3 A.51, C.8.20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.colour import recommended
from medimg.reading.dicom.objects.frames import pixels
from medimg.reading.dicom.objects.laying import Gathering, numbers_of, placement
from medimg.reading.dicom.objects.onto import Box, with_mask
from medimg.reading.dicom.objects.target import Target
from medimg.reading.dicom.pixels import cells
from medimg.values.codes import Code
from medimg.values.layers import Colour, Layer, LayerKind
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

#: Voxels of a fractional segment belong to its mask from here on.
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of the SegmentSequence."""

    number: int
    name: str
    code: Code | None
    colour: Colour | None


def contents(dataset: Dataset) -> tuple[str, ...]:
    """Names of the segments."""
    return tuple(segment.name for segment in _segments(dataset))


def layers(dataset: FileDataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read each segment as a layer of its own.

    Raises:
        Unusable: Its frames cannot be decoded here.
        ValueError: Its frames are cut or contradict the header.
    """
    name = Path(object_.file).name
    kind = str(dataset.get("SegmentationType") or "BINARY").upper()
    gathering = Gathering(placement(dataset, target), target, outside=0)
    _TAKE[kind](Path(object_.file), dataset, gathering)
    unit = str(dataset.get("SegmentationFractionalType") or "").lower()
    common = _problems(dataset, name)
    for segment in _segments(dataset):
        what = f"Segment {segment.number} ({segment.name})"
        told = (*gathering.problems(segment.number, what, name), *common)
        layer = Layer(
            name=segment.name,
            kind=LayerKind.MASK,
            object_id=object_.id,
            number=segment.number,
            code=segment.code,
            colour=segment.colour,
            problems=told,
        )
        box = gathering.box(segment.number)
        if box is not None and kind == "FRACTIONAL":
            values = box.values.astype(np.float32)
            layer = replace(layer, start=box.start, values=values, unit=unit)
            box = Box(box.start, box.values >= HALF)
        if box is not None:
            layer = with_mask(layer, Box(box.start, box.values.astype(np.bool_)), target)
        yield layer


def _problems(dataset: FileDataset, name: str) -> tuple[Problem, ...]:
    """What must be said of all segments of an object."""
    told = []
    if cells.has_cells(dataset) and (padded := cells.packing_of(dataset).padded):
        sentence = (
            f"The pixels of {name} are padded to whole bytes at the end of each {padded}, which "
            "the Standard does not allow; they are read so."
        )
        told.append(Problem("frames-padded", sentence, (name,)))
    counted = Counter(segment.number for segment in _segments(dataset))
    twice = [number for number, count in counted.items() if count > 1]
    if twice:
        sentence = (
            f"{name} gives segment number {twice[0]} to {counted[twice[0]]} segments; which of "
            "them a frame belongs to is not known, and each is shown with the frames of all."
        )
        told.append(Problem("bad-value", sentence, (name,)))
    return tuple(told)


def _segments(dataset: Dataset) -> Iterator[Segment]:
    """The segments that are not background (PS3.3 C.8.20.2: 0 and the padding value are)."""
    padding = dataset.get("PixelPaddingValue")
    for place, item in enumerate(dataset.get("SegmentSequence") or [], start=1):
        number = int(item.get("SegmentNumber") if "SegmentNumber" in item else place)
        if _is_label_map(dataset) and (number == 0 or number == padding):
            continue
        kind = code_of(item, "SegmentedPropertyTypeCodeSequence")
        label = str(item.get("SegmentLabel") or "").strip()
        name = label or (kind.meaning if kind else "") or f"segment {number}"
        yield Segment(number, name, kind, recommended(item))


def _is_label_map(dataset: Dataset) -> bool:
    return str(dataset.get("SegmentationType")).upper() == "LABELMAP"


def _take_binary(path: Path, dataset: FileDataset, gathering: Gathering) -> None:
    """One segment a frame; 1 is inside. Pixels may be stored in 1 bit or, compressed, in 8."""
    owners = _owners(dataset, gathering)
    for frame, stored in enumerate(pixels(path, dataset)):
        gathering.add(owners.get(frame, 1), frame, (stored != 0).astype(np.uint8))


def _take_fractional(path: Path, dataset: FileDataset, gathering: Gathering) -> None:
    """One segment a frame; the maximum fractional value is all of a pixel, or certainty."""
    owners = _owners(dataset, gathering)
    most = float(dataset.get("MaximumFractionalValue") or 255)
    for frame, stored in enumerate(pixels(path, dataset)):
        gathering.add(owners.get(frame, 1), frame, stored.astype(np.float32) / np.float32(most))


def _take_label_map(path: Path, dataset: FileDataset, gathering: Gathering) -> None:
    """All segments in each frame; a pixel names its segment."""
    numbers = [segment.number for segment in _segments(dataset)]
    for frame, stored in enumerate(pixels(path, dataset)):
        held = set(np.unique(stored).tolist())
        for number in numbers:
            if number in held:
                gathering.add(number, frame, (stored == number).astype(np.uint8))


def _owners(dataset: Dataset, gathering: Gathering) -> Mapping[int, int]:
    """The segment of each frame; of a lone segment the frames need not say it."""
    owners = numbers_of(
        gathering.placement.groups, "SegmentIdentificationSequence", "ReferencedSegmentNumber"
    )
    lone = next((segment.number for segment in _segments(dataset)), 1)
    return owners or dict.fromkeys(range(len(gathering.placement.groups)), lone)


_TAKE: dict[str, Callable[[Path, FileDataset, Gathering], None]] = {
    "BINARY": _take_binary,
    "FRACTIONAL": _take_fractional,
    "LABELMAP": _take_label_map,
}
