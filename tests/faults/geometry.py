"""Rows of 'Geometry', first part: where slices lie in the patient, and how large a pixel is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medimg.values.geometry import MeasuredAt
from tests.faults.phantom import (
    CORNER,
    CORONAL,
    PIXEL_MM,
    SAGITTAL,
    STEP_MM,
    Cut,
    axial_cuts,
    cut,
    oblique_cuts,
    place,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.truth import Row, Triple, Truth

SHORT = 12


def turned(x: float, y: float, z: float) -> tuple[float, ...]:
    """Axial direction cosines turned by degrees about x, then y, then z."""
    a, b, c = (math.radians(angle) for angle in (x, y, z))
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    return tuple(round(float(v), 8) for v in (*turn[:, 0], *turn[:, 1]))


def normal(orientation: Sequence[float]) -> np.ndarray:
    """Unit normal of direction cosines."""
    cosines = np.array(orientation).reshape(2, 3)
    across = np.cross(cosines[0], cosines[1])
    unit: np.ndarray = across / np.linalg.norm(across)
    return unit


def centred(orientation: Sequence[float], count: int, lean: Triple = (0, 0, 0)) -> list[Cut]:
    """Slices around the phantom's middle, `STEP_MM` apart along their normal and `lean` (mm)."""
    cosines = np.array(orientation).reshape(2, 3)
    step = normal(orientation) * STEP_MM + np.array(lean)
    corner = CORNER * (cosines[0] + cosines[1]) - step * (count / 2)
    x, y, z = (float(v) for v in corner)
    dx, dy, dz = (float(v) for v in step)
    return oblique_cuts((x, y, z), (dx, dy, dz), tuple(orientation), count=count)


def _sagittal(folder: Path) -> Truth:
    return written(folder, oblique_cuts((-22.5, CORNER, -CORNER), (2.5, 0, 0), SAGITTAL))


def _coronal(folder: Path) -> Truth:
    return written(folder, oblique_cuts((CORNER, 20.0, -CORNER), (0, -2.5, 0), CORONAL))


def _double_oblique(folder: Path) -> Truth:
    return written(folder, centred(turned(20, 15, 10), 20))


def _prone(folder: Path) -> Truth:
    cuts = [
        cut((-CORNER, -CORNER, (k - 20) * STEP_MM), (-1, 0, 0, 0, -1, 0), number=40 - k)
        for k in range(40)
    ]
    return written(folder, spoil(cuts, PatientPosition="FFP"))


def _tilted() -> list[Cut]:
    tilt = math.radians(15)
    orientation = (1.0, 0.0, 0.0, 0.0, round(math.cos(tilt), 8), round(math.sin(tilt), 8))
    cuts = [
        cut((CORNER, CORNER, CORNER * math.sin(tilt) + (k - 10) * STEP_MM), orientation,
            number=k + 1)
        for k in range(20)
    ]  # fmt: skip
    return spoil(cuts, GantryDetectorTilt=-15)


def _gantry(folder: Path) -> Truth:
    return written(folder, _tilted())


def _gantry_uneven(folder: Path) -> Truth:
    cuts = _tilted()
    return written(folder, [*cuts[:10], *cuts[10::2]], is_volume=False)


def _shear(folder: Path) -> Truth:
    cuts = [
        cut((CORNER + 0.4 * k, CORNER, (k - 10) * STEP_MM), modality="MR", number=k + 1)
        for k in range(20)
    ]
    return written(folder, cuts)


def _spacing_lies(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), SpacingBetweenSlices=5.0))


def _thickness_lies(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), SliceThickness=5.0))


def _spacing_negative(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), SpacingBetweenSlices=-2.5))


def placeless(cuts: Sequence[Cut]) -> list[Cut]:
    """Slices whose place nobody can know."""
    return [one.known(position=None) for one in cuts]


def _only_location(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(20), ImagePositionPatient=None,
                 SliceLocation=lambda k: -50 + k * STEP_MM)  # fmt: skip
    order = np.random.default_rng(3).permutation(20)
    write(folder, cuts, [f"{k:03d}.dcm" for k in order])
    return (stack_of(placeless(cuts), is_volume=False),)


def _only_thickness(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(20), ImagePositionPatient=None)
    write(folder, cuts)
    return (stack_of(placeless(cuts), is_volume=False),)


def _no_orientation(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(20), ImageOrientationPatient=None)
    write(folder, cuts)
    return (stack_of([one.known(orientation=None) for one in cuts], is_volume=False),)


def _oblong(folder: Path) -> Truth:
    cuts = [cut(place(k), number=k + 1, spacing=(0.5, 1.5)) for k in range(SHORT)]
    return written(folder, cuts)


def spacing_as(folder: Path, text: str) -> Truth:
    """Write slices whose PixelSpacing is a text of seven characters."""
    cuts = axial_cuts(SHORT)
    write(folder, cuts)
    for path in folder.glob("*.dcm"):
        whole = path.read_bytes()
        assert whole.count(rb"0.8\0.8 ") == 1
        path.write_bytes(whole.replace(rb"0.8\0.8 ", text.encode().ljust(8)))
    return (stack_of(sizeless(cuts), **SIZELESS),)


