"""What a scan found, as lines for a person: patients, studies, series, what is wrong, once each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from medimg.values.geometry import MeasuredAt
from medimg.values.problems import Problem, Severity, file_names
from medimg.values.series import DerivedObject, MRKind, Scan, Series

#: Names of files told in one line; more are counted.
MOST_NAMES = 6
_AT = {
    MeasuredAt.DETECTOR: " at the detector",
    MeasuredAt.CORRECTED: " corrected for magnification",
    MeasuredAt.CALIBRATED: " calibrated",
    MeasuredAt.DOUBTFUL: " in doubt",
}


@dataclass(slots=True)
class _Printed:
    """What was said already in one study, so that the next series only points to it."""

    patterns: set[tuple[str, str]] = field(default_factory=set)
    sentences: set[str] = field(default_factory=set)

    def lines(self, problems: Iterable[Problem], indent: str) -> Iterator[str]:
        """The graver first; what was said before, or but for the file's name, in short."""
        for problem in sorted(problems, key=lambda one: one.severity is Severity.NOTE):
            pattern = _pattern(problem)
            if problem.sentence in self.sentences:
                yield f"{indent}{_mark(problem)} {problem.title}, as above"
            elif pattern in self.patterns:
                names = ", ".join(_some(problem.files))
                yield f"{indent}{_mark(problem)} {problem.title}, as above: {names}"
            else:
                yield f"{indent}{_mark(problem)} {_full(problem)}"
            self.patterns.add(pattern)
            self.sentences.add(problem.sentence)


def table(found: Scan, paths: Sequence[Path]) -> list[str]:
    """The scan as lines for a person.

    Args:
        found: The scan.
        paths: What was scanned; series are told with their folder where there are several.
    """
    root = _root(found, paths)
    lines: list[str] = []
    numbered = [one for one in enumerate(found.series, start=1) if _is_head(one[1])]
    for _, patients in groupby(numbered, lambda one: (one[1].patient.id, one[1].patient.name)):
        whose = list(patients)
        lines += [*([""] if lines else []), _patient_line(whose[0][1])]
        for _, study in groupby(whose, lambda one: one[1].study.uid):
            lines += _study(list(study), found, root)
    lines += _apart(found, bool(lines))
    lines += _file_lines(found.problems)
    return [*lines, "", *_summary(found)] if found.series else lines


def _study(numbered: list[tuple[int, Series]], found: Scan, root: Path | None) -> Iterator[str]:
    """A study, its series with the number that `--series` takes, and the objects on them."""
    told = _Printed()
    study = numbered[0][1].study
    yield "  " + _study_line(numbered[0][1])
    for number, series in numbered:
        yield f"  {_numbers(number, series):>6} {_series_line(series, root)}"
        yield from told.lines(_problems(series, found.series), "           ")
    uids = {series.study.uid for _, series in numbered}
    yield from _object_lines([o for o in found.objects if o.study.uid in uids and study.uid], found)


def _is_head(series: Series) -> bool:
    """Whether a series stands for its item: a 4-D item is told by its first volume."""
    return series.part is None or series.part.place == 0


def _numbers(number: int, series: Series) -> str:
    """What `--series` takes: one number, or those of all volumes of an item."""
    return f"[{number}]" if series.part is None else f"[{number}-{number + series.part.count - 1}]"


def _problems(head: Series, series: Sequence[Series]) -> list[Problem]:
    """The problems of an item: its first volume's, and the kinds that only later ones have."""
    problems = list(head.problems)
    if head.part is None:
        return problems
    kinds = {problem.kind for problem in problems}
    for one in series:
        if one.part is not None and one.part.item == head.part.item:
            problems += [problem for problem in one.problems if problem.kind not in kinds]
            kinds |= {problem.kind for problem in one.problems}
    return problems


def _apart(found: Scan, has_lines: bool) -> list[str]:
    """Objects whose study has no image here."""
    studies = {series.study.uid for series in found.series if series.study.uid}
    objects = [one for one in found.objects if one.study.uid not in studies]
    if not objects:
        return []
    head = [*([""] if has_lines else []), "Objects without images of their study:"]
    return head + list(_object_lines(objects, found))


def _object_lines(objects: Sequence[DerivedObject], found: Scan) -> Iterator[str]:
    """Objects of one study: what each is, whose work, on which series, what is wrong with it."""
    told = _Printed()
    for one in objects:
        parts = [one.title, one.author, _day(one.date), _places(one, found)]
        yield "       + " + " · ".join(part for part in parts if part)
        yield from told.lines(one.problems, "           ")


def _places(one: DerivedObject, found: Scan) -> str:
    """On which series an object lies, by the numbers of this list."""
    numbers = [str(n) for n, s in enumerate(found.series, start=1) if s.id in one.series_ids]
    return f"on {', '.join(f'[{number}]' for number in numbers)}" if numbers else ""


