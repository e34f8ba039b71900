"""A segmentation read back lies where the region lay, judged without our own geometry."""

from __future__ import annotations

import shutil
import subprocess
import tracemalloc
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from medimg.results import export, export_each
from medimg.values.geometry import affine_from
from medimg.values.masks import Mask
from tests.medimg.results.planted import (
    ball,
    errors_of,
    header,
    multiframe,
    no_region,
    pyramid,
    region,
    stack,
)

#: Axis order and signs of (slice, row, column) in LPS: eight of the forty-eight, all axes in
#: all places, both signs of each.
ORIENTATIONS = [
    (order, signs)
    for order, signs in zip(
        [*permutations(range(3)), (2, 1, 0), (0, 2, 1)],
        product((1.0, -1.0), repeat=3),
        strict=True,
    )
]


def points_of(path: Path, number: int = 1) -> np.ndarray:
    """LPS mm of the voxels of one segment, from the file's own functional groups alone."""
    dataset = pydicom.dcmread(path)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    spacing = np.array(shared.PixelMeasuresSequence[0].PixelSpacing, dtype=float)
    frames = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    points = []
    for group, frame in zip(dataset.PerFrameFunctionalGroupsSequence, frames, strict=True):
        identity = group if "SegmentIdentificationSequence" in group else shared
        if identity.SegmentIdentificationSequence[0].ReferencedSegmentNumber != number:
            continue
        origin = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        rows, columns = np.nonzero(frame)
        points.append(
            origin
            + columns[:, None] * spacing[1] * cosines[:3]
            + rows[:, None] * spacing[0] * cosines[3:]
        )
    return np.concatenate(points)


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_the_region_lies_where_it_lay(
    order: tuple[int, ...], signs: tuple[float, ...], tmp_path: Path
) -> None:
    direction = np.zeros((3, 3))
    for axis, (patient_axis, sign) in enumerate(zip(order, signs, strict=True)):
        direction[patient_axis, axis] = sign
    affine = affine_from(np.array([20.0, -35.0, 110.0]), direction, (2.5, 0.8, 0.6))
    shape = (7, 21, 19)  # no side divisible by 8
    mask = ball(shape, (4, 6, 13), 3)
    path = export(stack(affine, shape, mask), tmp_path, ["seg"])["seg"]

    points = points_of(path)
    truth = np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]
    assert len(points) == mask.sum()
    # DS carries 16 characters, so a tenth of a micrometre is all that may be lost.
    order_of = [np.lexsort(np.round(p, 3).T) for p in (points, truth)]
    assert np.allclose(points[order_of[0]], truth[order_of[1]], atol=1e-4)

    volume = highdicom.seg.segread(path).get_volume(combine_segments=True)
    found = np.argwhere(volume.array == 1) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    assert np.allclose(found.mean(axis=0), truth.mean(axis=0), atol=1e-4)


def test_overlapping_regions_stay_apart_and_named(tmp_path: Path) -> None:
    analysis = pyramid(overlapping=True)
    path = export(analysis, tmp_path, ["seg"])["seg"]
    dataset = pydicom.dcmread(path)
    assert dataset.SegmentationType == "BINARY" and dataset.SegmentsOverlap == "YES"
    assert [s.SegmentLabel for s in dataset.SegmentSequence] == [r.label for r in analysis.regions]
    for number, found in enumerate(analysis.regions, start=1):
        assert len(points_of(path, number)) == found.mask.size
    frames = dataset.PerFrameFunctionalGroupsSequence
    places = [float(f.PlanePositionSequence[0].ImagePositionPatient[2]) for f in frames]
    assert [tuple(f.FrameContentSequence[0].DimensionIndexValues) for f in frames] == [
        (
            f.SegmentIdentificationSequence[0].ReferencedSegmentNumber,
            sorted(set(places)).index(place) + 1,
        )
        for f, place in zip(frames, places, strict=True)
    ]


def test_each_frame_names_its_source_slice(tmp_path: Path) -> None:
    analysis = pyramid()
    dataset = pydicom.dcmread(export(analysis, tmp_path, ["seg"])["seg"])
    marked = np.array(analysis.regions[0].mask.slices)
    named = {
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for group in dataset.PerFrameFunctionalGroupsSequence
    }
    assert named == {analysis.series.frames[i].sop_instance_uid for i in marked}


