"""Tasks, as the workshop trains, scores and measures them: one file each, names as the engine's.

What a file has stands in `Task`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from medimg.packages.manifest import Figure, Package
from medimg.values.errors import InputRefused
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples
from medimg.workshop.scoring import Scored
from medimg.workshop.tasks import classify, segment

if TYPE_CHECKING:
    from medimg.workshop.runs import Job


class Task(Protocol):
    """What the workshop asks of a task's file."""

    #: Key of the figure that is given for subgroups, and the same in words.
    HEADLINE: str
    HEADLINE_NAME: str
    #: What `simpler` gives, in words.
    SIMPLER_NAME: str

    def usable(self, case: Case, images: Images) -> bool:
        """Whether a case can be trained on and scored."""

    def figures_of(self, scored: list[Scored], package: Package) -> dict[str, Figure]:
        """Figures of merit with their intervals."""

    def calibration_rows(self, one: Scored) -> list[tuple[float, bool]]:
        """(score, truth) that the probability of a finding is fitted to."""

    def validate(
        self, model: nn.Module, samples: Samples, rows: NDArray[np.int64], recipe: Recipe
    ) -> dict[str, float]:
        """Figures for one row of a training curve, on prepared samples."""

    def simpler(self, work: Job) -> dict[str, Figure]:
        """What much simpler methods reach on the same folds."""


TASKS: dict[str, Task] = {"classify": classify, "segment": segment}


def task_of(name: str) -> Task:
    """The task of a recipe or a package.

    Raises:
        InputRefused: There is no such task.
    """
    if name not in TASKS:
        raise InputRefused(f'There is no task "{name}", only {", ".join(TASKS)}.')
    return TASKS[name]
