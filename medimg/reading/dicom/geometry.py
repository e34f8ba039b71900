"""The grid of a stack, proven from its pictures' positions, and what is wrong with it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from medimg.reading.dicom import projection
from medimg.reading.dicom.dimensions import moment, phase
from medimg.reading.dicom.picture import Picture, is_secondary
from medimg.reading.dicom.placing import (
    PERPENDICULAR,
    PLACE_TOLERANCE_MM,
    Floats,
    Placed,
    angle_degrees,
    normal_of,
    place,
    unit_cosines,
)
from medimg.reading.dicom.splitting import PROJECTIONS
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem

#: Modalities whose pictures are sections and owe a position.
SECTIONS = frozenset({"CT", "MR", "PT", "NM"})

#: Tilt from which a stack is said to lean, in degrees; less is the rounding of positions.
TILT_DEGREES = 0.25
#: SpacingBetweenSlices may differ from the positions by this share before it is told.
SPACING_TAG_SHARE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Pictures in the order in which they are shown, their grid, and what is wrong with it."""

    pictures: tuple[Picture, ...]
    geometry: Geometry
    problems: tuple[Problem, ...]


def place_pictures(pictures: Sequence[Picture], *, is_whole: bool = True) -> Placement:
    """Order the pictures of a stack and prove their grid.

    Args:
        pictures: Of one stack, in any order.
        is_whole: False where damaged files belong to the stack: what is left may look even
            (two slices of three), and still has a hole.
    """
    first = pictures[0]
    if first.modality in PROJECTIONS:
        return _projections(pictures)
    spacing, problems = section_spacing(first)
    if "MOSAIC" in first.image_type:
        sentence = (
            f"{first.name} is a mosaic: many slices side by side in one picture, whose places are "
            "not read."
        )
        problems.append(Problem("no-position", sentence, (first.name,)))
        return _flat(by_number(pictures), spacing, problems, None)
    positioned = [p for p in pictures if p.image_position_patient is not None]
    cosines = _commonest(pictures)
    normal = None if cosines is None else normal_of(cosines)
    if len(positioned) < len(pictures) or cosines is None or normal is None:
        problems += _unplaced(pictures, cosines)
        return _flat(
            by_number(pictures), spacing, problems, cosines if normal is not None else None
        )
    units = unit_cosines(cosines)
    assert units is not None  # a normal was made of them
    placed = place(np.array([p.image_position_patient for p in pictures]), normal)
    if _is_cine(placed, pictures):
        problems.append(_cine(first, len(pictures)))
        return _flat(sorted(pictures, key=_instant), spacing, problems, cosines)
    ordered = tuple(pictures[i] for i in _steady(placed, pictures))
    if abs(float(units[0] @ units[1])) > PERPENDICULAR:
        angle = angle_degrees(units)
        sentence = f"Rows and columns of {first.name} stand at {angle:.0f} degrees instead of 90."
        problems.append(Problem("bad-orientation", sentence, (first.name,)))
        return _flat(ordered, spacing, problems, cosines)
    turned = [*_turned_problems(ordered, units), *_unturned_problems(ordered)]
    problems += [*_gap_problems(placed, ordered), *turned, *_space_problems(ordered)]
    problems += _lean_problems(placed, ordered, units)
    problems += _spacing_tag_problems(placed, first)
    if not is_whole and placed.is_even:
        sentence = "Slices that cannot be used are missing from this stack."
        problems.append(Problem("missing-slice", sentence))
    if turned or not placed.is_even or not spacing.is_known or not is_whole:
        return _flat(ordered, spacing, problems, cosines)
    step = placed.step if placed.step is not None else normal * (_thickness(first) or 1.0)
    return Placement(
        ordered,
        Geometry(
            shape=(len(ordered), first.rows, first.columns),
            plane_spacing=spacing,
            affine=affine(placed.origin, step, units, spacing),
            frame_of_reference_uid=first.frame_of_reference_uid,
        ),
        tuple(problems),
    )


def _commonest(pictures: Sequence[Picture]) -> tuple[float, ...] | None:
    """The orientation that most pictures have; None where none has one."""
    told = Counter(p.image_orientation_patient for p in pictures if p.image_orientation_patient)
    return told.most_common(1)[0][0] if told else None


