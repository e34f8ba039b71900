"""Instances that came twice: each image and each object counts once, and what differs is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from medimg.reading.dicom import likeness
from medimg.reading.dicom.likeness import Written
from medimg.reading.dicom.objects.references import Listed
from medimg.reading.dicom.picture import Picture
from medimg.values.problems import Problem, file_names
from medimg.values.series import DerivedObject


def pictures_once(found: Sequence[Picture]) -> tuple[list[Picture], dict[str, list[Problem]]]:
    """Drop files that came twice; tell of instances that share a name and are not one image."""
    by_name: dict[tuple[str, str], dict[str, list[Picture]]] = {}
    for picture in found:
        # An empty UID names nothing; those are told apart by file.
        uid = picture.sop_instance_uid or picture.file
        files = by_name.setdefault((picture.series_instance_uid, uid), {})
        files.setdefault(picture.file, []).append(picture)
    kept: list[Picture] = []
    told: dict[str, list[Problem]] = {}
    for (series_uid, _), files in by_name.items():
        if len(files) > 1:
            single, problems = _once([frames[0] for frames in files.values()])
            told.setdefault(series_uid, []).extend(problems)
            files = {picture.file: files[picture.file] for picture in single}
        kept += [picture for frames in files.values() for picture in frames]
    for series_uid, problem in _namesakes(kept):
        told.setdefault(series_uid, []).append(problem)
    return kept, {uid: _counted(problems) for uid, problems in told.items()}


def _namesakes(kept: Sequence[Picture]) -> Iterator[tuple[str, Problem]]:
    """Say of series that images of theirs bear SOP Instance UIDs of images of other series."""
    by_name: dict[str, dict[str, Picture]] = {}
    for picture in kept:
        if picture.sop_instance_uid and not picture.number:
            by_name.setdefault(picture.sop_instance_uid, {})[picture.series_instance_uid] = picture
    shared: dict[tuple[str, ...], list[dict[str, Picture]]] = {}
    for by_series in by_name.values():
        if len(by_series) > 1:
            shared.setdefault(tuple(sorted(by_series)), []).append(by_series)
    for series, pairs in shared.items():
        files = tuple(picture.file for picture in pairs[0].values())
        names = " and ".join(file_names(files))
        more = f", and {len(pairs) - 1} more likewise" if len(pairs) > 1 else ""
        sentence = (
            f"{names} lie in {len(series)} series and bear one SOP Instance UID{more}; what "
            "refers to it alone may mean either."
        )
        for uid in series:
            own = tuple(pair[uid].file for pair in pairs)
            others = tuple(file for file in files if file not in own)
            yield uid, Problem("sop-instances-shared", sentence, (*own, *others))


def _counted(problems: Sequence[Problem]) -> list[Problem]:
    """Files that came twice as one problem with their number, after the others."""
    twice = [problem for problem in problems if problem.kind == "duplicate-file"]
    if len(twice) < 2:
        return list(problems)
    sentence = (
        f"{len(twice)} images came twice, {' and '.join(file_names(twice[0].files[:2]))} for one; "
        "each counts once."
    )
    files = tuple(dict.fromkeys(file for problem in twice for file in problem.files))
    others = [problem for problem in problems if problem.kind != "duplicate-file"]
    return [*others, Problem("duplicate-file", sentence, files)]


def _once(same: Sequence[Picture]) -> tuple[list[Picture], list[Problem]]:
    """Of files with one SOP Instance UID those that count, and what is said of all.

    Args:
        same: The first picture of each file.
    """
    by_file = {picture.source.path: picture for picture in same}
    groups = likeness.apart(list(by_file))
    problems = [_said_twice(group) for group in groups if len(group) > 1]
    unlike = [by_file[group[0]] for group in groups]
    by_place: dict[object, list[Picture]] = {}
    for picture in unlike:
        by_place.setdefault(picture.image_position_patient, []).append(picture)
    if len(by_place) == len(unlike) > 2:
        sentence = (
            f"{len(unlike)} slices share one SOP Instance UID, {unlike[0].name} among them; they "
            "are told apart by position."
        )
        files = tuple(picture.file for picture in unlike)
        return unlike, [*problems, Problem("same-sop-instance", sentence, files)]
    kept: list[Picture] = []
    for there in by_place.values():
        single, told = _compared(there)
        kept += single
        problems += told
    if len(by_place) > 1:
        first, last = kept[0], kept[-1]
        problems.append(_differs(first.file, last.file, "image", "they lie at two places"))
    return kept, problems


def _compared(there: Sequence[Picture]) -> tuple[list[Picture], list[Problem]]:
    """Files of one name and place: one image written in several ways counts once."""
    if len(there) == 1:
        return [*there], []
    kept: list[tuple[Picture, Written | None]] = []
    problems = []
    # Of copies the one that least is wrong with is kept.
    for picture in sorted(there, key=lambda picture: len(picture.source.problems)):
        own = likeness.written(picture.source.path)
        twin = next((one for one in kept if likeness.is_one_image(one[1], own)), None)
        if twin is None:
            kept.append((picture, own))
            continue
        files = (twin[0].file, picture.file)
        names, how = " and ".join(file_names(files)), likeness.how(twin[1], own)
        sentence = f"{names} hold the same image, {how}; it counts once."
        problems.append(Problem("duplicate-file", sentence, files))
    if len(kept) > 1:
        (first, one), (last, other) = kept[0], kept[-1]
        problems.append(_differs(first.file, last.file, "image", likeness.why(one, other)))
    return [picture for picture, _ in kept], problems


def _said_twice(group: Sequence[Path]) -> Problem:
    """Say that files with equal bytes count once."""
    files = tuple(map(str, group))
    shown = " and ".join(file_names(files[:2]))
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    return Problem("duplicate-file", f"{shown}{more} are the same file; it counts once.", files)


def _differs(one: str, other: str, what: str, why: str) -> Problem:
    names = " and ".join(file_names((one, other)))
    sentence = f"{names} have one SOP Instance UID and are not the same {what}: {why}."
    return Problem("same-sop-instance-differs", sentence, (one, other))


def objects_once(told: Sequence[Listed]) -> list[Listed]:
    """List an object once however often it came; what is not the same stays, and says so."""
    by_name: dict[str, list[Listed]] = {}
    for one in told:
        by_name.setdefault(one[0].sop_instance_uid or one[0].file, []).append(one)
    kept: list[Listed] = []
    for same in by_name.values():
        kept += same if len(same) == 1 else _object_once(same)
    return kept


def _object_once(same: Sequence[Listed]) -> list[Listed]:
    """Of files with one SOP Instance UID those that say different things."""
    by_file = {Path(object_.file): (object_, to) for object_, to in same}
    groups = likeness.apart(list(by_file))
    kept: list[tuple[Listed, Written | None]] = []
    for group in groups:
        own = likeness.written(group[0]) if len(groups) > 1 else None
        told = _with(by_file[group[0]], _said_twice(group)) if len(group) > 1 else by_file[group[0]]
        twin = next((k for k, one in enumerate(kept) if likeness.is_one_object(one[1], own)), None)
        if twin is None:
            kept.append((told, own))
        else:
            first, written = kept[twin]
            kept[twin] = _with(first, _said_written(first[0], told[0], written, own)), written
    (first, written), *others = kept
    result = [first]
    for told, own in others:
        why = likeness.why(written, own)
        problem = _differs(first[0].file, told[0].file, "object", why)
        result.append(_with(told, problem))
        result[0] = _with(result[0], problem)
    return result


def _said_written(
    first: DerivedObject, other: DerivedObject, one: Written | None, two: Written | None
) -> Problem:
    """Say that two files hold one object."""
    files = (first.file, other.file)
    names = " and ".join(file_names(files))
    how = likeness.how(one, two)
    sentence = f"{names} hold the same object, {how}; it is listed once."
    return Problem("duplicate-file", sentence, files)


def _with(told: Listed, problem: Problem) -> Listed:
    object_, to = told
    return replace(object_, problems=(*object_.problems, problem)), to
