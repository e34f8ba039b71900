"""Hold what a reader made of an input against what the input truly holds.

`right`: values and geometry agree, and a word was said where one is owed. `said`: a clear error,
or a warning that bears on the fault. `SILENT`: wrong values or geometry, dropped data, or an
unsafe guess, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.values.problems import Stops
from medimg.values.volume import Volume
from tests.faults.ours import Answer, End
from tests.faults.truth import Row, Slice, Stack, Truth

#: A pixel may lie this far from its true place: positions are written with few decimals.
PLACE_MM = 0.15
#: Spacings agree within this share.
SPACING_SHARE = 1e-3


class Verdict(Enum):
    """What a reader did with an input."""

    RIGHT = "right"
    SAID = "said"
    SILENT = "SILENT"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and every way in which the answer is not what it must be."""

    verdict: Verdict
    faults: tuple[str, ...] = ()


_ENDS = {End.CRASH: Verdict.CRASH, End.HANG: Verdict.HANG, End.MEMORY: Verdict.MEMORY}


def judge_ours(row: Row, truth: Truth, answer: Answer) -> Judgement:
    """Judge ours strictly: volumes, order, values, units, places, names and kinds of problem."""
    if answer.end is not End.WELL or answer.scan is None:
        verdict = _ENDS.get(answer.end, Verdict.CRASH)
        return Judgement(verdict, (f"the reader's process ended by {answer.end.value}",))
    pixels = [*_wrong_pixels(truth, answer)]
    words = [*_wrong_words(row, answer)]
    if row.look is not None:
        words += row.look(answer.scan, answer.volumes)
    is_told = bool(answer.problems or answer.refused)
    if pixels and not is_told:
        return Judgement(Verdict.SILENT, (*pixels, *words))
    if words and row.owes_word and not is_told:
        return Judgement(Verdict.SILENT, (*pixels, *words))
    is_whole = not pixels and all(stack.is_read for stack in truth) and bool(truth)
    return Judgement(Verdict.RIGHT if is_whole else Verdict.SAID, (*pixels, *words))


def _wrong_pixels(truth: Truth, answer: Answer) -> Iterator[str]:
    """What of the volumes is not as it truly is."""
    wanted = [stack for stack in truth if stack.is_read]
    found = list(answer.volumes)
    if len(found) != len(wanted):
        labels = ", ".join(volume.series.label for volume in found) or "none"
        yield f"{len(found)} volumes instead of {len(wanted)}: {labels}"
    if len(answer.refused) != len(truth) - len(wanted):
        sentences = " ".join(sentence for _, sentence in answer.refused)
        yield f"{len(answer.refused)} series refused: {sentences}"
    for stack in wanted:
        volume = _nearest(stack, found)
        if volume is None:
            yield f"no volume for {stack.label or 'the stack'}"
            continue
        found.remove(volume)
        prefix = f"{volume.series.label}: " if len(wanted) > 1 else ""
        yield from (prefix + fault for fault in wrong_volume(stack, volume))


def _nearest(stack: Stack, found: Sequence[Volume]) -> Volume | None:
    """The volume that is most likely meant to be a stack."""
    if not found:
        return None
    return min(found, key=lambda volume: len(list(wrong_volume(stack, volume))))


def wrong_volume(stack: Stack, volume: Volume) -> Iterator[str]:
    """Every way in which a volume is not its stack; nothing where all is right."""
    series = volume.series
    if stack.label not in series.label:
        yield f"is called '{series.label}' and not '{stack.label}'"
    if volume.unit is not stack.unit:
        yield f"values are {volume.unit.value} and not {stack.unit.value}"
    if volume.array.shape[:3] != (len(stack.slices), *stack.slices[0].values.shape[:2]):
        true = (len(stack.slices), *stack.slices[0].values.shape[:2])
        yield f"has the shape {volume.array.shape[:3]} and not {true}"
        return
    yield from _wrong_values(stack, volume)
    yield from _wrong_places(stack, volume)
    yield from _wrong_spacing(stack, volume)
    if not _same_mask(stack.padding, volume.padding):
        yield "padding is not where it should be"


