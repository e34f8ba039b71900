"""From DICOM files to series, by headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydicom.uid import UID

from medimg.reading.dicom import directory, objects, overlays, twins
from medimg.reading.dicom.header import guards
from medimg.reading.dicom.header.source import BROKEN, Firsts, Source, parse
from medimg.reading.dicom.objects.references import Listed, linked
from medimg.reading.dicom.picture import Picture, pictures
from medimg.reading.dicom.pixels import codestream_size
from medimg.reading.dicom.stack.building import Surroundings, series_of
from medimg.reading.dicom.stack.dimensions import b_value
from medimg.reading.dicom.stack.items import fold
from medimg.reading.dicom.stack.splitting import Stack, split
from medimg.reading.found import Found, Unusable, at_the_cost_of
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Series

T = TypeVar("T")


def scan_files(paths: Sequence[Path], tick: Tick) -> Found:
    """Read the headers of DICOM files and put their pictures into stacks."""
    problems: list[Problem] = []
    found: list[Picture] = []
    damaged: dict[str, list[Problem]] = {}
    told: list[Listed] = []
    firsts: Firsts = {}
    for path in paths:
        tick()
        with at_the_cost_of(path, problems):
            source = parse(path, firsts)
            if source.sop_class == directory.SOP_CLASS:
                sentence = f"{path.name} is an index; the files themselves are read."
                problems.append(Problem("not-an-image", sentence, (str(path),)))
                continue
            if (object_ := objects.listed(source)) is not None:
                told.append(object_)
                if not objects.is_picture(source):
                    continue
            found += _pictures(source, damaged)
    kept, twice = twins.pictures_once(found)
    known = {picture.series_instance_uid for picture in kept}
    series = _series(kept, Surroundings(_diffusion_series(kept), damaged, twice), problems)
    lost = [problem for uid, told in damaged.items() if uid not in known for problem in told]
    planes = overlays.listed(series, kept)
    spoken = linked(twins.objects_once(told), series)
    return Found(tuple(series), (*problems, *lost), (*spoken, *planes))


def _pictures(source: Source, damaged: dict[str, list[Problem]]) -> list[Picture]:
    """The pictures of a file; none, and a problem for its series, where its pixels are not whole.

    Raises:
        Unusable: The file is no picture.
    """
    name, facts = source.path.name, source.facts
    sop_class = source.sop_class
    if "Rows" not in facts and source.pixels is None:
        if not source.layer:
            sentence = f"{name} is not a DICOM file: nothing in it can be understood."
            raise Unusable(Problem("not-dicom", sentence, (name,)))
        class_name = UID(sop_class).name
        if "Image Storage" in class_name:
            raise Unusable(Problem("no-pixels", f"{name} has no picture in it.", (name,)))
        what = class_name if class_name != sop_class else "an object without pictures"
        sentence = f"{name} is not an image ({what})."
        raise Unusable(Problem("not-an-image", sentence, (name,)))
    # Without a Series UID it belongs to nothing but itself.
    key = facts.text("SeriesInstanceUID") or str(source.path)
    problem = guards.fault_of(source)
    if problem is not None:
        damaged.setdefault(key, []).append(problem.at(source.path))
        return []
    extra = guards.extra_of(source)
    if extra is not None:
        source = replace(source, problems=(*source.problems, extra))
    try:
        unlike = _unlike_frames(source)
        if unlike is None:
            return list(pictures(source))
        left_out, problem = unlike
        damaged.setdefault(key, []).append(problem.at(source.path))
        return [picture for picture in pictures(source) if picture.number not in left_out]
    except BROKEN as error:
        sentence = f"The frames of {name} cannot be told apart: {error}."
        raise Unusable(Problem("decode-failed", sentence, (name,))) from error


def _unlike_frames(source: Source) -> tuple[Collection[int], Problem] | None:
    """Frames that are compressed at another size than the file declares, and that they are left
    out; None where there are none. Slides store the tiles at their edge so."""
    facts, pixels, name = source.facts, source.pixels, source.path.name
    count = facts.whole("NumberOfFrames") or 1
    is_each_one = pixels is not None and pixels.declared is None and pixels.fragments == count
    if pixels is None or count == 1 or not is_each_one:
        return None
    expected = facts.whole("Rows") or 0, facts.whole("Columns") or 0
    unlike = codestream_size.unlike(source.path, pixels.value_at, expected)
    if not unlike:
        return None
    number, size = next(iter(unlike.items()))
    sentence = (
        f"{len(unlike)} of {count} frames of {name} are not of the {expected[0]} x "
        f"{expected[1]} pixels that it declares, frame {number + 1} with {size.rows} x "
        f"{size.columns} among them; they are left out."
    )
    return unlike, Problem("frames-missing", sentence, (name,))


def _diffusion_series(found: Iterable[Picture]) -> frozenset[str]:
    return frozenset(
        picture.series_instance_uid
        for picture in found
        if picture.modality == "MR" and (b_value(picture) or 0) > 0
    )


def _series(
    found: Sequence[Picture], around: Surroundings, problems: list[Problem]
) -> list[Series]:
    """Build all series, in reading order; what breaks one of them becomes a problem."""
    built: list[Series] = []
    for siblings in _siblings(found, problems):
        first = siblings[0].pictures[0]
        id_ = first.series_instance_uid or first.file
        with at_the_cost_of(first.source.path, problems):
            own = [
                series_of(stack, siblings, around, f"{id_}#{place + 1}" if place else id_)
                for place, stack in enumerate(siblings)
            ]
            built += fold(siblings, own)
    return sorted(_told_apart(built), key=_reading_order)


def _siblings(found: Sequence[Picture], problems: list[Problem]) -> list[list[Stack]]:
    """The stacks of each series; where splitting all fails, each series is split by itself."""
    stacks: list[Stack] = []
    broken: list[Problem] = []
    if found:
        with at_the_cost_of(found[0].source.path, broken):
            stacks = split(found)
    if broken:  # which series it was is found one by one
        for own in _grouped(found, lambda picture: picture.series_key):
            with at_the_cost_of(own[0].source.path, problems):
                stacks += split(own)
    return _grouped(stacks, lambda stack: stack.pictures[0].series_key)


def _grouped(members: Sequence[T], key: Callable[[T], str]) -> list[list[T]]:
    groups: dict[str, list[T]] = {}
    for member in members:
        groups.setdefault(key(member), []).append(member)
    return list(groups.values())


def _told_apart(built: Sequence[Series]) -> list[Series]:
    """Number the stacks of one series that have one label, such as times without a name."""
    counts = Counter((series.uid or series.id, series.patient.id, series.label) for series in built)
    seen: Counter[tuple[str, str, str]] = Counter()
    result = []
    for series in built:
        key = (series.uid or series.id, series.patient.id, series.label)
        seen[key] += 1
        label = f"{series.label}, {seen[key]} of {counts[key]}" if counts[key] > 1 else series.label
        result.append(replace(series, label=label))
    return result


def _reading_order(series: Series) -> tuple[str, str, str, str, str, int]:
    patient, study = series.patient, series.study
    number = series.number if series.number is not None else 1 << 30
    return patient.id, patient.name, study.date, study.time, study.uid, number
