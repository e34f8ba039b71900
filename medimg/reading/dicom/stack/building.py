"""From a stack of pictures to a `Series`: order, geometry, names and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from medimg.reading.dicom.picture import Picture, is_secondary
from medimg.reading.dicom.placing import normal_of
from medimg.reading.dicom.stack import describe, dimensions, doubts, projection, subject, windows
from medimg.reading.dicom.stack.geometry import place_pictures
from medimg.reading.dicom.stack.mr_kind import has_contrast, kind_of
from medimg.reading.dicom.stack.splitting import PARALLEL, Rule, Stack, is_projection
from medimg.reading.dicom.stack.stack_problems import called
from medimg.values.problems import Problem
from medimg.values.series import Frame, MRKind, Series, View

#: Rules whose part labels repeat what the kind of the stack already says.
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What of the rest of a scan concerns one stack.

    Attributes:
        diffusion_series: Series UIDs with a b-value above 0.
        damaged: Problems of files that would have been slices, by Series UID.
        twins: Problems of instances that came twice, by Series UID.
    """

    diffusion_series: frozenset[str]
    damaged: dict[str, list[Problem]] = field(default_factory=dict)
    twins: dict[str, list[Problem]] = field(default_factory=dict)


def series_of(stack: Stack, siblings: Sequence[Stack], around: Surroundings, id_: str) -> Series:
    """Build the series of one stack.

    Args:
        stack: Pictures that belong together.
        siblings: All stacks that came of the same series, this one among them.
        around: What of the rest of the scan concerns it.
        id_: Key of the series in its scan.
    """
    damaged = around.damaged.get(stack.pictures[0].series_instance_uid, [])
    placement = place_pictures(stack.pictures, is_whole=not damaged)
    ordered = placement.pictures
    middle = ordered[len(ordered) // 2]
    facts, modality = middle.attributes, middle.modality
    is_shadow = is_projection(middle)
    person, patient_problems = describe.patient(facts, middle.name)
    shown_in, window_problems = windows.of_stack(ordered)
    shown_view, view_problems = (
        projection.view(facts, middle.name) if is_shadow else (View.UNKNOWN, ())
    )
    kind, reason = MRKind.UNKNOWN, ""
    b = dimensions.b_value(middle)
    if modality == "MR":
        is_diffusion = middle.series_instance_uid in around.diffusion_series
        kind, reason = kind_of(facts, b=b, is_diffusion_series=is_diffusion)
    parts = list(stack.labels)
    named = facts.text("SeriesDescription")
    if modality == "MG":
        named = projection.breast_view(facts) or named
    if shown := dimensions.map_name(middle):
        # A map shows its own quantity, whatever the contrast of the pictures it was made of.
        kind, reason, named = MRKind.UNKNOWN, f"a map: {shown}", shown
        parts = [part for part in parts if part != shown]
    if is_localiser(stack, siblings):
        kind, reason = MRKind.UNKNOWN, "a localiser"
        parts.insert(0, "localiser")
    uid = middle.series_instance_uid
    files = {picture.file for picture in ordered}
    if any(rule.name == "orientation" for rule in stack.rules):
        parts.append(placement.geometry.plane.value)
    if is_secondary(middle) and any(rule.name == "kind of object" for rule in stack.rules):
        parts.append("secondary picture")
    lossy, lossy_problems = doubts.lossy(ordered)
    problems = [
        *damaged,
        *(twin for twin in around.twins.get(uid, ()) if files & set(twin.files)),
        *_split_problems(stack, siblings),
        *placement.problems,
        *_number_problems(ordered),
        *(told.at(middle.file) for told in (*patient_problems, *view_problems)),
        *subject.direction_problems(middle),
        *window_problems,
        *lossy_problems,
        *doubts.polarity_problems(ordered),
        *doubts.rescale_problems(ordered),
        *doubts.sign_problems(ordered),
        *doubts.drawing_problems(ordered),
        *doubts.depth_problems(ordered),
        *doubts.reversed_rows_problems(ordered),
        *doubts.volume_problems(ordered),
        *doubts.class_problems(ordered),
        *doubts.uid_problems(ordered),
        *doubts.bits_problems(ordered),
        *source_problems(ordered),  # last: what was asked for above and could not be read
    ]
    # Directions of an animal on four legs have letters of their own (LE, CD, PR …).
    orientation = () if subject.is_quadruped(facts) else facts.texts("PatientOrientation")
    body_part = facts.text("BodyPartExamined").upper()
    return Series(
        id=id_,
        label=describe.label(
            modality, named or body_part.capitalize(), kind, shown_view, tuple(parts)
        ),
        format="dicom",
        modality=modality,
        frames=tuple(_frame(picture) for picture in ordered),
        geometry=placement.geometry,
        uid=uid,
        number=facts.whole("SeriesNumber"),
        description=facts.text("SeriesDescription"),
        patient=person,
        study=describe.study(facts),
        sop_class_uid=middle.sop_class_uid,
        body_part=body_part,
        view=shown_view,
        mr_kind=kind,
        mr_kind_reason=reason,
        contrast=has_contrast(facts),
        patient_orientation=(orientation[0], orientation[1]) if len(orientation) == 2 else ("", ""),
        photometric_interpretation=facts.text("PhotometricInterpretation").upper() or "MONOCHROME2",
        windows=shown_in,
        slice_thickness_mm=facts.number("SliceThickness"),
        lossy_ratio=lossy,
        acquisition=describe.acquisition(facts, modality, b),
        problems=tuple(dict.fromkeys(problems)),
    )


def is_localiser(stack: Stack, siblings: Sequence[Stack]) -> bool:
    """Whether a stack is for planning: it says so, or lies across the volume of its own series."""
    first = stack.pictures[0]
    if "LOCALIZER" in first.image_type:
        return True
    words = first.attributes.text("SeriesDescription").lower()
    if any(word in words for word in ("localizer", "localiser", "scout", "survey", "topogram")):
        return True
    largest = max(siblings, key=lambda sibling: len(sibling.pictures))
    is_small = len(stack.pictures) <= _MAX_NAMED
    return (
        is_small
        and len(largest.pictures) > 5 * len(stack.pictures)
        and _lies_across(first, largest.pictures[0])
    )


def _lies_across(a: Picture, b: Picture) -> bool:
    """Whether two slices stand at an angle; one that is turned in its own plane does not."""
    if a.image_orientation_patient is None or b.image_orientation_patient is None:
        return False
    one, other = normal_of(a.image_orientation_patient), normal_of(b.image_orientation_patient)
    return one is not None and other is not None and abs(float(one @ other)) < PARALLEL


def _frame(picture: Picture) -> Frame:
    return Frame(
        file=picture.file,
        number=picture.number,
        sop_instance_uid=picture.sop_instance_uid,
        instance_number=picture.instance_number,
        position=picture.image_position_patient,
    )


def _split_problems(stack: Stack, siblings: Sequence[Stack]) -> list[Problem]:
    """Say by which rules this series came apart."""
    rules: dict[str, Rule] = {
        rule.name: rule for sibling in siblings for rule in sibling.rules if rule.problem
    }
    series = stack.pictures[0].attributes.text("SeriesDescription") or "This series"
    problems = []
    for rule in rules.values():
        own, other = _examples(stack, siblings, rule)
        if other is None:
            continue
        first, second = _two_names(own, other)
        sentence = (
            f"{series} differs in {rule.name} between {first} and {second} and was split: "
            f"{rule.reason}."
        )
        problems.append(Problem(rule.problem, sentence, (own.file, other.file)))
    return problems


def _two_names(a: Picture, b: Picture) -> tuple[str, str]:
    """Names for two pictures, with the folder where the files have one name."""
    if a.name != b.name or a.file == b.file:
        return called(a), called(b)
    folders = a.source.path.parent.name, b.source.path.parent.name
    return f"{folders[0]}/{a.name}", f"{folders[1]}/{b.name}"


def _examples(
    stack: Stack, siblings: Sequence[Stack], rule: Rule
) -> tuple[Picture, Picture | None]:
    """A picture of this stack, and one of another stack that differs by the rule."""
    own = stack.pictures[0]
    for sibling in siblings:
        if sibling is not stack and rule.key(sibling.pictures[0]) != rule.key(own):
            return own, sibling.pictures[0]
    return own, None


def _number_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say where instance numbers repeat or disagree with the order by position."""
    files = {picture.file for picture in pictures}
    if len(files) < 2 or len(files) < len(pictures):
        return []
    numbers = [p.instance_number for p in pictures if p.instance_number is not None]
    name = pictures[0].source.path.parent.name
    has_positions = all(p.image_position_patient is not None for p in pictures)
    if len(set(numbers)) < len(numbers):
        order = "position" if has_positions else "file name where they do"
        sentence = f"Instance numbers repeat in {name}; slices are ordered by {order}."
        return [Problem("instance-numbers-repeat", sentence)]
    steps = np.diff(numbers)
    if has_positions and not ((steps > 0).all() or (steps < 0).all()):
        sentence = f"Instance numbers in {name} do not follow position; slices are ordered by it."
        return [Problem("instance-order-differs", sentence)]
    return []


def source_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Collect the notes of the files and say which header numbers could not be read."""
    problems = _merged([problem.at(p.file) for p in pictures for problem in p.source.problems])
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for picture in pictures:
        for kind, keyword, text in picture.attributes.notes:
            told.setdefault((kind, keyword), []).append((text, picture.file))
    # What could not be read comes first.
    for (kind, keyword), found in sorted(told.items(), key=lambda item: _NOTES.index(item[0][0])):
        files = tuple(dict.fromkeys(file for _, file in found))
        problems.append(_of_note(kind, keyword, found[0][0], files))
    return problems


_NOTES = ("fault", "charset", "loose", "long")


def _of_note(kind: str, keyword: str, text: str, files: tuple[str, ...]) -> Problem:
    """Say what was odd about a value of some files."""
    who = doubts.named(files)
    if kind == "fault":
        sentence = f"{keyword} of {who} cannot be read: {text}; it counts as unknown."
        return Problem(_kind_of_fault(keyword), sentence, files)
    if kind == "charset":
        sentence = (
            f"{keyword} of {who} has bytes that its character set does not allow; it was read as "
            "UTF-8 where that fits, else as Latin-1."
        )
        return Problem("charset-wrong", sentence, files)
    if kind == "loose":
        sentence = f"{keyword} '{text}' of {who} is no whole number as written; it was read."
        return Problem("bad-value", sentence, files)
    sentence = f"{keyword} of {who} has more than 16 characters; it was read all the same."
    return Problem("over-long-ds", sentence, files)


def _kind_of_fault(keyword: str) -> str:
    """What it means that a number cannot be read."""
    if keyword in ("RescaleSlope", "RescaleIntercept", "DoseGridScaling"):
        return "slope-not-a-number"
    return "bad-number" if "Spacing" in keyword or "Position" in keyword else "bad-value"


def _merged(problems: Sequence[Problem]) -> list[Problem]:
    """One problem a kind: the first file's words, and how many files share it."""
    by_kind: dict[str, list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        by_kind.setdefault(problem.kind, []).append(problem)
    merged = []
    for same in by_kind.values():
        files = tuple(dict.fromkeys(file for problem in same for file in problem.files))
        more = f" ({len(files) - 1} more files likewise.)" if len(files) > 1 else ""
        merged.append(replace(same[0], sentence=same[0].sentence + more, files=files))
    return merged
