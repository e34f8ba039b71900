"""A map of evidence read back is the same map in the same place, or a picture with the reason."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import ParametricMapStorage, SecondaryCaptureImageStorage

from medimg.results import export, export_each
from medimg.values.analysis import Analysis
from medimg.values.explanation import Explanation
from medimg.values.geometry import affine_from
from tests.medimg.results.planted import ball, errors_of, film, multiframe, pyramid, stack

METHODS = ("own-map", "grad-cam", "saliency")


def _with_maps(value: Analysis) -> Analysis:
    """Signed maps that differ on every slice, one a method."""
    rng = np.random.default_rng(3)
    shape = value.series.geometry.shape
    maps = tuple(
        Explanation(name, "FLAIR change", rng.normal(size=shape).astype(np.float32), 0.5)
        for name in METHODS
    )
    return replace(value, explanations=maps)


def _frames(path: Path) -> dict[tuple[str, tuple[float, ...]], np.ndarray]:
    """Values of each frame by its quantity and place, from the file's own groups alone."""
    dataset = pydicom.dcmread(path)
    values = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found = {}
    for group, frame in zip(dataset.PerFrameFunctionalGroupsSequence, values, strict=True):
        own = group if "RealWorldValueMappingSequence" in group else shared
        mapping = own.RealWorldValueMappingSequence[0]
        assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1.0, 0.0)
        place = tuple(float(x) for x in group.PlanePositionSequence[0].ImagePositionPatient)
        found[mapping.LUTLabel, place] = frame
    return found


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_each_map_lies_on_its_slices(order: tuple[int, ...], tmp_path: Path) -> None:
    direction = np.zeros((3, 3))
    for axis, patient_axis in enumerate(order):
        direction[patient_axis, axis] = (-1.0) ** axis
    affine = affine_from(np.array([20.0, -35.0, 110.0]), direction, (2.5, 0.8, 0.6))
    shape = (4, 21, 19)
    analysis = _with_maps(stack(affine, shape, ball(shape, (2, 6, 13), 3)))
    frames = _frames(export(analysis, tmp_path, ["pm"])["pm"])
    assert len(frames) == len(METHODS) * shape[0]
    for one in analysis.explanations:
        for index in range(shape[0]):
            at = affine[:3, 3] + index * affine[:3, 0]
            (frame,) = (
                values
                for (name, place), values in frames.items()
                if name == one.method and np.allclose(place, at, atol=1e-4)
            )
            np.testing.assert_array_equal(frame, one.map[index])


def test_quantities_are_the_standards_where_it_has_them(tmp_path: Path) -> None:
    path = export(_with_maps(pyramid()), tmp_path, ["pm"])["pm"]
    text = str(pydicom.dcmread(path))
    assert "130403" in text and "130404" in text  # Grad-CAM and saliency, PS3.16 CID 217
    assert "'own-map'" in text


def test_frames_of_a_multiframe_are_referred_to_by_their_own_numbers(tmp_path: Path) -> None:
    path = export(_with_maps(multiframe((2, 1, 0))), tmp_path, ["pm"])["pm"]
    dataset = pydicom.dcmread(path)
    named = {
        (
            float(group.PlanePositionSequence[0].ImagePositionPatient[2]),
            int(group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber),
        )
        for group in dataset.PerFrameFunctionalGroupsSequence
    }
    assert named == {(30.0, 3), (20.0, 2), (10.0, 1)}


def test_a_film_gets_a_picture_and_the_reason(tmp_path: Path) -> None:
    (outcome,) = export_each(film(), tmp_path, ["pm"])
    assert outcome.path is not None
    assert "no frame of reference" in outcome.sentence
    assert "secondary capture" in outcome.sentence
    dataset = pydicom.dcmread(outcome.path)
    assert dataset.SOPClassUID == SecondaryCaptureImageStorage
    assert dataset.pixel_array.ndim == 3
    assert "no frame of reference" in dataset.ImageComments


@pytest.mark.parametrize(
    ("make", "sop_class"), [(pyramid, ParametricMapStorage), (film, SecondaryCaptureImageStorage)]
)
def test_the_report_refers_to_the_map(make: object, sop_class: str, tmp_path: Path) -> None:
    written = export(make(), tmp_path, ["sr"])  # type: ignore[operator]
    report, maps = pydicom.dcmread(written["sr"]), pydicom.dcmread(written["pm"])
    images = [
        item.ReferencedSOPSequence[0]
        for item in report.ContentSequence
        if item.ValueType == "IMAGE"
    ]
    assert [(i.ReferencedSOPClassUID, i.ReferencedSOPInstanceUID) for i in images] == [
        (sop_class, maps.SOPInstanceUID)
    ]
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert maps.SeriesInstanceUID in [one.SeriesInstanceUID for one in evidence]


def test_without_a_map_there_is_no_object(tmp_path: Path) -> None:
    (outcome,) = export_each(replace(pyramid(), explanations=()), tmp_path, ["pm"])
    assert outcome.path is None and not outcome.failed
    assert outcome.sentence == "This run made no map of evidence."


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("make", [pyramid, film])
def test_dciodvfy_finds_no_error(make: object, tmp_path: Path) -> None:
    path = export(make(), tmp_path, ["pm"])["pm"]  # type: ignore[operator]
    assert errors_of(path) == set()
