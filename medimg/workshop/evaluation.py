"""Score a folder of labelled cases with a package: the same line as the product, with the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medimg.inference import tasks
from medimg.inference.backends import open_runner
from medimg.inference.runner import Runner
from medimg.packages.catalogue import verify
from medimg.packages.manifest import Package
from medimg.values.errors import InputRefused
from medimg.workshop import figures, layouts
from medimg.workshop.layouts import Case, Layout
from medimg.workshop.scoring import Scored, score_case

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a package reached on a folder.

    Attributes:
        metrics: Figures with intervals by patient.
        groups: The headline figure by subgroup.
        problems: (case, sentence) of what could not be scored.
    """

    package: Package
    folder: str
    layout: Layout
    n_cases: int
    n_patients: int
    metrics: figures.Figures
    groups: figures.Figures
    problems: tuple[tuple[str, str], ...]


def _fits(layout: Layout, package: Package) -> None:
    if layout.kind != package.input.kind:
        raise InputRefused(
            f"{package.id} reads a {package.input.kind}, and a folder like {layout.name} holds "
            f"a {layout.kind} a case. Choose another package."
        )


def score_all(
    cases: Sequence[Case],
    layout: Layout,
    package: Package,
    runner: Runner,
    progress: Progress | None = None,
) -> tuple[list[Scored], list[tuple[str, str]]]:
    """Score cases one by one; one that cannot be read is listed and left out."""
    scored: list[Scored] = []
    problems: list[tuple[str, str]] = []
    for done, case in enumerate(cases, start=1):
        try:
            scored.append(score_case(case, layout, package, runner))
        except InputRefused as error:
            problems.append((case.name, str(error)))
        if progress:
            progress(done, len(cases))
    return scored, problems


def labelled(cases: Sequence[Case], layout: Layout, package: Package) -> tuple[Case, ...]:
    """The cases that can be scored: with a mask for a segmentation, with a label for a class."""
    if tasks.task_of(package).marks:
        return tuple(case for case in cases if any(mask is not None for mask in case.masks))
    return tuple(case for case in cases if layout.positive and case.row.get("label"))


def evaluate(package: Package, folder: Path, progress: Progress | None = None) -> Evaluation:
    """Score a whole folder.

    Raises:
        InputRefused: The folder is of no known layout, does not fit the package, or holds
            nothing that could be scored.
    """
    layout = layouts.recognise(folder)
    _fits(layout, package)
    verify(package)
    cases = labelled(layouts.cases(folder, layout), layout, package)
    if not cases:
        raise InputRefused(f"{folder.name} holds no case that is labelled for {package.id}.")
    scored, problems = score_all(cases, layout, package, open_runner(package), progress)
    if not scored:
        raise InputRefused(f"{folder.name}: no case could be read. {problems[0][1]}")
    return Evaluation(
        package=package,
        folder=folder.name,
        layout=layout,
        n_cases=len(scored),
        n_patients=len({one.patient for one in scored}),
        metrics=figures.figures(scored, package),
        groups=figures.subgroups(scored, package),
        problems=tuple(problems),
    )