SIZELESS = {"spacing": None, "measured_at": MeasuredAt.UNKNOWN, "is_volume": False}


def sizeless(cuts: Sequence[Cut]) -> list[Cut]:
    """Slices whose pixel size nobody can know."""
    return [one.known(spacing=None) for one in cuts]


def _spacing_zero(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(SHORT), PixelSpacing=[0, 0])
    write(folder, cuts)
    return (stack_of(sizeless(cuts), **SIZELESS),)


def _spacing_single(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(SHORT), PixelSpacing=PIXEL_MM)
    write(folder, cuts)
    return (stack_of(sizeless(cuts), **SIZELESS),)


def _skew(folder: Path) -> Truth:
    angle = math.radians(80)
    orientation = (1.0, 0.0, 0.0, round(math.cos(angle), 6), round(math.sin(angle), 6), 0.0)
    cuts = [cut(place(k), orientation, number=k + 1) for k in range(SHORT)]
    return written(folder, cuts, is_volume=False)


ROWS: tuple[Row, ...] = (
    Row("sagittal", "sagittal MR, positive x steps", "reads; no problem", _sagittal),
    Row("coronal", "coronal MR, steps towards the front", "reads; no problem", _coronal),
    Row("double-oblique", "rotated 20 degrees about x, 15 about y, 10 about z",
        "reads; no problem", _double_oblique),
    Row("prone-feet-first", "FFP patient, 180 degrees turned rows and columns",
        "reads; no problem", _prone),
    Row("gantry-tilt-uneven", "slices tilted 15 degrees, every second of the upper half removed",
        "problem uneven-spacing; note gantry-tilt 15.0 degrees; 3-D analysis refused",
        _gantry_uneven, ("uneven-spacing", "gantry-tilt"), (r"15\.0 degrees",)),
    Row("gantry-tilt", "slices tilted 15 degrees, table steps along z (sheared stack)",
        "reads with the sheared geometry or resampled with the tilt named; never as an upright "
        "block; note gantry-tilt 15.0 degrees", _gantry, ("gantry-tilt",), (r"15\.0 degrees",)),
    Row("shear-in-x", "axial rows, but each slice shifted 0.4 mm to the left",
        "reads with the sheared geometry; note sheared-stack", _shear, ("sheared-stack",),
        (r"0\.40? mm",)),
    Row("spacing-between-slices-lies", "SpacingBetweenSlices 5.0, positions 2.5 mm apart",
        "reads at 2.5 mm; note spacing-tag-differs", _spacing_lies, ("spacing-tag-differs",)),
    Row("slice-thickness-lies", "SliceThickness 5.0, positions 2.5 mm apart (overlap)",
        "reads at 2.5 mm; thickness kept apart from spacing", _thickness_lies,
        look=lambda scan, volumes: [] if scan.series[0].slice_thickness_mm == 5.0 else
        ["the thickness is lost"]),
    Row("spacing-negative", "SpacingBetweenSlices -2.5", "reads from positions; no problem",
        _spacing_negative),
    Row("only-slice-location",
        "no ImagePositionPatient; SliceLocation runs, names shuffled",
        "problem no-position; may order by SliceLocation and says so; 3-D analysis refused",
        _only_location, ("no-position",), (r"20 of 20",)),
    Row("only-thickness", "no positions, no SliceLocation; only SliceThickness 2.5",
        "problem no-position; shown as pictures in instance order; 3-D analysis refused",
        _only_thickness, ("no-position",), (r"instance number",)),
    Row("orientation-missing", "ImageOrientationPatient absent, position present",
        "problem no-orientation; sides not labelled; 3-D analysis refused", _no_orientation,
        ("no-orientation",)),
    Row("nonsquare-pixels", "PixelSpacing 0.5 down, 1.5 across",
        "reads; drawn and measured at 0.5 x 1.5 mm", _oblong),
    Row("spacing-comma", r"PixelSpacing written 0,8\0,8",
        "problem bad-number PixelSpacing '0,8'; no measures in mm until confirmed",
        lambda folder: spacing_as(folder, r"0,8\0,8"), ("bad-number",),
        (r"PixelSpacing.*'0,8'",)),
    Row("spacing-nan", r"PixelSpacing NaN\NaN",
        "problem bad-number PixelSpacing; no measures in mm",
        lambda folder: spacing_as(folder, r"NaN\NaN"), ("bad-number",), (r"PixelSpacing.*NaN",)),
    Row("spacing-zero", r"PixelSpacing 0\0", "problem spacing-zero; no measures in mm",
        _spacing_zero, ("spacing-zero",)),
    Row("spacing-one-value", "PixelSpacing has one value 0.8",
        "problem bad-number PixelSpacing has 1 value; no measures in mm", _spacing_single,
        ("bad-number",), (r"PixelSpacing.*1 value",)),
    Row("orientation-not-perpendicular", "row and column directions 80 degrees apart",
        "problem bad-orientation (80 degrees); 3-D analysis refused", _skew,
        ("bad-orientation",), (r"80 degrees",)),
)  # fmt: skip
