"""The grid of a stack, proven from its pictures' positions, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medimg.reading.dicom import mosaic
from medimg.reading.dicom.picture import Picture, is_secondary
from medimg.reading.dicom.placing import (
    PERPENDICULAR,
    Floats,
    Placed,
    angle_degrees,
    normal_of,
    place,
    unit_cosines,
)
from medimg.reading.dicom.stack import projection
from medimg.reading.dicom.stack import stack_problems as stack_faults
from medimg.reading.dicom.stack.dimensions import moment, phase
from medimg.reading.dicom.stack.splitting import is_projection
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem

#: Modalities whose pictures are sections and owe a position.
SECTIONS = frozenset({"CT", "MR", "PT", "NM"})

#: No section of a patient is smaller or larger: metres or micrometres were written for mm.
FIELD_MM = (1.0, 4000.0)

#: Share by which two statements of the size of a pixel may differ.
SAME_SIZE = 0.01


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
    if is_projection(first):
        return _projections(pictures)
    spacing, problems = section_spacing(first)
    if mosaic.is_mosaic(first.attributes):
        problems += mosaic.problems_of(first.source, first.mosaic)
        if first.mosaic is None:
            return _flat(by_number(pictures), spacing, problems, None)
    if grid := mosaic.grid_problems(first.source):
        return _flat(by_number(pictures), spacing, [*problems, *grid], None)
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
        problems.append(Problem("bad-orientation", sentence, (first.file,)))
        return _flat(ordered, spacing, problems, cosines)
    turned = [*stack_faults.turned(ordered, units), *stack_faults.unturned(ordered)]
    problems += [*stack_faults.gaps(placed, ordered), *turned, *stack_faults.without_space(ordered)]
    problems += stack_faults.lean(placed, ordered, units)
    problems += stack_faults.spacing_tag(placed, first)
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
    pair, name, file = picture.pixel_spacing, picture.name, picture.file
    wide_mm = 0.0 if pair is None else max(picture.rows * pair[0], picture.columns * pair[1])
    is_absurd = picture.modality in SECTIONS and not FIELD_MM[0] <= wide_mm <= FIELD_MM[1]
    if pair is not None and min(pair) > 0 and is_absurd:
        sentence = (
            f"PixelSpacing of {name} is {pair[0]:g} x {pair[1]:g} mm, which makes the picture "
            f"{wide_mm:.3g} mm wide; it counts as unknown."
        )
        told = Problem("bad-number", sentence, (file,))
        return PlaneSpacing(aspect=pair[0] / pair[1]), [told]
    region, why = projection.ultrasound_spacing(picture.attributes)
    contradiction = _region_contradicts(picture, pair, region, why)
    if contradiction is not None:
        return PlaneSpacing(aspect=projection.aspect(picture.attributes)), [contradiction]
    if pair is not None and min(pair) > 0:
        return PlaneSpacing(MeasuredAt.PATIENT, pair[0], pair[1]), []
    if pair is None and region is not None:
        return PlaneSpacing(MeasuredAt.PATIENT, region[0], region[1]), []
    aspect = projection.aspect(picture.attributes)
    if pair is not None:
        sentence = f"PixelSpacing of {name} is {pair[0]:g} x {pair[1]:g} mm."
        return PlaneSpacing(aspect=aspect), [Problem("spacing-zero", sentence, (file,))]
    is_told = any(
        note.kind == "fault" and note.keyword == "PixelSpacing" for note in picture.attributes.notes
    )
    if picture.modality not in SECTIONS or is_told or is_secondary(picture):
        return PlaneSpacing(aspect=aspect), []
    sentence = f"{name} does not say how large a pixel is."
    return PlaneSpacing(aspect=aspect), [Problem("spacing-unknown", sentence, (file,))]


def _region_contradicts(
    picture: Picture,
    pair: tuple[float, ...] | None,
    region: tuple[float, float] | None,
    why: str,
) -> Problem | None:
    """Say of an ultrasound picture that no one spacing holds for it, by its regions."""
    if why:
        sentence = f"Lengths in {picture.name} are given in pixels: {why}."
        return Problem("spacing-unknown", sentence, (picture.file,))
    if pair is None or region is None or np.allclose(pair, region, rtol=SAME_SIZE):
        return None
    sentence = (
        f"PixelSpacing of {picture.name} is {pair[0]:.3g} x {pair[1]:.3g} mm, its ultrasound "
        f"region says {region[0]:.3g} x {region[1]:.3g} mm; lengths are given in pixels."
    )
    return Problem("spacing-contradicts", sentence, (picture.file,))


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
    told = [problem.at(first.file) for problem in problems]
    return _flat(by_number(pictures), spacing, told, None)


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
        files = tuple(dict.fromkeys(p.file for p in lost))
        name = Path(files[0]).name
        which = name if len(files) == 1 else f"{len(files)} files, {name} among them,"
        be = "does" if len(files) == 1 else "do"
        sentence = f"{which} {be} not say where the slice lies"
        if len(pictures) > 1:
            sentence += (
                f" ({len(lost)} of {len(pictures)} slices without a position); slices are shown "
                "by instance number"
            )
        sentence += "."
        return [Problem("no-position", sentence, files)]
    if cosines is None:
        sentence = f"{first.name} does not say how it is turned; sides are not labelled."
        return [Problem("no-orientation", sentence, (first.file,))]
    sentence = f"The directions of {first.name} are not unit vectors: {cosines}."
    return [Problem("bad-orientation", sentence, (first.file,))]


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
    return Problem("cine", sentence, (first.file,))


def _thickness(picture: Picture) -> float | None:
    thickness = picture.attributes.number("SliceThickness")
    return thickness if thickness and thickness > 0 else None