def _file_lines(problems: Sequence[Problem]) -> list[str]:
    """Files that are no part of a series, likes together, the graver first."""
    likes: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        likes.setdefault(_pattern(problem), []).append(problem)
    lines = []
    for severity, head in (
        (Severity.PROBLEM, "Files that cannot be used:"),
        (Severity.NOTE, "Files that are not images, or were not used:"),
    ):
        groups = [like for like in likes.values() if like[0].severity is severity]
        if groups:
            lines += ["", head]
            lines += [f"  {_mark(like[0])} {_likes(like)}" for like in groups]
    return lines


def _likes(like: Sequence[Problem]) -> str:
    """One sentence for problems that differ in the file's name alone."""
    if len(like) == 1:
        return _full(like[0])
    names = _some(file for problem in like[1:] for file in problem.files[:1])
    return f"{_full(like[0])} {len(like) - 1} more of the same kind: {', '.join(names)}."


def _some(files: Iterable[str]) -> list[str]:
    """Files by name, the first few; with the folder where two of them share a name."""
    names = file_names(files)
    more = len(names) - MOST_NAMES
    return [*names[:MOST_NAMES], _count(more, "other file")] if more > 0 else names


def _summary(found: Scan) -> Iterator[str]:
    """How much there is, and how much of it is wrong."""
    heads = [series for series in found.series if _is_head(series)]
    objects = f" and {_count(len(found.objects), 'object')} on them" if found.objects else ""
    yield f"{len(heads)} series{objects} in {_count(found.n_files, 'file')}."
    grave = sum(bool(series.grave) for series in heads)
    refused = sum(problem.severity is Severity.PROBLEM for problem in found.problems)
    parts = [f"{grave} series with a problem (!)"] if grave else []
    parts += [f"{_count(refused, 'file')} that cannot be used"] if refused else []
    if parts:
        yield ", ".join(parts) + "."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + "s" * (number != 1)


def _patient_line(series: Series) -> str:
    person = series.patient
    name = person.name.replace("^", " ").strip() or "Unknown patient"
    parts = [name, f"ID {person.id}" if person.id else "", person.sex]
    if person.age_years is not None:
        parts.append(f"{person.age_years:.0f} years")
    return " · ".join(part for part in parts if part)


def _study_line(series: Series) -> str:
    study = series.study
    parts = [part for part in (_day(study.date), study.description.replace("^", " ")) if part]
    return "Study " + (" · ".join(parts) if parts else "without date or description")


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text


def _series_line(series: Series, root: Path | None) -> str:
    number = "" if series.number is None else f"{series.number}. "
    part = series.part
    label = series.label if part is None else part.label
    modality = "" if series.modality == label else series.modality
    size = _size(series) if part is None else f"{part.count} {part.axis}s of {_size(series)}"
    parts = [f"{number}{label}", modality, size, _spacing(series)]
    if series.mr_kind_reason and series.mr_kind is not MRKind.UNKNOWN:
        parts.append(series.mr_kind_reason)
    parts.append(_where(series, root))
    return " · ".join(part for part in parts if part)


def _size(series: Series) -> str:
    """Slices where they are known to be such, else pictures, or the frames of one file."""
    slices, rows, columns = series.geometry.shape
    plane = series.geometry.plane.value if series.geometry.plane.value != "unknown" else ""
    if slices == 1:
        return f"{plane} {rows} x {columns}".strip()
    loose = "frames" if len({frame.file for frame in series.frames}) == 1 else "pictures"
    return f"{slices} {f'{plane} slices' if plane else loose} of {rows} x {columns}"


def _spacing(series: Series) -> str:
    steps, plane = series.geometry.spacing_mm, series.geometry.plane_spacing
    if steps is not None and series.geometry.shape[0] > 1:
        return f"{steps[0]:.3g} x {steps[1]:.3g} x {steps[2]:.3g} mm"
    if plane.row_mm is None or plane.column_mm is None:
        return "size in mm unknown"
    return f"{plane.row_mm:.3g} x {plane.column_mm:.3g} mm{_AT.get(plane.measured_at, '')}"


def _root(found: Scan, paths: Sequence[Path]) -> Path | None:
    """The folder that folders are told from; None where all series lie in one."""
    folders = {Path(series.frames[0].file).parent for series in found.series}
    if len(folders) < 2:
        return None
    given = [path if path.is_dir() else path.parent for path in paths]
    return Path(os.path.commonpath([path.absolute() for path in given]))


def _where(series: Series, root: Path | None) -> str:
    """The folder of a series, from the root; its file where it is one."""
    if root is None:
        return ""
    files = {frame.file for frame in series.frames}
    place = Path(series.frames[0].file).absolute()
    place = place if len(files) == 1 else place.parent
    if place == root:
        return ""
    return str(place.relative_to(root)) if place.is_relative_to(root) else str(place)


def _pattern(problem: Problem) -> tuple[str, str]:
    """A problem without the names of its files."""
    sentence = problem.sentence
    for name in sorted({Path(file).name for file in problem.files}, key=len, reverse=True):
        sentence = sentence.replace(name, "…")
    return problem.kind, sentence


def _mark(problem: Problem) -> str:
    return "!" if problem.severity is Severity.PROBLEM else "–"


def _full(problem: Problem) -> str:
    return f"{problem.sentence} {problem.todo}".strip()
