"""Runs one batch at a time on a thread of its own; it has its own children."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from medimg_workstation.jobs import Jobs
from medimg_workstation.pages.batch.state import (
    BatchState,
    Empty,
    Ended,
    Failed,
    Plan,
    Row,
    Running,
)
from medimg_workstation.pages.batch.table import rows
from medimg_workstation.work import Teller, Work

from medimg.batch.folder import Batch, Step, run
from medimg.batch.workers import Request
from medimg.values.failure import Failure


class BatchView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: BatchState) -> None:
        """Draw a state: the only way in."""


class BatchPresenter:
    """One for the batch page; no widget inside."""

    def __init__(self, view: BatchView, work: Work, jobs: Jobs) -> None:
        self._view, self._work, self._jobs = view, work, jobs
        self._state: BatchState = Empty()
        self._stop = threading.Event()
        self._job = 0
        self._teller = Teller()
        self._teller.told.connect(self._went_on)
        self._view.show_state(self._state)

    @property
    def state(self) -> BatchState:
        """What is shown now."""
        return self._state

    def start(self, plan: Plan) -> None:
        """Begin a batch, or go on with one that was begun in the same folder."""
        if isinstance(self._state, Running):
            return
        self._stop.clear()
        self._job = self._jobs.begin(f"Batch “{Path(plan.source).name}”", self.stop)
        self._show(Running(plan, Step(0, 0, "", "Looking at files")))
        self._work.run(
            lambda: _run(plan, self._stop, self._teller),
            lambda batch: self._ended(plan, batch),
            lambda failure: self._failed(plan, failure),
        )

    def stop(self) -> None:
        """Stop after the running job; what is done stays."""
        self._stop.set()

    def _went_on(self, news: tuple[Step, tuple[Row, ...] | None]) -> None:
        if not isinstance(self._state, Running):
            return
        step, made = news
        stage = f"case {step.done + 1} of {step.total}" if step.total else step.stage
        self._jobs.go_on(self._job, stage, step.fraction, step.left_s)
        shown = self._state.rows if made is None else made
        self._show(replace(self._state, step=step, rows=shown))

    def _ended(self, plan: Plan, batch: Batch) -> None:
        self._jobs.end(self._job)
        made = rows(Path(plan.out))
        self._show(Ended(plan, made, batch.is_cancelled, batch.resumed, batch.problems))

    def _failed(self, plan: Plan, failure: Failure) -> None:
        self._jobs.end(self._job)
        made = self._state.rows if isinstance(self._state, Running) else ()
        self._show(Failed(plan, failure, made))

    def _show(self, state: BatchState) -> None:
        self._state = state
        self._view.show_state(state)


def _run(plan: Plan, stop: threading.Event, teller: Teller) -> Batch:
    out, told = Path(plan.out), -1

    def progress(step: Step) -> None:
        nonlocal told
        made = rows(out) if step.done != told else None
        told = step.done
        teller.told.emit((step, made))

    request = Request(plan.package, plan.explain, plan.kinds)
    return run([Path(plan.source)], out, request, progress, stop.is_set)
