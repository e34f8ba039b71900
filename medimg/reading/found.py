"""What one format found in its files."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Series


@dataclass(frozen=True, slots=True)
class Found:
    """Stacks, objects that speak of them, and the problems of files that belong to none."""

    series: tuple[Series, ...] = ()
    problems: tuple[Problem, ...] = ()
    objects: tuple[DerivedObject, ...] = ()
