"""What an object refers to: instances, series and spaces, wherever in it they are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, ObjectKind, Series

#: PerFrameFunctionalGroupsSequence.
_PER_FRAME = 0x52009230
_SPACE = ("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID")


@dataclass(frozen=True, slots=True)
class References:
    """UIDs that an object names: SOP instances, series, frames of reference."""

    instances: frozenset[str]
    series: frozenset[str]
    spaces: frozenset[str]


#: An object beside what it refers to.
Listed = tuple[DerivedObject, References]


def references(dataset: Dataset) -> References:
    """Collect what an object refers to, in its sequences at any depth.

    The groups of single frames, which may be thousands, are looked at only where the rest of the
    object names no image.
    """
    found = _collected(dataset, skipped=_PER_FRAME)
    return found if found.instances else _collected(dataset, skipped=None)


def _collected(dataset: Dataset, skipped: int | None) -> References:
    instances: set[str] = set()
    series: set[str] = set()
    spaces = {str(dataset.get(keyword)) for keyword in _SPACE if dataset.get(keyword)}
    for item in _items(dataset, skipped):
        if item.get("ReferencedSOPInstanceUID") and not _is_of_workflow(item):
            instances.add(str(item.ReferencedSOPInstanceUID))
        if item.get("SeriesInstanceUID"):
            series.add(str(item.SeriesInstanceUID))
        spaces |= {str(item.get(keyword)) for keyword in _SPACE if item.get(keyword)}
    return References(frozenset(instances), frozenset(series), frozenset(spaces))


def _is_of_workflow(item: Dataset) -> bool:
    """Whether a reference is to a study or a performed step, which hold no images (PS3.4 B.5)."""
    return str(item.get("ReferencedSOPClassUID")).startswith("1.2.840.10008.3.1.")


def _items(dataset: Dataset, skipped: int | None) -> Iterator[Dataset]:
    """Items of all public sequences but one, with the items in them."""
    for tag in list(dataset.keys()):
        if tag.is_private or tag == skipped or not _is_sequence(dataset, tag):
            continue
        for item in dataset[tag].value or ():
            yield item
            yield from _items(item, skipped)


def _is_sequence(dataset: Dataset, tag: BaseTag) -> bool:
    """Whether an element is a sequence, without converting it: contours are long texts."""
    element = dataset.get_item(tag)
    known = element.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")
    return bool(known == "SQ")


def linked(told: Sequence[Listed], stacks: Sequence[Series]) -> tuple[DerivedObject, ...]:
    """Say of each object on which series it lies; one whose series is absent says so.

    An object that names another one (a report on a segmentation) lies where that one lies.
    """
    told = _numbered(told)
    made = [_linked(object_, to, stacks) for object_, to in told]
    ids_of = {one.sop_instance_uid: one.series_ids for one in made}
    for place, (_, to) in enumerate(told):
        if not made[place].series_ids:
            ids = dict.fromkeys(id_ for uid in to.instances for id_ in ids_of.get(uid, ()))
            made[place] = replace(made[place], series_ids=tuple(ids))
    return tuple(_said(one, to) for one, (_, to) in zip(made, told, strict=True))


def _numbered(told: Sequence[Listed]) -> list[Listed]:
    """Tell objects of one SOP Instance UID apart, as two forms of the same have it."""
    seen: Counter[str] = Counter()
    result = []
    for object_, to in told:
        seen[object_.id] += 1
        place = seen[object_.id]
        result.append((replace(object_, id=f"{object_.id}#{place}") if place > 1 else object_, to))
    return result


def _linked(object_: DerivedObject, to: References, stacks: Sequence[Series]) -> DerivedObject:
    others = [s for s in stacks if s.uid != object_.series_uid]
    named = [s for s in others if any(f.sop_instance_uid in to.instances for f in s.frames)]
    named = [s for s in named if not _is_namesake(s, named, to)]
    named = named or [s for s in others if s.uid and s.uid in to.series]
    own = [s for s in named if s.patient.id == object_.patient.id]
    problems = object_.problems
    if len(own) < len(named):
        problems = (*problems, _of_another(object_, next(s for s in named if s not in own)))
    space = [s for s in others if s not in named and _shares_space(s, object_, to)]
    if not named and (object_.kind is ObjectKind.DOSE or not (to.instances or to.series)):
        own, space = space, []  # it names no image: its space is all that it says
    return replace(
        object_,
        series_ids=tuple(s.id for s in own),
        same_space_ids=tuple(s.id for s in space),
        problems=problems,
    )


def _is_namesake(series: Series, named: Sequence[Series], to: References) -> bool:
    """Whether images of a series are named only because others, of a series that the object names
    by its UID, bear the same SOP Instance UIDs."""
    if series.uid in to.series:
        return False
    meant = {f.sop_instance_uid for s in named if s.uid in to.series for f in s.frames}
    own = {f.sop_instance_uid for f in series.frames} & to.instances
    return own <= meant


def _shares_space(series: Series, object_: DerivedObject, to: References) -> bool:
    geometry = series.geometry
    is_placed = geometry.image_orientation_patient is not None
    is_same = geometry.frame_of_reference_uid in to.spaces
    return is_placed and is_same and series.patient.id == object_.patient.id


def _of_another(object_: DerivedObject, series: Series) -> Problem:
    name = Path(object_.file).name
    sentence = (
        f"{name} and the images that it refers to bear different patient IDs; it is not shown "
        "on them."
    )
    return Problem("object-of-another-patient", sentence, (object_.file, series.frames[0].file))


def _said(object_: DerivedObject, to: References) -> DerivedObject:
    """Say of an object that lies on nothing that its images are absent."""
    kinds = {problem.kind for problem in object_.problems}
    is_alone = not (to.instances or to.series or to.spaces)  # it names no image at all
    if object_.series_ids or is_alone or "object-of-another-patient" in kinds:
        return object_
    name, count = Path(object_.file).name, len(object_.same_space_ids)
    shared = f"; it is shown on {count} series in the same space" if count else ""
    sentence = f"The images that {name} refers to are not here{shared}."
    problem = Problem("series-absent", sentence, (object_.file,))
    return replace(object_, problems=(*object_.problems, problem))
