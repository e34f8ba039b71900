"""What one format found in its files, and what it could not use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medimg.values.errors import InputRefused
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import DerivedObject, Series


class Unusable(InputRefused):
    """A file that gives no picture, carried to whoever goes on without it as its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.sentence} {problem.todo}".strip())
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Found:
    """Stacks, objects that speak of them, and the problems of files that belong to none."""

    series: tuple[Series, ...] = ()
    problems: tuple[Problem, ...] = ()
    objects: tuple[DerivedObject, ...] = ()


def malformed(path: Path, why: str, kind: str = "decode-failed") -> Unusable:
    """Say of a file that its header breaks its format, or asks for what is not read."""
    return Unusable(Problem(kind, f"{path.name} cannot be read: {why}.", (path.name,)))


def located(series: Series, path: str | Path) -> Series:
    """A series whose problems say where the one file lies that it was read from."""
    return replace(series, problems=tuple(problem.at(path) for problem in series.problems))


@contextmanager
def at_the_cost_of(path: Path, problems: list[Problem]) -> Iterator[None]:
    """Work on one file: whatever goes wrong becomes a problem of that file and ends nothing else.

    The progress of a scan is told outside of it, for what that raises must stop the scan.
    """
    name = path.name
    try:
        yield
    except Unusable as refused:
        problems.append(refused.problem.at(path))
    except OSError as error:
        sentence = f"{name} cannot be read: {error.strerror or error}."
        problems.append(Problem("unreadable", sentence, (str(path),)))
    except MemoryError:
        sentence = f"{name} asks for more memory than there is."
        problems.append(Problem("too-large", sentence, (str(path),)))
    except Exception as error:  # noqa: BLE001 - a stranger's file may break any part of a reader
        sentence = f"{name} cannot be understood ({type(error).__name__}: {error})."
        problems.append(Problem("decode-failed", sentence, (str(path),)))


def gather(
    paths: Sequence[Path], tick: Tick, stacks_of: Callable[[Path], Sequence[Series]]
) -> Found:
    """Collect the stacks of files, each by itself; one that is not usable costs no other."""
    series: list[Series] = []
    problems: list[Problem] = []
    for path in paths:
        tick()
        # Numbers of a header may overflow; what comes of them is looked at, not warned of.
        with at_the_cost_of(path, problems), np.errstate(all="ignore"):
            series += [located(one, path) for one in stacks_of(path)]
    return Found(tuple(series), tuple(problems))