def affine(origin: Floats, step: Floats, units: Floats, spacing: PlaneSpacing) -> Floats:
    """Build (4, 4) from index (slice, row, column, 1) to LPS mm (PS3.3 C.7.6.2.1.1)."""
    assert spacing.row_mm is not None and spacing.column_mm is not None
    matrix = np.eye(4)
    matrix[:3, 0] = step
    matrix[:3, 1] = units[1] * spacing.row_mm
    matrix[:3, 2] = units[0] * spacing.column_mm
    matrix[:3, 3] = origin
    return matrix


def section_spacing(picture: Picture) -> tuple[PlaneSpacing, list[Problem]]:
    """Read the pixel spacing of a section; a zero or unreadable one stays unknown."""
    pair, name = picture.pixel_spacing, picture.name
    if pair is not None and min(pair) > 0:
        return PlaneSpacing(MeasuredAt.PATIENT, pair[0], pair[1]), []
    region = projection.ultrasound_spacing(picture.attributes)
    if pair is None and region is not None:
        return PlaneSpacing(MeasuredAt.PATIENT, region[0], region[1]), []
    aspect = projection.aspect(picture.attributes)
    if pair is not None:
        sentence = f"PixelSpacing of {name} is {pair[0]:g} x {pair[1]:g} mm."
        return PlaneSpacing(aspect=aspect), [Problem("spacing-zero", sentence, (name,))]
    is_told = any(
        note.kind == "fault" and note.keyword == "PixelSpacing" for note in picture.attributes.notes
    )
    if picture.modality not in SECTIONS or is_told or is_secondary(picture):
        return PlaneSpacing(aspect=aspect), []
    sentence = f"{name} does not say how large a pixel is."
    return PlaneSpacing(aspect=aspect), [Problem("spacing-unknown", sentence, (name,))]


