"""Analyses made by hand on real headers: what exports are tested with."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ComputedRadiographyImageStorage, EnhancedMRImageStorage

from medimg.values.analysis import Analysis, Backend, KeyImage, PackageFacts
from medimg.values.explanation import Explanation, Trust
from medimg.values.findings import (
    Decision,
    Estimate,
    Finding,
    OperatingPoint,
    Region,
    RegionKind,
)
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.masks import Mask
from medimg.values.problems import Problem
from medimg.values.series import Frame, Patient, Series, Study
from medimg.values.verdict import Outcome, Reason, Verdict

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def header(name: str) -> Dataset:
    """A real header that pydicom ships, without pixels."""
    return without_pixels(pydicom.dcmread(get_testdata_file(name, download=False), force=True))


def without_pixels(dataset: Dataset) -> Dataset:
    for keyword in PIXELS:
        if keyword in dataset:
            del dataset[keyword]
    return dataset


def json_of(dataset: Dataset) -> str:
    return dataset.to_json(suppress_invalid_tags=True)


def ball(shape: tuple[int, int, int], centre: tuple[float, ...], radius: float) -> np.ndarray:
    """A planted region: a ball in voxels, so that its place is known."""
    grid = np.indices(shape).astype(float)
    distance = sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True))
    return distance <= radius**2


def region(mask: np.ndarray, label: str = "Right lung", code: str = "right-lung") -> Region:
    areas = mask.sum(axis=(1, 2))
    kind = RegionKind.ANATOMY if "lung" in code and "opacity" not in code else RegionKind.FINDING
    return Region(
        id=f"planted/region/{label}",
        label=label,
        code=code,
        kind=kind,
        mask=Mask.of(mask),
        volume_ml=12.5 if mask.shape[0] > 1 else None,
        area_px=int(areas.max()),
        area_mm2=None,
        longest_px=14.2,
        longest_mm=None,
        centroid=tuple(float(x) for x in np.argwhere(mask).mean(axis=0))
        if mask.any()
        else (0, 0, 0),
        best_slice=int(areas.argmax()),
    )


def finding(probability: float = 0.78, decision: Decision = Decision.FLAGGED) -> Finding:
    point = OperatingPoint(
        "balanced", 0.45, Estimate(0.86, 0.82, 0.9, 276), Estimate(0.79, 0.76, 0.82, 600)
    )
    low, high = max(0.0, probability - 0.09), min(1.0, probability + 0.07)
    return Finding(
        "f", "Lung opacity", "lung-opacity", 1.31, probability, low, high, point, decision, 0.317
    )


def facts() -> PackageFacts:
    return PackageFacts(
        id="chest-xray-opacity",
        version="0.1.0",
        title="Lung opacity on adult chest films",
        weights_sha256="9f31c07a44e2" + "0" * 52,
        summary="Says how likely a frontal film of an adult shows a lung opacity.",
        intended_use="Frontal chest radiographs (PA, AP) of adults, to try out in research.",
        not_for=("children", "lateral films", "ruling out disease"),
        licence="Apache-2.0; data: RSNA Pneumonia Challenge 2018",
        merit_name="AUC",
        merit=Estimate(0.88, 0.86, 0.90, 876),
        merit_note="films, out of fold, RSNA 2018",
    )


def analysis(
    headers: list[Dataset],
    *,
    shape: tuple[int, int, int],
    regions: tuple[Region, ...] = (),
    findings: tuple[Finding, ...] | None = None,
    geometry: Geometry | None = None,
    frames: tuple[Frame, ...] | None = None,
    patient: Patient | None = None,
) -> Analysis:
    """An analysis on real headers; maps and masks are planted."""
    first = headers[0]
    rng = np.random.default_rng(7)
    grid = np.zeros(shape, dtype=np.float32)
    grid[:, shape[1] // 3 : shape[1] // 2, shape[2] // 3 : shape[2] // 2] = 0.3
    if frames is None:
        frames = tuple(Frame("image.dcm", 0, str(d.SOPInstanceUID)) for d in headers)
    series = Series(
        id="1",
        label="PA",
        format="dicom",
        modality=str(first.get("Modality", "")),
        frames=frames,
        geometry=geometry or Geometry(shape, PlaneSpacing(MeasuredAt.DETECTOR, 0.2, 0.2)),
        uid=str(first.get("SeriesInstanceUID", "")),
        patient=patient or Patient("D-0001", "DEMO^One", "19680314", "M", 58.0),
        study=Study(
            str(first.get("StudyInstanceUID", "")),
            "1",
            "20261112",
            "0941",
            "Chest PA",
            "A-1021",
            "Demo Hospital North",
        ),
        sop_class_uid=str(first.get("SOPClassUID", "")),
        patient_orientation=("L", "F"),
        problems=(Problem("lossy", "The image is lossy (JPEG 12:1)."),),
    )
    return Analysis(
        id=str(uuid5(NAMESPACE_OID, f"{series.uid}{shape}")),
        created=datetime(2026, 11, 22, 9, 57, 3, tzinfo=UTC).isoformat(),
        package=facts(),
        series=series,
        pixels_sha256="5be091d47c22" + "1" * 52,
        verdict=Verdict(
            "chest-xray-opacity",
            (Reason("view", Outcome.WARN, "The header does not say the view (PA or AP)."),),
        ),
        findings=findings if findings is not None else (finding(),),
        regions=regions,
        explanations=(
            Explanation(
                "grad-cam",
                "Lung opacity",
                grid,
                0.41,
                parameters=(("layer", "encoder.head"),),
                trust=Trust(
                    deletion=0.22,
                    deletion_random=(0.5, 0.44, 0.56),
                    share_inside=0.71,
                    share_by_area=0.34,
                    anatomy="lungs",
                    sentence="Hiding the marked area lowers the score faster than hiding "
                    "random areas; 71 % of the evidence lies in the lungs (34 % by area).",
                ),
            ),
        ),
        key_images=(KeyImage(shape[0] // 2, rng.integers(0, 255, shape[1:]).astype(np.uint8)),),
        backend=Backend("torch", "cpu", (("torch", "2.13.0"), ("monai", "1.6.1"))),
        headers=tuple(json_of(d) for d in headers),
        seconds=(("prepare", 0.3), ("predict", 1.1)),
    )


def ct() -> Analysis:
    """One real CT slice with a frame of reference, and a planted region."""
    dataset = header("CT_small.dcm")
    shape = (1, int(dataset.Rows), int(dataset.Columns))
    return analysis([dataset], shape=shape, regions=(region(ball(shape, (0, 40, 70), 12)),))


def film() -> Analysis:
    """A header without a frame of reference, as of a radiograph, with two planted regions."""
    dataset = header("CT_small.dcm")
    shape = (1, 181, 203)
    for keyword in ("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient"):
        delattr(dataset, keyword)
    dataset.Rows, dataset.Columns = shape[1:]
    dataset.SOPClassUID, dataset.Modality = ComputedRadiographyImageStorage, "CR"
    lungs = (
        region(ball(shape, (0, 90, 60), 40)),
        region(ball(shape, (0, 90, 145), 38), "Left lung", "left-lung"),
    )
    return analysis([dataset], shape=shape, regions=lungs)


def stack(
    affine: np.ndarray,
    shape: tuple[int, int, int],
    mask: np.ndarray,
    *,
    same_place: bool = False,
) -> Analysis:
    """A stack of real MR headers laid on a given grid (affine: [slice, row, column] to LPS mm)."""
    step, down, right = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    headers = []
    for index in range(shape[0]):
        dataset = header("MR_small.dcm")
        dataset.Rows, dataset.Columns = shape[1:]
        dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{index + 1}"
        dataset.PixelSpacing = [float(np.linalg.norm(down)), float(np.linalg.norm(right))]
        cosines = [*(right / np.linalg.norm(right)), *(down / np.linalg.norm(down))]
        dataset.ImageOrientationPatient = [float(x) for x in cosines]
        dataset.ImagePositionPatient = [
            float(x) for x in affine[:3, 3] + (0 if same_place else index) * step
        ]
        headers.append(dataset)
    geometry = Geometry(
        shape,
        PlaneSpacing(MeasuredAt.PATIENT, *(float(np.linalg.norm(v)) for v in (down, right))),
        affine,
        str(headers[0].FrameOfReferenceUID),
    )
    found = region(mask, "FLAIR signal change", "flair-change")
    return analysis(headers, shape=shape, regions=(found,), geometry=geometry)


def renamed(value: Analysis, name: str) -> Analysis:
    """The same analysis of a patient with another name."""
    patient = replace(value.series.patient, name=name)
    return replace(value, series=replace(value.series, patient=patient))


def picture_analysis() -> Analysis:
    """An analysis of a picture file: no header, no instance."""
    value = film()
    series = replace(value.series, format="picture", uid="", study=Study())
    return replace(value, series=series, headers=())


def no_region(regions: tuple[Region, ...] = ()) -> Analysis:
    """The CT slice with the given regions."""
    dataset = header("CT_small.dcm")
    return analysis([dataset], shape=(1, 128, 128), regions=regions)


def pyramid(*, overlapping: bool = False) -> Analysis:
    """A small axial stack with one region, or with two that overlap."""
    shape = (5, 24, 21)
    affine = np.diag([0.7, 0.9, 3.0, 1.0])[:, [2, 1, 0, 3]]
    value = stack(affine, shape, ball(shape, (2, 10, 8), 4))
    if not overlapping:
        return value
    second = region(ball(shape, (2, 12, 10), 3), "Core", "flair-change")
    return replace(value, regions=(*value.regions, second))


def multiframe(frames: tuple[int, ...], *, places: bool = True) -> Analysis:
    """A stack made of some frames of one enhanced MR instance, frame n at z = 10 (n + 1) mm."""
    dataset = header("MR_small.dcm")
    dataset.SOPClassUID = EnhancedMRImageStorage
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    dataset.FrameOfReferenceUID = "1.2.826.0.1.3680043.8.498.99"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = 4, 12, 13
    groups = []
    for number in range(4):
        group, position, orientation, measures = Dataset(), Dataset(), Dataset(), Dataset()
        if places:
            position.ImagePositionPatient = [0.0, 0.0, 10.0 * (number + 1)]
            group.PlanePositionSequence = [position]
        orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        group.PlaneOrientationSequence = [orientation]
        measures.PixelSpacing, measures.SliceThickness = [0.5, 0.5], 10
        group.PixelMeasuresSequence = [measures]
        groups.append(group)
    dataset.SharedFunctionalGroupsSequence = []
    dataset.PerFrameFunctionalGroupsSequence = groups
    shape = (len(frames), 12, 13)
    names = tuple(Frame("image.dcm", n, str(dataset.SOPInstanceUID)) for n in frames)
    found = region(np.ones(shape, dtype=bool), "FLAIR signal change", "flair-change")
    return analysis([dataset], shape=shape, regions=(found,), frames=names)


def errors_of(path: Path) -> set[str]:
    """What dciodvfy calls an error in a DICOM file."""
    done = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    return {line.strip() for line in done.stderr.splitlines() if line.startswith("Error")}
