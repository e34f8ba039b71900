"""Segments in groups that do not overlap: one label map per group, and one segmentation of all.

A stack of all masks costs one image per segment: 16 GB for 104 segments of 600 slices. A label map
costs one image, and segments that overlap go into another one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom.seg import Segmentation, SegmentDescription, SegmentsOverlapValues
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medimg.values.masks import Index, Mask

Bytes = NDArray[np.uint8]


def apart(masks: Sequence[Mask]) -> list[list[int]]:
    """Sort masks into groups in which none overlaps another; each group in ascending order."""
    groups: list[list[int]] = []
    for place, mask in enumerate(masks):
        free = (g for g in groups if not any(mask.meets(masks[other]) for other in g))
        group = next(free, None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    return groups


def label_map(masks: Sequence[Mask], shape: Index) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Number masks that do not overlap from 1, [slice, row, column]."""
    labels = np.zeros(shape, dtype=np.min_scalar_type(len(masks)))
    for number, mask in enumerate(masks, start=1):
        labels[mask.box][mask.bits] = number
    return labels


def joined(parts: Sequence[Segmentation], groups: Sequence[Sequence[int]]) -> Segmentation:
    """Put the segmentations of all groups into the first one.

    Args:
        parts: One per group, on the same source images.
        groups: Which masks each holds, counted from 0.

    Returns:
        Segments and frames in the order of the masks, numbered from 1.
    """
    if len(parts) == 1:
        return parts[0]
    segments: dict[int, SegmentDescription] = {}
    frames: list[tuple[int, float, Dataset, Bytes]] = []
    for part, group in zip(parts, groups, strict=True):
        for segment, place in zip(part.SegmentSequence, group, strict=True):
            segment.SegmentNumber = place + 1
            segments[place + 1] = segment
        for item, bits in zip(part.PerFrameFunctionalGroupsSequence, _bits(part), strict=True):
            number = group[_segment_of(item) - 1] + 1
            item.SegmentIdentificationSequence = [Dataset()]
            item.SegmentIdentificationSequence[0].ReferencedSegmentNumber = number
            frames.append((number, _height(part, item), item, bits))
    frames.sort(key=lambda frame: frame[:2])
    heights = sorted({height for _, height, _, _ in frames})
    for number, height, frame, _ in frames:
        content = frame.FrameContentSequence[0]
        content.DimensionIndexValues = [number, heights.index(height) + 1]
    whole = parts[0]
    whole.SharedFunctionalGroupsSequence[0].pop("SegmentIdentificationSequence", None)
    whole.SegmentSequence = [segments[number] for number in sorted(segments)]
    whole.PerFrameFunctionalGroupsSequence = [item for _, _, item, _ in frames]
    whole.NumberOfFrames = len(frames)
    whole.SegmentsOverlap = SegmentsOverlapValues.YES.value
    data = _packed([bits for _, _, _, bits in frames], whole.Rows * whole.Columns)
    whole.PixelData = data + b"\0" * (len(data) % 2)
    return whole


def _segment_of(item: Dataset) -> int:
    """The number of a frame's segment; of a part with one segment its frames do not say it."""
    identification = item.get("SegmentIdentificationSequence")
    return int(identification[0].ReferencedSegmentNumber) if identification else 1


def _height(part: Segmentation, item: Dataset) -> float:
    """Where a frame lies along the normal of the stack, in mm; rounded, so that equal is equal."""
    shared = part.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    cosines = np.array(shared.ImageOrientationPatient, dtype=np.float64)
    normal = np.cross(cosines[:3], cosines[3:])
    position = np.array(item.PlanePositionSequence[0].ImagePositionPatient, dtype=np.float64)
    return round(float(normal @ position), 6)


def _bits(part: Segmentation) -> list[Bytes]:
    """The frames of a binary segmentation: whole bytes where a frame is, else a byte per pixel."""
    size = part.Rows * part.Columns
    data = np.frombuffer(part.PixelData, dtype=np.uint8)
    if size % 8:
        data = np.unpackbits(data, bitorder="little")
    else:
        size //= 8
    count = int(part.NumberOfFrames)
    return [data[size * n : size * (n + 1)] for n in range(count)]


def _packed(frames: Sequence[Bytes], size: int) -> bytes:
    """Pixel data of frames that `_bits` gave (PS3.5 section 8.2: frames follow without a gap)."""
    whole = np.concatenate(frames)
    return (np.packbits(whole, bitorder="little") if size % 8 else whole).tobytes()