def by_number(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    """Order pictures without a place: by instance number, then frame, then file name."""
    last = max((p.instance_number or 0 for p in pictures), default=0) + 1
    return tuple(
        sorted(
            pictures,
            key=lambda p: (
                last if p.instance_number is None else p.instance_number,
                p.number,
                p.file,
            ),
        )
    )


def _projections(pictures: Sequence[Picture]) -> Placement:
    first = pictures[0]
    spacing, problems = projection.plane_spacing(first.attributes, first.name)
    return _flat(by_number(pictures), spacing, list(problems), None)


def _flat(
    ordered: Sequence[Picture],
    spacing: PlaneSpacing,
    problems: list[Problem],
    cosines: tuple[float, ...] | None,
) -> Placement:
    """A stack without a grid in the patient."""
    first = ordered[0]
    geometry = Geometry(
        shape=(len(ordered), first.rows, first.columns),
        plane_spacing=spacing,
        frame_of_reference_uid=first.frame_of_reference_uid,
        image_orientation_patient=cosines,
    )
    return Placement(tuple(ordered), geometry, tuple(problems))


def _steady(placed: Placed, pictures: Sequence[Picture]) -> list[int]:
    """The order by position; at one place by instance number, so that it never varies."""
    order = list(placed.order)
    for i in placed.repeated:
        a, b = pictures[order[i]], pictures[order[i + 1]]
        if (a.instance_number or 0) > (b.instance_number or 0):
            order[i], order[i + 1] = order[i + 1], order[i]
    return order


def _unplaced(pictures: Sequence[Picture], cosines: tuple[float, ...] | None) -> list[Problem]:
    """Say which pictures do not tell where they lie."""
    first = pictures[0]
    if first.modality not in SECTIONS or (is_secondary(first) and len(pictures) == 1):
        return []
    lost = [p for p in pictures if p.image_position_patient is None]
    if lost:
        names = tuple(dict.fromkeys(p.name for p in lost))
        which = names[0] if len(names) == 1 else f"{len(names)} files, {names[0]} among them,"
        be = "does" if len(names) == 1 else "do"
        sentence = f"{which} {be} not say where the slice lies"
        if len(pictures) > 1:
            sentence += (
                f" ({len(lost)} of {len(pictures)} slices without a position); slices are shown "
                "by instance number"
            )
        sentence += "."
        return [Problem("no-position", sentence, names)]
    if cosines is None:
        sentence = f"{first.name} does not say how it is turned; sides are not labelled."
        return [Problem("no-orientation", sentence, (first.name,))]
    sentence = f"The directions of {first.name} are not unit vectors: {cosines}."
    return [Problem("bad-orientation", sentence, (first.name,))]


def _turn(picture: Picture, units: Floats) -> tuple[float, float]:
    """How far a slice is turned: mm by which its corners move, and degrees; 0 where not known."""
    cosines, spacing = picture.image_orientation_patient, picture.pixel_spacing
    own = None if cosines is None else unit_cosines(cosines)
    if own is None or spacing is None:
        return 0.0, 0.0
    down, right = spacing
    size = np.array([[picture.columns * right], [picture.rows * down]])
    cosine = float(np.clip((own * units).sum(axis=1), -1.0, 1.0).min())
    corners_mm = float(np.linalg.norm((own - units) * size, axis=1).max())
    return corners_mm, math.degrees(math.acos(cosine))


def _turned_problems(ordered: Sequence[Picture], units: Floats) -> list[Problem]:
    """Say which slices are turned so far that their corners leave the grid of the others."""
    worst, angle, names = 0.0, 0.0, []
    turns: dict[Hashable, tuple[float, float]] = {}  # nearly all slices lie alike
    for picture in ordered:
        cosines, spacing = picture.image_orientation_patient, picture.pixel_spacing
        alike = cosines, spacing, picture.rows, picture.columns
        turn = turns.get(alike)
        if turn is None:
            turn = turns[alike] = _turn(picture, units)
        if turn[0] > PLACE_TOLERANCE_MM:
            names.append(picture.name)
            worst, angle = max(worst, turn[0]), max(angle, turn[1])
    if not names:
        return []
    which = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    are = "is" if len(names) == 1 else "are"
    sentence = (
        f"{which} {are} turned against the other slices by {angle:.1f} degrees, which moves "
        f"corners by {worst:.1f} mm."
    )
    return [Problem("bad-orientation", sentence, tuple(dict.fromkeys(names)))]


def _unturned_problems(ordered: Sequence[Picture]) -> list[Problem]:
    """Say which slices do not say how they are turned, where the others do."""
    names = tuple(dict.fromkeys(p.name for p in ordered if not p.image_orientation_patient))
    if not names:
        return []
    which = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    sentence = f"{which} without an orientation, which the other slices have; sides are unknown."
    return [Problem("no-orientation", sentence, names)]


def _space_problems(ordered: Sequence[Picture]) -> list[Problem]:
    """Say which slices do not name the frame of reference that the others do."""
    names = tuple(dict.fromkeys(p.name for p in ordered if not p.frame_of_reference_uid))
    if not names or not any(p.frame_of_reference_uid for p in ordered):
        return []
    which = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    sentence = (
        f"{which} without the frame of reference of the other slices: whether their positions can "
        "be compared is not known."
    )
    return [Problem("no-frame-of-reference", sentence, names)]


def _gap_problems(placed: Placed, ordered: Sequence[Picture]) -> list[Problem]:
    """Say what is missing, uneven or at one place, with the mm found and expected."""
    problems = []
    if placed.repeated:
        names = [(called(ordered[i]), called(ordered[i + 1])) for i in placed.repeated]
        a, b = names[0]
        where = _where(ordered[placed.repeated[0]])
        more = f"; {len(names) - 1} more places likewise" if len(names) > 1 else ""
        sentence = f"{a} and {b} lie at one place ({where}){more}."
        both = [ordered[k].name for i in placed.repeated for k in (i, i + 1)]
        files = tuple(dict.fromkeys(both))
        problems.append(Problem("duplicate-position", sentence, files))
    if placed.aside is not None:
        place, off = placed.aside
        sentence = f"{called(ordered[place])} lies {off:.2f} mm aside of the line of the others."
        problems.append(Problem("uneven-spacing", sentence, (ordered[place].name,)))
    if not placed.gaps or placed.step_mm is None:
        return problems
    if placed.are_slices_missing:
        problems += [_missing(gap.after, gap.found_mm, gap.missing, placed.step_mm, ordered)
                     for gap in placed.gaps]  # fmt: skip
        return problems
    found = [gap.found_mm for gap in placed.gaps]
    worst = max(placed.gaps, key=lambda gap: abs(gap.found_mm - (placed.step_mm or 0.0)))
    a, b = called(ordered[worst.after]), called(ordered[worst.after + 1])
    gaps = f"{len(found)} gap" + ("s" if len(found) > 1 else "")
    low, high = min(*found, placed.step_mm), max(*found, placed.step_mm)
    sentence = (
        f"Slices are {low:.2f} to {high:.2f} mm apart ({gaps} unlike the common "
        f"{placed.step_mm:.2f} mm), the worst {worst.found_mm:.2f} mm between {a} and {b}."
    )
    return [*problems, Problem("uneven-spacing", sentence, _files(ordered, worst.after))]


def _is_cine(placed: Placed, pictures: Sequence[Picture]) -> bool:
    """Whether all pictures lie at one place and the header numbers or clocks each."""
    if len(pictures) < 2 or len(placed.repeated) < len(pictures) - 1:
        return False
    return len({_instant(p)[:4] for p in pictures}) == len(pictures)


def _instant(picture: Picture) -> tuple[float, float, float, str, int]:
    """When a picture of a cine was taken: by number, phase, trigger or clock, then instance."""
    number, clock, instance, _ = moment(picture)
    trigger = picture.attributes.number("TriggerTime") or 0.0
    return number, phase(picture) or 0.0, trigger, clock, instance


def _cine(first: Picture, count: int) -> Problem:
    sentence = (
        f"{first.name} and what belongs to it show one place {count} times, one after another; "
        "they are no volume."
    )
    return Problem("cine", sentence, (first.name,))


def _missing(
    after: int, found_mm: float, count: int, step_mm: float, ordered: Sequence[Picture]
) -> Problem:
    a, b = ordered[after], ordered[after + 1]
    slices = "A slice is" if count == 1 else f"{count} slices are"
    sentence = (
        f"{slices} missing between {called(a)} and {called(b)} (after slice {after + 1} of "
        f"{len(ordered)}, at {_where(a)}: gap {found_mm:.1f} mm, spacing {step_mm:.1f} mm)."
    )
    return Problem("missing-slice", sentence, _files(ordered, after))


def _files(ordered: Sequence[Picture], after: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.name for p in ordered[after : after + 2]))