def test_frames_of_a_multiframe_keep_their_own_numbers(tmp_path: Path) -> None:
    # The stack is frames 3, 2 and 1 (from 0) of four, in that order.
    path = export(multiframe(frames=(3, 2, 1)), tmp_path, ["seg"])["seg"]
    dataset = pydicom.dcmread(path)
    numbers, heights = [], []
    for group in dataset.PerFrameFunctionalGroupsSequence:
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        numbers.append(int(source.ReferencedFrameNumber))
        heights.append(float(group.PlanePositionSequence[0].ImagePositionPatient[2]))
    assert sorted(numbers) == [2, 3, 4]
    assert all(height == 10.0 * number for number, height in zip(numbers, heights, strict=True))


def test_it_says_what_made_it(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(export(pyramid(), tmp_path, ["seg"])["seg"])
    algorithm = dataset.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    assert algorithm.AlgorithmVersion == "0.1.0"
    assert algorithm.AlgorithmSource == dataset.Manufacturer == "MedImg Workstation"
    assert "research use only" in dataset.SeriesDescription
    assert dataset.ContentDescription == "Research use only – not for diagnosis"
    assert dataset.StudyInstanceUID == header("MR_small.dcm").StudyInstanceUID
    assert len(dataset.SegmentSequence[0].RecommendedDisplayCIELabValue) == 3


@pytest.mark.parametrize(
    ("analysis", "why"),
    [
        (no_region(), "marked no region"),
        (multiframe(frames=(0, 1), places=False), "no position"),
        (stack(np.diag([0.001, 1, 1, 1]), (1, 9, 9), ball((1, 9, 9), (0, 4, 4), 2)), ""),
    ],
    ids=["no region", "no place", "one slice"],
)
def test_what_cannot_be_a_segmentation_is_said(analysis, why: str, tmp_path: Path) -> None:
    (outcome,) = export_each(analysis, tmp_path, ["seg"])
    assert (outcome.path is None) == bool(why)
    assert why in outcome.sentence and not outcome.failed


def test_two_slices_at_one_place_are_refused(tmp_path: Path) -> None:
    shape = (2, 9, 9)
    analysis = stack(np.diag([1.0, 1, 1, 1]), shape, ball(shape, (1, 4, 4), 2), same_place=True)
    (outcome,) = export_each(analysis, tmp_path, ["seg"])
    assert "have the same position" in outcome.sentence


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="needs dciodvfy (Debian dicom3tools)")
def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    assert errors_of(export(pyramid(overlapping=True), tmp_path, ["seg"])["seg"]) == set()


@pytest.mark.skipif(not shutil.which("dcmdump"), reason="needs dcmdump (Debian dcmtk)")
def test_another_toolkit_reads_it(tmp_path: Path) -> None:
    path = export(pyramid(), tmp_path, ["seg"])["seg"]
    assert subprocess.run(["dcmdump", path], capture_output=True, check=False).returncode == 0


def test_an_empty_region_takes_no_segment_number(tmp_path: Path) -> None:
    shape = (1, 128, 128)
    both = (region(np.zeros(shape, bool)), region(ball(shape, (0, 30, 30), 5), "Left lung"))
    dataset = pydicom.dcmread(export(no_region(both), tmp_path, ["seg"])["seg"])
    assert [(s.SegmentNumber, s.SegmentLabel) for s in dataset.SegmentSequence] == [
        (1, "Left lung")
    ]


def test_a_hundred_labels_do_not_take_a_hundred_images(tmp_path: Path) -> None:
    """104 parts of a stack of 80 slices: as a stack of masks they take 136 MB, and twice that."""
    shape = (80, 128, 128)
    made = stack(np.diag([1.0, 1, 1, 1]), shape, ball(shape, (4, 6, 13), 3))
    bits = np.ones((4, 10, 10), dtype=bool)
    places = [((n * 5) % 76, (n * 12) % 118, (n * 31) % 118) for n in range(104)]
    parts = (replace(region(bits, f"Part {n}"), mask=Mask(place, bits, shape))
             for n, place in enumerate(places))  # fmt: skip
    made = replace(made, regions=tuple(parts))
    tracemalloc.start()
    try:
        path = export(made, tmp_path, ["seg"])["seg"]
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
    assert len(pydicom.dcmread(path).SegmentSequence) == 104
