"""Score a folder of labelled cases with a package: the same line as the product, with the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medimg.inference.backends import open_runner
from medimg.inference.runner import Runner
from medimg.packages.catalogue import verify
from medimg.packages.manifest import Package
from medimg.values.errors import InputRefused
from medimg.workshop import figures, layouts
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.recipe import beside
from medimg.workshop.scoring import Scored, score_case
from medimg.workshop.tasks import task_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a package reached on a folder.

    Attributes:
        layout: Name of the folder's form.
        metrics: Figures with intervals by patient.
        groups: The headline figure by subgroup.
        problems: (case, sentence) of what could not be scored.
    """

    package: Package
    folder: str
    layout: str
    n_cases: int
    n_patients: int
    metrics: figures.Figures
    groups: figures.Figures
    problems: tuple[tuple[str, str], ...]


def _fits(cases: Sequence[Case], folder: Path, package: Package) -> None:
    """A package for films is not shown pictures that are slices of a stack.

    Raises:
        InputRefused: It would be.
    """
    if package.input.kind == "radiograph" and any(len(case.images) > 1 for case in cases):
        raise InputRefused(
            f"{package.id} reads a {package.input.kind}, and {folder.name} holds a stack of "
            "slices a case. Choose another package."
        )


def score_all(
    cases: Sequence[Case],
    images: Images,
    package: Package,
    runner: Runner,
    progress: Progress | None = None,
) -> tuple[list[Scored], list[tuple[str, str]]]:
    """Score cases one by one; one that cannot be read is listed and left out."""
    scored: list[Scored] = []
    problems: list[tuple[str, str]] = []
    for done, case in enumerate(cases, start=1):
        try:
            scored.append(score_case(case, images, package, runner))
        except InputRefused as error:
            problems.append((case.name, str(error)))
        if progress:
            progress(done, len(cases))
    return scored, problems


def subgroups(scored: Sequence[Scored], package: Package) -> figures.Figures:
    """The headline figure within each group that is large enough, by `column: value`."""
    task = task_of(package.task)
    found: figures.Figures = {}
    for column, label in figures.SUBGROUPS.items():
        groups: dict[str, list[Scored]] = {}
        for one in scored:
            groups.setdefault(figures.group_of(one, column), []).append(one)
        if len(groups) < 2:
            continue
        for value, members in sorted(groups.items()):
            if value and len(members) >= figures.SMALLEST_GROUP:
                part = task.figures_of(members, package).get(task.HEADLINE)
                if part is not None and np.isfinite(part.value):
                    found[f"{label}: {value}"] = part
    return found


def evaluate(package: Package, folder: Path, progress: Progress | None = None) -> Evaluation:
    """Score a whole folder.

    Raises:
        InputRefused: The folder is of no known layout, does not fit the package, or holds
            nothing that could be scored.
    """
    layout, listed = layouts.recognise(folder), layouts.cases(folder)
    _fits(listed, folder, package)
    verify(package)
    task, images = task_of(package.task), beside(package.folder)
    cases = [case for case in listed if task.usable(case, images)]
    if not cases:
        raise InputRefused(f"{folder.name} holds no case that is labelled for {package.id}.")
    scored, problems = score_all(cases, images, package, open_runner(package), progress)
    if not scored:
        raise InputRefused(f"{folder.name}: no case could be read. {problems[0][1]}")
    return Evaluation(
        package=package,
        folder=folder.name,
        layout=layout.name,
        n_cases=len(scored),
        n_patients=len({one.patient for one in scored}),
        metrics=task.figures_of(scored, package),
        groups=subgroups(scored, package),
        problems=tuple(problems),
    )