def called(picture: Picture) -> str:
    """What a picture is called in a sentence: its file, and its frame where there are several."""
    if picture.attributes.whole("NumberOfFrames") in (None, 1):
        return picture.name
    return f"frame {picture.number + 1} of {picture.name}"


def _where(picture: Picture) -> str:
    x, y, z = picture.image_position_patient or (0.0, 0.0, 0.0)
    return f"{x:.1f}, {y:.1f}, {z:.1f} mm"


def _lean_problems(placed: Placed, ordered: Sequence[Picture], units: Floats) -> list[Problem]:
    """Say that a stack leans; its geometry keeps the lean."""
    if placed.tilt_degrees < TILT_DEGREES:
        return []
    first = ordered[0]
    sideways = placed.tilt / np.linalg.norm(placed.tilt)
    is_gantry = first.modality == "CT" and abs(float(sideways @ units[1])) > 0.99
    if is_gantry:
        sentence = (
            f"The gantry was tilted by {placed.tilt_degrees:.1f} degrees; the grid keeps the tilt."
        )
        return [Problem("gantry-tilt", sentence)]
    shift = float(np.linalg.norm(placed.tilt))
    sentence = f"Each slice lies {shift:.2f} mm aside of the one before; the grid keeps the shear."
    return [Problem("sheared-stack", sentence)]


def _spacing_tag_problems(placed: Placed, first: Picture) -> list[Problem]:
    """Say that SpacingBetweenSlices is not what positions give; its sign means nothing."""
    stated = first.attributes.number("SpacingBetweenSlices")
    if stated is None or placed.step_mm is None or not placed.is_even:
        return []
    if abs(abs(stated) - placed.step_mm) <= max(0.01, SPACING_TAG_SHARE * placed.step_mm):
        return []
    sentence = (
        f"SpacingBetweenSlices says {stated:g} mm, positions are {placed.step_mm:.2f} mm apart; "
        "positions are used."
    )
    return [Problem("spacing-tag-differs", sentence, (first.name,))]


def _thickness(picture: Picture) -> float | None:
    thickness = picture.attributes.number("SliceThickness")
    return thickness if thickness and thickness > 0 else None
