"""What is wrong with how slices of a stack lie, in sentences: turned, apart, missing, leaning."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from medimg.reading.dicom.picture import Picture
from medimg.reading.dicom.placing import PLACE_TOLERANCE_MM, Floats, Placed, unit_cosines
from medimg.reading.dicom.stack.doubts import named
from medimg.values.problems import Problem

#: Tilt from which a stack is said to lean, in degrees; less is the rounding of positions.
TILT_DEGREES = 0.25
#: SpacingBetweenSlices may differ from the positions by this share before it is told.
SPACING_TAG_SHARE = 0.01


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


def turned(ordered: Sequence[Picture], units: Floats) -> list[Problem]:
    """Say which slices are turned so far that their corners leave the grid of the others."""
    worst, angle, files = 0.0, 0.0, []
    turns: dict[Hashable, tuple[float, float]] = {}  # nearly all slices lie alike
    for picture in ordered:
        cosines, spacing = picture.image_orientation_patient, picture.pixel_spacing
        alike = cosines, spacing, picture.rows, picture.columns
        turn = turns.get(alike)
        if turn is None:
            turn = turns[alike] = _turn(picture, units)
        if turn[0] > PLACE_TOLERANCE_MM:
            files.append(picture.file)
            worst, angle = max(worst, turn[0]), max(angle, turn[1])
    if not files:
        return []
    which = named(files)
    are = "is" if len(set(files)) == 1 else "are"
    sentence = (
        f"{which} {are} turned against the other slices by {angle:.1f} degrees, which moves "
        f"corners by {worst:.1f} mm."
    )
    return [Problem("bad-orientation", sentence, tuple(dict.fromkeys(files)))]


def unturned(ordered: Sequence[Picture]) -> list[Problem]:
    """Say which slices do not say how they are turned, where the others do."""
    files = tuple(dict.fromkeys(p.file for p in ordered if not p.image_orientation_patient))
    if not files:
        return []
    which = named(files)
    sentence = f"{which} without an orientation, which the other slices have; sides are unknown."
    return [Problem("no-orientation", sentence, files)]


def without_space(ordered: Sequence[Picture]) -> list[Problem]:
    """Say which slices do not name the frame of reference that the others do."""
    files = tuple(dict.fromkeys(p.file for p in ordered if not p.frame_of_reference_uid))
    if not files or not any(p.frame_of_reference_uid for p in ordered):
        return []
    which = named(files)
    sentence = (
        f"{which} without the frame of reference of the other slices: whether their positions can "
        "be compared is not known."
    )
    return [Problem("no-frame-of-reference", sentence, files)]


def gaps(placed: Placed, ordered: Sequence[Picture]) -> list[Problem]:
    """Say what is missing, uneven or at one place, with the mm found and expected."""
    problems = []
    if placed.repeated:
        names = [(called(ordered[i]), called(ordered[i + 1])) for i in placed.repeated]
        a, b = names[0]
        where = _where(ordered[placed.repeated[0]])
        more = f"; {len(names) - 1} more places likewise" if len(names) > 1 else ""
        sentence = f"{a} and {b} lie at one place ({where}){more}."
        both = [ordered[k].file for i in placed.repeated for k in (i, i + 1)]
        files = tuple(dict.fromkeys(both))
        problems.append(Problem("duplicate-position", sentence, files))
    if placed.aside is not None:
        place, off = placed.aside
        sentence = f"{called(ordered[place])} lies {off:.2f} mm aside of the line of the others."
        problems.append(Problem("uneven-spacing", sentence, (ordered[place].file,)))
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


def _missing(
    after: int, found_mm: float, count: int, step_mm: float, ordered: Sequence[Picture]
) -> Problem:
    a, b = ordered[after], ordered[after + 1]
    slices = "A slice is" if count == 1 else f"{count} slices are"
    gap = f"gap {_length(found_mm)} mm, spacing {_length(step_mm)} mm"
    sentence = (
        f"{slices} missing between {called(a)} and {called(b)} (after slice {after + 1} of "
        f"{len(ordered)}, at {_where(a)}: {gap})."
    )
    return Problem("missing-slice", sentence, _files(ordered, after))


def _length(mm: float) -> str:
    """A length as read at a glance: thin slices need more digits."""
    return f"{mm:.1f}" if mm >= 1 else f"{mm:.3g}"


def _files(ordered: Sequence[Picture], after: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.file for p in ordered[after : after + 2]))


def called(picture: Picture) -> str:
    """What a picture is called in a sentence: its file, and its frame where there are several."""
    if picture.mosaic is not None:
        return f"slice {picture.number + 1} of {picture.name}"
    if picture.attributes.whole("NumberOfFrames") in (None, 1):
        return picture.name
    return f"frame {picture.number + 1} of {picture.name}"


def _where(picture: Picture) -> str:
    x, y, z = picture.image_position_patient or (0.0, 0.0, 0.0)
    return f"{x:.1f}, {y:.1f}, {z:.1f} mm"


def lean(placed: Placed, ordered: Sequence[Picture], units: Floats) -> list[Problem]:
    """Say that a stack leans; its geometry keeps the lean."""
    if placed.tilt_degrees < TILT_DEGREES:
        return []
    first = ordered[0]
    sideways = placed.tilt / np.linalg.norm(placed.tilt)
    keeps = "the grid keeps" if placed.is_even else "slices are drawn one by one, without"
    is_gantry = first.modality == "CT" and abs(float(sideways @ units[1])) > 0.99
    if is_gantry:
        sentence = f"The gantry was tilted by {placed.tilt_degrees:.1f} degrees; {keeps} the tilt."
        return [Problem("gantry-tilt", sentence)]
    shift = float(np.linalg.norm(placed.tilt))
    sentence = f"Each slice lies {shift:.2f} mm aside of the one before; {keeps} the shear."
    return [Problem("sheared-stack", sentence)]


def spacing_tag(placed: Placed, first: Picture) -> list[Problem]:
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
    return [Problem("spacing-tag-differs", sentence, (first.file,))]
