"""Frames of an object: their pixels, also of one bit, and where each lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.pixels.decoders.base import get_decoder

from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.objects.target import Plane
from medimg.reading.dicom.pixels.reading import stored_frames
from medimg.reading.dicom.placing import unit_cosines
from medimg.values.volume import Array

#: Where pixels are numbers with a fraction, pydicom alone opens them.
_FLOATS = {"FloatPixelData", "DoubleFloatPixelData"}
#: Most frames that are believed of an object that describes none of them.
MOST_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The functional groups of one frame: its own first, then the shared ones (PS3.3 C.7.6.16)."""

    own: Dataset
    shared: Dataset

    def first(self, macro: str) -> Dataset | None:
        """The first item of a macro's sequence; None where no group has it."""
        for group in (self.own, self.shared):
            items = group.get(macro)
            if items:
                item: Dataset = items[0]
                return item
        return None


def groups(dataset: Dataset) -> tuple[Groups, ...]:
    """The functional groups of each frame, in order."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    count = min(int(dataset.get("NumberOfFrames") or 1), max(len(frames), MOST_FRAMES))
    frames += [Dataset()] * (count - len(frames))
    return tuple(Groups(own, shared) for own in frames[:count])


def plane_of(frame: Groups, dataset: Dataset) -> Plane | None:
    """Where a frame lies in the patient; None where its groups do not say."""
    place, turn = frame.first("PlanePositionSequence"), frame.first("PlaneOrientationSequence")
    measures = frame.first("PixelMeasuresSequence")
    if place is None or turn is None or measures is None:
        return None
    position = place.get("ImagePositionPatient")
    cosines, spacing = turn.get("ImageOrientationPatient"), measures.get("PixelSpacing")
    if not position or not cosines or not spacing or len(cosines) != 6 or len(position) != 3:
        return None
    units = unit_cosines(tuple(float(x) for x in cosines))
    if units is None or not all(float(x) > 0 for x in spacing):
        return None
    steps = (float(spacing[0]), float(spacing[1]))
    shape = (int(dataset.Rows), int(dataset.Columns))
    return Plane(np.array([float(x) for x in position]), units, steps, shape)


def pixels(path: Path, dataset: FileDataset) -> Iterator[Array]:
    """Decode the frames one after the other, (rows, columns), as stored.

    Compressed frames are opened in the decoding process, as those of images are.

    Raises:
        Unusable: They cannot be decoded.
        ValueError: They are cut.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    if _FLOATS & set(dataset.dir("PixelData")):
        decoder = get_decoder(transfer_syntax(dataset))
        yield from (array for array, _ in decoder.iter_array(dataset, raw=True))
        return
    yield from stored_frames(path, dataset, range(count))
