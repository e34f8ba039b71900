"""What one format found in its files."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.values.problems import Problem
from medimg.values.series import Series


@dataclass(frozen=True, slots=True)
class Found:
    """Stacks, and the problems of files that belong to none."""

    series: tuple[Series, ...] = ()
    problems: tuple[Problem, ...] = ()