def _wrong_values(stack: Stack, volume: Volume) -> Iterator[str]:
    off = []
    for k, (true, found) in enumerate(zip(stack.slices, volume.array, strict=True)):
        if true.values.shape != found.shape:
            yield f"a slice has the shape {found.shape} and not {true.values.shape}"
            return
        # Infinite and missing numbers agree with themselves.
        is_same = (found == true.values) | ((found != found) & (true.values != true.values))
        with np.errstate(invalid="ignore"):
            apart = np.abs(found.astype(np.float64) - true.values)
        worst = np.where(is_same, 0.0, apart).max()
        if not worst <= stack.tolerance:
            off.append((k, float(worst)))
    if off:
        k, worst = max(off, key=lambda pair: pair[1])
        yield f"{len(off)} slices hold other values, slice {k + 1} off by {worst:g}"


def _wrong_places(stack: Stack, volume: Volume) -> Iterator[str]:
    """Whether every slice lies at its place, and 3-D analysis is open or closed as it must be."""
    series, affine = volume.series, volume.series.geometry.affine
    is_open = affine is not None and not series.stops(Stops.VOLUME)
    if is_open and not stack.is_volume:
        yield "3-D analysis is not refused"
    if stack.is_volume and not is_open:
        stopped = ", ".join(problem.kind for problem in series.stops(Stops.VOLUME))
        yield f"3-D analysis is refused ({stopped or 'no grid'})"
    for k, true in enumerate(stack.slices):
        if true.position is None or true.orientation is None or true.spacing is None:
            continue
        if affine is None:
            position = series.frames[k].position
            if position is None or not np.allclose(position, true.position, atol=PLACE_MM):
                yield f"slice {k + 1} lies at {position} and not at {true.position}"
                return
            continue
        corners = _corners(true)
        index = np.insert(corners.astype(np.float64), 0, k, axis=1)
        off = np.linalg.norm(series.geometry.to_mm(index) - true.points(corners), axis=1).max()
        if off > PLACE_MM:
            yield f"slice {k + 1} lies {off:.2f} mm away from its place"
            return


def _corners(true: Slice) -> NDArray[np.int64]:
    rows, columns = true.values.shape[0] - 1, true.values.shape[1] - 1
    return np.array([(0, 0), (rows, 0), (0, columns), (rows, columns)])


def _wrong_spacing(stack: Stack, volume: Volume) -> Iterator[str]:
    plane = volume.series.geometry.plane_spacing
    if stack.spacing is None:
        if plane.is_known:
            yield f"claims {plane.row_mm} x {plane.column_mm} mm where lengths are unknown"
        return
    found = (plane.row_mm, plane.column_mm)
    if not plane.is_known or plane.measured_at is not stack.measured_at:
        yield f"mm are measured at {plane.measured_at.value} and not at {stack.measured_at.value}"
    elif not np.allclose(found, stack.spacing, rtol=SPACING_SHARE):  # type: ignore[arg-type]
        yield f"pixels are {found} and not {stack.spacing} mm"


def _same_mask(true: NDArray[np.bool_] | None, found: NDArray[np.bool_] | None) -> bool:
    if true is None or found is None:
        return true is None and found is None
    return bool(true.shape == found.shape and (true == found).all())


def _wrong_words(row: Row, answer: Answer) -> Iterator[str]:
    """What of the problems is not as it must be."""
    found = {problem.kind for problem in answer.problems}
    missing, extra = set(row.kinds) - found, found - set(row.kinds)
    if missing:
        yield f"not told: {', '.join(sorted(missing))}"
    for kind in sorted(extra):
        sentence = next(p.sentence for p in answer.problems if p.kind == kind)
        yield f"told and not meant: {kind} ({sentence})"
    told = [problem.sentence for problem in answer.problems]
    told += [sentence for _, sentence in answer.refused]
    for pattern in row.says:
        if not any(re.search(pattern, sentence) for sentence in told):
            yield f"no sentence says '{pattern}': {' '.join(told)}"
    named = {Path(name).name for problem in answer.problems for name in problem.files}
    lost = [name for name in row.files if name not in named]
    if lost:
        yield f"no problem names {', '.join(lost)}"
