"""Frames of an object: their pixels, also of one bit, and where each lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.pixels.decoders.base import get_decoder

from medimg.reading.dicom import native
from medimg.reading.dicom.objects.target import Plane
from medimg.reading.dicom.placing import unit_cosines
from medimg.reading.dicom.source import transfer_syntax
from medimg.reading.dicom.syntaxes import is_compressed, syntax
from medimg.values.volume import Array


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
    count = int(dataset.get("NumberOfFrames") or 1)
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


def pixels(dataset: FileDataset) -> Iterator[Array]:
    """Decode the frames one after the other, (rows, columns), as stored.

    Raises:
        NotImplementedError: No decoder here knows the transfer syntax for these bits.
    """
    uid = transfer_syntax(dataset)
    if native.is_native_in_fragments(dataset):
        yield from native.frames(dataset, range(int(dataset.get("NumberOfFrames") or 1)))
        return
    if int(dataset.get("BitsAllocated") or 0) == 1 and not is_compressed(uid):
        yield from _bits(dataset)
        return
    dataset.file_meta.TransferSyntaxUID = uid
    plugin = syntax(uid).plugin
    for array, _ in get_decoder(uid).iter_array(dataset, raw=True, decoding_plugin=plugin):
        yield array


def _bits(dataset: Dataset) -> Iterator[NDArray[np.uint8]]:
    """Unpack frames of one bit, which follow each other without padding (PS3.5 8.1.1)."""
    stored = np.frombuffer(dataset.PixelData, dtype=np.uint8)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    size = rows * columns
    for number in range(int(dataset.get("NumberOfFrames") or 1)):
        first, skipped = divmod(number * size, 8)
        packed = stored[first : -(-(number + 1) * size // 8)]
        bits = np.unpackbits(packed, bitorder="little")[skipped : skipped + size]
        if bits.size < size:
            raise ValueError(f"frame {number + 1} is cut")
        yield bits.reshape(rows, columns)
