"""Rows of 'Geometry', second part: multi-frame objects, radiographs, ultrasound, dose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from medimg.values.geometry import MeasuredAt
from medimg.values.series import Scan
from medimg.values.volume import Unit, Volume
from tests.faults.grouping import SECONDARY_CAPTURE
from tests.faults.phantom import (
    CORNER,
    CT_OFFSET,
    SAGITTAL,
    STEP_MM,
    Cut,
    axial_cuts,
    cut,
    enhanced,
    fill,
    instance,
    oblique_cuts,
    place,
    radiograph,
    save,
    stack_of,
    stored_in,
)
from tests.faults.pictures import colours, picture_of
from tests.faults.truth import Look, Row, Slice, Stack, Truth

RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"
COUNT = 20
Change = Callable[[Dataset, int], None]


def plain(group: Dataset, number: int) -> None:
    """Leave a frame as it is."""


def one_object(folder: Path, cuts: Sequence[Cut], change: Change = plain, name: str = "x") -> None:
    """Write slices as frames of one Enhanced MR object, in the order given."""
    frames = [(one.truth.position or place(0), change) for one in cuts]
    made = enhanced(frames)
    made.SOPInstanceUID = f"1.2.9.{len(name)}.1"
    save(made, folder / f"{name}.dcm")


def _shuffled(folder: Path) -> Truth:
    cuts = axial_cuts(COUNT, modality="MR")
    order = np.random.default_rng(4).permutation(COUNT)
    one_object(folder, [cuts[k] for k in order])
    return (stack_of(cuts),)


def _in_order(folder: Path) -> Truth:
    cuts = axial_cuts(COUNT, modality="MR")
    one_object(folder, cuts)
    return (stack_of(cuts),)


def _two_stacks(folder: Path) -> Truth:
    axial = axial_cuts(10, modality="MR", first=15)
    sagittal = oblique_cuts((-12.5, CORNER, -CORNER), (STEP_MM, 0, 0), SAGITTAL, count=10)

    def stack(group: Dataset, number: int) -> None:
        group.FrameContentSequence[0].StackID = "1" if number < 10 else "2"
        group.FrameContentSequence[0].InStackPositionNumber = number % 10 + 1
        if number >= 10:
            group.PlaneOrientationSequence[0].ImageOrientationPatient = list(SAGITTAL)

    one_object(folder, [*axial, *sagittal], stack)
    return stack_of(axial), stack_of(sagittal)


def _temporal(folder: Path) -> Truth:
    def time(group: Dataset, number: int) -> None:
        group.FrameContentSequence[0].TemporalPositionIndex = number % 3 + 1

    cuts = axial_cuts(8, modality="MR", first=16)
    one_object(folder, [one for one in cuts for _ in range(3)], time)
    return tuple(stack_of(cuts, label=f"time {n}") for n in (1, 2, 3))


def _tomosynthesis(folder: Path) -> Truth:
    """Planes of a breast, 1 mm apart, as frames of one object of the class."""
    cuts = [cut((CORNER, CORNER, float(k)), modality="MR", number=k + 1) for k in range(12)]
    made = enhanced([(one.truth.position or place(0), plain) for one in cuts])
    made.SOPClassUID, made.Modality = "1.2.840.10008.5.1.4.1.1.13.1.3", "MG"
    made.ImageType, made.SOPInstanceUID = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"], "1.2.9.1"
    made.ImageLaterality = "R"
    save(made, folder / "x.dcm")
    return (stack_of(cuts, is_volume=False, unit=Unit.ARBITRARY),)


def _windowed(folder: Path, window: Callable[[int], tuple[float, float]]) -> Truth:
    """Frames with a window each."""

    def voi(group: Dataset, number: int) -> None:
        own = Dataset()
        own.WindowCenter, own.WindowWidth = window(number)
        group.FrameVOILUTSequence = [own]

    cuts = axial_cuts(8, modality="MR", first=16)
    one_object(folder, cuts, voi)
    return (stack_of(cuts),)


def _offers(*names: str) -> Look:
    """The windows that a series brings are called so."""

    def look(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
        found = tuple(window.name for window in scan.series[0].windows)
        return [] if found == names else [f"windows are {found}"]

    return look


def _concatenation(folder: Path) -> Truth:
    cuts = axial_cuts(COUNT, modality="MR")
    for part in range(2):
        made = enhanced([(place(k), plain) for k in range(10 * part, 10 * part + 10)])
        made.ConcatenationUID, made.InConcatenationNumber = "1.2.7", part + 1
        made.InConcatenationTotalNumber, made.ConcatenationFrameOffsetNumber = 2, 10 * part
        made.SOPInstanceUID = f"1.2.9.{part}.1"
        save(made, folder / f"{part}.dcm")
    return (stack_of(cuts),)


def _dose(folder: Path) -> Truth:
    cuts = axial_cuts(12, first=14)
    made = cuts[0].dataset
    made.SOPClassUID = RT_DOSE
    made.SOPInstanceUID = "1.2.9.1"
    made.Modality, made.DoseUnits, made.DoseType = "RTDOSE", "GY", "PHYSICAL"
    made.DoseGridScaling, made.NumberOfFrames = 0.001, 12
    made.GridFrameOffsetVector = [k * STEP_MM for k in range(12)]
    del made.RescaleSlope, made.RescaleIntercept
    stored = np.stack([stored_in(one.dataset) if k else np.asarray(one.truth.values) + CT_OFFSET
                       for k, one in enumerate(cuts)])  # fmt: skip
    fill(made, stored)
    save(made, folder / "dose.dcm")
    doses = [one.known(values=one_dose) for one, one_dose in zip(cuts, stored * 0.001, strict=True)]
    return (stack_of(doses, unit=Unit.GRAY, tolerance=1e-4),)


def film(
    folder: Path, spacing: float | None, at: MeasuredAt = MeasuredAt.UNKNOWN, **values: object
) -> Truth:
    """Write a radiograph with some attributes; lengths are truly at `spacing` mm."""
    made = radiograph()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    save(made, folder / "film.dcm")
    pair = None if spacing is None else (spacing, spacing)
    return picture_of(stored_in(made), Unit.ARBITRARY, spacing=pair, measured_at=at)


def _is_drawn_two_to_one(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    aspect = scan.series[0].geometry.plane_spacing.aspect
    return [] if aspect == 2.0 else [f"pixels are drawn at {aspect}:1"]


def _cine(folder: Path) -> Truth:
    made = instance("CR")
    made.SOPClassUID = ULTRASOUND
    made.Modality, made.NumberOfFrames, made.ImageType = "US", 6, ["ORIGINAL", "PRIMARY"]
    del made.FrameOfReferenceUID
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "RGB"
    made.PlanarConfiguration, made.Rows, made.Columns = 0, 64, 64
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.CineRate = 7, 25
    frames = [np.roll(colours(), 5 * k, axis=1) for k in range(6)]
    made.PixelData = np.stack(frames).tobytes()
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType = 1, 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.005
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1 = region.RegionLocationMaxY1 = 63
    made.SequenceOfUltrasoundRegions = [region]
    save(made, folder / "cine.dcm")
    slices = tuple(Slice(frame) for frame in frames)
    return (Stack(slices, Unit.COLOUR, is_volume=False, spacing=(0.05, 0.05)),)


def _captured_frames(folder: Path) -> Truth:
    made = instance("CT")
    made.SOPClassUID = f"{SECONDARY_CAPTURE}.3"
    made.NumberOfFrames, made.ImageType = 10, ["DERIVED", "SECONDARY"]
    cuts = axial_cuts(10, first=15)
    stored = np.stack([stored_in(one.dataset) for one in cuts])
    fill(made, stored)
    save(made, folder / "x.dcm")
    slices = tuple(Slice(one) for one in stored)
    return (Stack(slices, Unit.ARBITRARY, is_volume=False, measured_at=MeasuredAt.UNKNOWN),)


ROWS: tuple[Row, ...] = (
    Row("enhanced-shuffled-frames", "Enhanced MR, 20 frames stored out of order",
        "reads, order by position", _shuffled),
    Row("enhanced-in-order", "control: Enhanced MR, 20 frames in order, shared groups",
        "reads; no problem", _in_order),
    Row("enhanced-two-stacks", "Enhanced MR with an axial and a sagittal stack of 10",
        "two volumes, by StackID", _two_stacks, ("mixed-orientation",)),
    Row("enhanced-temporal", "Enhanced MR, three temporal positions x 8 slices, time fastest",
        "one 4-D item of three volumes", _temporal, ("split",)),
    Row("enhanced-one-window", "control: Enhanced MR, each frame brings the same window",
        "reads; drawn in it; no problem", lambda folder: _windowed(folder, lambda k: (2100, 600)),
        look=_offers("file window")),
    Row("enhanced-windows-differ",
        "Enhanced MR, 8 frames with windows of their own, 200 to 1600 wide",
        "reads; drawn in the middle frame's, which its name says; note windows-differ; one window "
        "for all is offered",
        lambda folder: _windowed(folder, lambda k: (2000 + 50 * k, 200 * (k + 1))),
        ("windows-differ",), (r"200 to 1600 wide", r"slice 5 of 8"),
        look=_offers("file window of slice 5", "all slices' windows")),
    Row("tomosynthesis", "breast tomosynthesis, 12 planes 1 mm apart",
        "reads as one stack at its places; problem tomosynthesis: across planes no lengths; 3-D "
        "analysis refused", _tomosynthesis, ("tomosynthesis",), (r"12 planes",)),
    Row("rtdose-even", "RTDOSE, 12 planes 2.5 mm apart, DoseGridScaling 0.001",
        "reads in Gy (x 0.001), 2.5 mm", _dose, ("series-absent",)),
    Row("cr-imager-spacing-only",
        "radiograph: ImagerPixelSpacing 0.2, no PixelSpacing, no magnification",
        "reads; lengths given as 'mm at the detector', note not-calibrated",
        lambda folder: film(folder, 0.2, MeasuredAt.DETECTOR, ImagerPixelSpacing=[0.2, 0.2]),
        ("not-calibrated",), (r"at the detector",), needs_word=True),
    Row("cr-magnified", "radiograph: ImagerPixelSpacing 0.2, magnification 1.25",
        "reads; lengths at 0.16 mm, note corrected-for-magnification 1.25",
        lambda folder: film(folder, 0.16, MeasuredAt.CORRECTED, ImagerPixelSpacing=[0.2, 0.2],
                            EstimatedRadiographicMagnificationFactor=1.25),
        ("corrected-for-magnification",), (r"1\.25",), needs_word=True),
    Row("cr-no-spacing", "radiograph without any spacing", "reads; lengths in pixels only",
        lambda folder: film(folder, None), needs_word=True),
    Row("cr-aspect-ratio-only", r"radiograph with PixelAspectRatio 2\1 and no spacing",
        "reads; drawn at 2:1; lengths in pixels, refused along oblique lines",
        lambda folder: film(folder, None, PixelAspectRatio=[2, 1]), look=_is_drawn_two_to_one,
        needs_word=True),
    Row("cr-pixel-spacing", "radiograph with PixelSpacing 0.2 only",
        "reads; 0.2 mm, note calibration-type-unknown",
        lambda folder: film(folder, 0.2, MeasuredAt.DETECTOR, PixelSpacing=[0.2, 0.2]),
        ("calibration-type-unknown",)),
    Row("cr-calibrated",
        "radiograph: ImagerPixelSpacing 0.2, PixelSpacing 0.15 (calibrated by fiducial)",
        "reads; lengths at 0.15 mm, note calibrated",
        lambda folder: film(folder, 0.15, MeasuredAt.CALIBRATED, ImagerPixelSpacing=[0.2, 0.2],
                            PixelSpacing=[0.15, 0.15],
                            PixelSpacingCalibrationType="FIDUCIAL"), ("calibrated",)),
    Row("us-cine-regions",
        "ultrasound cine, RGB, 6 frames, size only in SequenceOfUltrasoundRegions",
        "reads 6 frames of RGB; 0.05 mm from the region; not a volume", _cine),
    Row("secondary-capture-multiframe",
        "multi-frame secondary capture CT, 10 frames, no geometry",
        "reads 10 pictures; problem no-position; 3-D analysis refused", _captured_frames,
        ("no-position",)),
    Row("enhanced-concatenation",
        "Enhanced MR cut into two concatenated objects of 10 frames",
        "one volume of 20 joined by ConcatenationUID", _concatenation),
)  # fmt: skip
