"""What packages are being computed, on which series; nothing here knows of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from medimg_workstation.pages.read.state import Done, Fit, NotRun, Running, RunState, Stopped

from medimg.engine.client import Outcome, Progress
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.values.analysis import Analysis
from medimg.values.failure import FailureKind
from medimg.values.prompt import Prompt
from medimg.values.volume import Volume

#: Computed with each run where the package offers it; others on demand.
FIRST_MAP = "grad-cam"

#: Series id and package id.
RunKey = tuple[str, str]


class Engine(Protocol):
    """The engine's child, as far as it is needed here."""

    def start(
        self,
        job: AnalyseJob,
        on_progress: Callable[[Progress], None],
        on_done: Callable[[Outcome], None],
    ) -> int:
        """Queue a job; returns its ticket."""

    def cancel(self, ticket: int) -> None:
        """Stop a job; its end is told as for any other."""


class JobList(Protocol):
    """Where running jobs are shown."""

    def begin(self, name: str, stop: Callable[[], None]) -> int:
        """Add a job; returns its number."""

    def go_on(self, number: int, stage: str, fraction: float | None, left_s: float | None) -> None:
        """Say how far a job is."""

    def end(self, number: int) -> None:
        """Take a job off the list."""


class Runs:
    """The runs of one opening.

    Args:
        changed: Told the series of a run whose state changed.
        answered: Told the series and its new analysis.
    """

    def __init__(
        self,
        engine: Engine,
        jobs: JobList,
        changed: Callable[[str], None],
        answered: Callable[[str, Analysis], None],
    ) -> None:
        self._engine, self._jobs = engine, jobs
        self._changed, self._answered = changed, answered
        self._states: dict[RunKey, RunState] = {}
        self._tickets: dict[RunKey, int] = {}

    def states_of(self, series_id: str) -> Mapping[str, RunState]:
        """How each package stands on a series, by package id."""
        return {package: s for (series, package), s in self._states.items() if series == series_id}

    def start(
        self,
        series_id: str,
        fit: Fit,
        volume: Volume,
        maps: tuple[str, ...] = (),
        prompt: Prompt | None = None,
    ) -> None:
        """Run a package, unless it runs already.

        Args:
            maps: Explanations beyond the first.
            prompt: What the reader pointed at, for a package that needs it.
        """
        key = (series_id, fit.package_id)
        if isinstance(self._states.get(key), Running):
            return
        wanted = maps or tuple(m for m in fit.maps if m == FIRST_MAP)
        number = self._jobs.begin(fit.title, lambda: self.stop(*key))
        self._set(key, Running())
        began = time.monotonic()
        self._tickets[key] = self._engine.start(
            AnalyseJob(volume, fit.package_id, wanted, prompt),
            lambda progress: self._went_on(key, number, progress),
            lambda outcome: self._ended(key, number, began, outcome),
        )

    def stop(self, series_id: str, package_id: str) -> None:
        """Stop a run."""
        if (ticket := self._tickets.get((series_id, package_id))) is not None:
            self._engine.cancel(ticket)

    def forget(self) -> None:
        """Stop all runs; nothing is told of them any more."""
        for ticket in self._tickets.values():
            self._engine.cancel(ticket)
        self._tickets.clear()
        self._states.clear()

    def fail(self, series_id: str, package_id: str, stopped: Stopped) -> None:
        """Say of an answer that it could not be made ready."""
        self._set((series_id, package_id), stopped)

    def _went_on(self, key: RunKey, number: int, p: Progress) -> None:
        self._jobs.go_on(number, p.stage, p.fraction, p.left_s)
        if key in self._tickets:
            self._set(key, Running(p.stage, p.fraction, p.left_s))

    def _ended(self, key: RunKey, number: int, began: float, outcome: Outcome) -> None:
        self._jobs.end(number)
        if self._tickets.pop(key, None) is None:
            return
        if outcome.failure is not None:
            cancelled = outcome.failure.kind is FailureKind.CANCELLED
            self._set(key, NotRun() if cancelled else Stopped(outcome.failure))
            return
        assert isinstance(outcome.value, Analysis)
        self._states[key] = Done(time.monotonic() - began)
        self._answered(key[0], outcome.value)

    def _set(self, key: RunKey, state: RunState) -> None:
        self._states[key] = state
        self._changed(key[0])
