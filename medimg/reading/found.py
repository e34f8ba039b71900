"""What one format found in its files, and what it could not use."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Series


class Unusable(Exception):
    """A file that gives no picture, carried to whoever goes on without it as its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Found:
    """Stacks, objects that speak of them, and the problems of files that belong to none."""

    series: tuple[Series, ...] = ()
    problems: tuple[Problem, ...] = ()
    objects: tuple[DerivedObject, ...] = ()
