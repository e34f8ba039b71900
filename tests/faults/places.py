"""Rows of 'Geometry', third part: the same faults turned, oblique, multi-frame or on a film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from medimg.values.geometry import MeasuredAt
from tests.faults.files import raw
from tests.faults.frames import COUNT, film, one_object, plain
from tests.faults.frames import ROWS as FRAME_ROWS
from tests.faults.geometry import (
    SIZELESS,
    centred,
    sizeless,
    spacing_as,
    turned,
)
from tests.faults.phantom import (
    CORNER,
    PIXEL_MM,
    STEP_MM,
    axial_cuts,
    cut,
    enhanced,
    place,
    save,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.truth import Row, Truth

SHORT = 12


def _position_as(folder: Path, text: bytes) -> Truth:
    cuts = axial_cuts(SHORT)
    raw(cuts[5], "ImagePositionPatient", "DS", text)
    write(folder, cuts)
    slices = [one.truth for one in cuts]
    slices[5] = cuts[5].known(position=None).truth
    return (stack_of(cuts[:1], is_volume=False, slices=tuple(slices)),)


def _orientation_as(folder: Path, text: bytes) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        raw(one, "ImageOrientationPatient", "DS", text)
    write(folder, cuts)
    return (stack_of([one.known(orientation=None) for one in cuts], is_volume=False),)


def _long_vectors(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts:
        one.dataset.ImageOrientationPatient = [1.001, 0, 0, 0, 0.999, 0]
    return written(folder, cuts)


def _tilt_back(folder: Path) -> Truth:
    orientation = turned(-12, 0, 0)
    cuts = [cut((CORNER, CORNER, (10 - k) * STEP_MM), orientation, number=k + 1)
            for k in range(20)]  # fmt: skip
    return written(folder, cuts)


def _oblique_shear(folder: Path) -> Truth:
    orientation = turned(20, 15, 10)
    cosines = np.array(orientation).reshape(2, 3)
    x, y, z = (float(v) for v in 0.4 * cosines[0])
    return written(folder, centred(orientation, 20, (x, y, z)))


def _mirrored_normal(folder: Path) -> Truth:
    cuts = [cut((CORNER, -CORNER, (k - 6) * STEP_MM), (1, 0, 0, 0, -1, 0), number=k + 1)
            for k in range(SHORT)]  # fmt: skip
    return written(folder, cuts)


def _spacing_per_frame(folder: Path) -> Truth:
    def finer(group: Dataset, number: int) -> None:
        measures = Dataset()
        measures.PixelSpacing = [PIXEL_MM, PIXEL_MM] if number < 6 else [0.4, 0.4]
        measures.SliceThickness = STEP_MM
        group.PixelMeasuresSequence = [measures]

    cuts = axial_cuts(6, modality="MR")
    fine = [cut(place(k), modality="MR", spacing=(0.4, 0.4)) for k in range(6, 12)]
    made = enhanced([(place(k), finer) for k in range(12)])
    stored = np.stack([one.truth.values for one in [*cuts, *fine]])
    made.PixelData = stored.astype("<u2").tobytes()
    save(made, folder / "x.dcm")
    return stack_of(cuts, is_volume=False), stack_of(fine, is_volume=False)


def _enhanced_tilt(folder: Path) -> Truth:
    cuts = [cut((round(CORNER + 0.4 * k, 3), CORNER, (k - 10) * STEP_MM), modality="MR")
            for k in range(COUNT)]  # fmt: skip
    one_object(folder, cuts)
    return (stack_of(cuts),)


def _enhanced_sizeless(folder: Path) -> Truth:
    made = enhanced([(place(k), plain) for k in range(SHORT)])
    del made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    save(made, folder / "x.dcm")
    return (stack_of(sizeless(axial_cuts(SHORT, modality="MR")), **SIZELESS),)


def _half_placed(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    spoil(cuts[6:], ImageOrientationPatient=None)
    write(folder, cuts)
    slices = [one.truth for one in cuts[:6]]
    slices += [one.known(orientation=None).truth for one in cuts[6:]]
    return (stack_of(cuts[:1], is_volume=False, slices=tuple(slices)),)


def _dose_offsets(folder: Path) -> Truth:
    (dose,) = next(row for row in FRAME_ROWS if row.id == "rtdose-even").make(folder)
    path = folder / "dose.dcm"
    whole = path.read_bytes()
    assert whole.count(b"27.5") == 1
    path.write_bytes(whole.replace(b"27.5", b"nan "))
    slices = tuple(replace(one, position=None) for one in dose.slices)
    return (replace(dose, slices=slices, is_volume=False),)


def _two_at_five(folder: Path) -> Truth:
    cuts = spoil([axial_cuts()[k] for k in (10, 12)], SpacingBetweenSlices=STEP_MM)
    return written(folder, cuts)


def _of_absurd_size(folder: Path, pixel_mm: float) -> Truth:
    cuts = spoil(axial_cuts(SHORT), PixelSpacing=[pixel_mm, pixel_mm])
    return written(folder, sizeless(cuts), **SIZELESS)


ROWS: tuple[Row, ...] = (
    Row("position-comma", "ImagePositionPatient of slice 5 written with commas",
        "problem bad-number ImagePositionPatient; problem no-position naming the file",
        lambda folder: _position_as(folder, rb"-25,6\-25,6\-37,5"),
        ("bad-number", "no-position"), (r"ImagePositionPatient.*'-25,6'",), ("005.dcm",)),
    Row("position-two-values", "ImagePositionPatient of slice 5 has two values",
        "problem bad-number; problem no-position naming the file",
        lambda folder: _position_as(folder, rb"-25.6\-25.6"), ("bad-number", "no-position"),
        (r"2 values",), ("005.dcm",)),
    Row("orientation-zero", "ImageOrientationPatient all zero",
        "problem bad-orientation; 3-D analysis refused",
        lambda folder: _orientation_as(folder, rb"0\0\0\0\0\0"), ("bad-orientation",)),
    Row("orientation-five-values", "ImageOrientationPatient has five values",
        "problem no-orientation; sides not labelled; 3-D analysis refused",
        lambda folder: _orientation_as(folder, rb"1\0\0\0\1"), ("bad-value", "no-orientation"),
        (r"5 values",)),
    Row("orientation-parallel", "row and column direction are one",
        "problem bad-orientation; 3-D analysis refused",
        lambda folder: _orientation_as(folder, rb"1\0\0\1\0\0"), ("bad-orientation",)),
    Row("orientation-not-unit", "direction cosines 0.1 % too long and too short",
        "reads; no problem", _long_vectors),
    Row("gantry-tilt-back", "tilted 12 degrees the other way, table runs feet first",
        "reads with the sheared geometry; note gantry-tilt 12.0 degrees", _tilt_back,
        ("gantry-tilt",), (r"12\.0 degrees",)),
    Row("shear-oblique", "double oblique, each slice shifted 0.4 mm along its rows",
        "reads with the sheared geometry; note sheared-stack", _oblique_shear,
        ("sheared-stack",)),
    Row("columns-up", "rows run upwards: normal points to the feet", "reads; no problem",
        _mirrored_normal),
    Row("spacing-negative-pixel", r"PixelSpacing -.8\0.8",
        "problem spacing-zero; no measures in mm",
        lambda folder: spacing_as(folder, r"-.8\0.8"), ("spacing-zero",)),
    Row("spacing-infinite", r"PixelSpacing 1e999\1", "problem bad-number; no measures in mm",
        lambda folder: spacing_as(folder, r"1e999\1"), ("bad-number",)),
    Row("spacing-three-values", r"PixelSpacing .8\.8\1", "problem bad-number; no measures in mm",
        lambda folder: spacing_as(folder, r".8\.8\1"), ("bad-number",), (r"3 values",)),
    Row("enhanced-spacing-per-frame", "Enhanced MR, PixelSpacing 0.8 in six frames, 0.4 in six",
        "two volumes; problem mixed-pixel-spacing", _spacing_per_frame, ("mixed-pixel-spacing",)),
    Row("enhanced-sheared", "Enhanced MR, each frame shifted 0.4 mm to the left",
        "reads with the sheared geometry; note sheared-stack", _enhanced_tilt,
        ("sheared-stack",)),
    Row("enhanced-no-spacing", "Enhanced MR without pixel measures",
        "problem spacing-unknown; no measures in mm", _enhanced_sizeless, ("spacing-unknown",)),
    Row("orientation-missing-in-half", "six of twelve slices without ImageOrientationPatient",
        "problem no-orientation naming the files; 3-D analysis refused", _half_placed,
        ("no-orientation",), files=("006.dcm", "011.dcm")),
    Row("two-slices-left", "two slices 5.0 mm apart, SpacingBetweenSlices 2.5",
        "reads at 5.0 mm; note spacing-tag-differs", _two_at_five, ("spacing-tag-differs",)),
    Row("spacing-in-metres", "PixelSpacing 0.0008, metres written for mm",
        "problem bad-number; no measures in mm",
        lambda folder: _of_absurd_size(folder, 0.0008), ("bad-number",), (r"0\.0512 mm wide",)),
    Row("spacing-in-micrometres", "PixelSpacing 800, micrometres written for mm",
        "problem bad-number; no measures in mm",
        lambda folder: _of_absurd_size(folder, 800.0), ("bad-number",)),
    Row("rtdose-offset-nan", "RTDOSE whose last plane offset is NaN",
        "problem bad-value GridFrameOffsetVector; 3-D analysis refused", _dose_offsets,
        ("series-absent", "bad-value"), (r"GridFrameOffsetVector.*'nan'",)),
    Row("cr-imager-zero", r"radiograph: ImagerPixelSpacing 0\0",
        "problem spacing-zero; lengths in pixels only",
        lambda folder: film(folder, None, ImagerPixelSpacing=[0, 0]), ("spacing-zero",)),
    Row("cr-spacing-equal", "radiograph: ImagerPixelSpacing and PixelSpacing both 0.2",
        "reads; lengths at the detector, note not-calibrated",
        lambda folder: film(folder, 0.2, MeasuredAt.DETECTOR, ImagerPixelSpacing=[0.2, 0.2],
                            PixelSpacing=[0.2, 0.2]), ("not-calibrated",), needs_word=True),
    Row("cr-magnification-below-one", "radiograph: ImagerPixelSpacing 0.2, magnification 0.5",
        "reads; lengths at the detector; the factor is not used",
        lambda folder: film(folder, 0.2, MeasuredAt.DETECTOR, ImagerPixelSpacing=[0.2, 0.2],
                            EstimatedRadiographicMagnificationFactor=0.5),
        ("not-calibrated",), needs_word=True),
)  # fmt: skip
