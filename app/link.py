"""A child process in Qt's words: jobs go in, signals come out on the window's thread."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from medimg.engine.client import Child, Outcome, Progress
from medimg.engine.jobs import Job
from medimg.engine.protocol import Role

OnProgress = Callable[[Progress], None]
OnDone = Callable[[Outcome], None]


class Link(QObject):
    """Owns one child. The child calls back on its reader's thread; signals bring that home."""

    progressed = Signal(int, object)
    """A job went on; carries its ticket and the `Progress`."""
    finished = Signal(int, object)
    """A job ended; carries its ticket and the `Outcome`."""

    def __init__(self, role: Role, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._child = Child(role)
        self._tickets = itertools.count(1)
        self._waiting: dict[int, tuple[OnProgress, OnDone]] = {}
        self._job_ids: dict[int, int] = {}
        self.progressed.connect(self._tell_progress)
        self.finished.connect(self._tell_done)

    @property
    def process_id(self) -> int | None:
        """Of the child; None while there is none."""
        return self._child.process_id

    @property
    def folder(self) -> Path | None:
        """The run's private folder; None before the first job and after the end."""
        return self._child.folder

    def warm(self) -> None:
        """Start the child now, so that the first job does not wait for its imports."""
        self._child.warm()

    def start(self, job: Job, on_progress: OnProgress, on_done: OnDone) -> int:
        """Queue a job; both functions are called on the window's thread. Returns its ticket."""
        ticket = next(self._tickets)
        self._waiting[ticket] = (on_progress, on_done)
        # A job may end before `submit` returns, so the ticket is ours and not the child's id.
        self._job_ids[ticket] = self._child.submit(
            job,
            lambda progress: self.progressed.emit(ticket, progress),
            lambda outcome: self.finished.emit(ticket, outcome),
        )
        return ticket

    def cancel(self, ticket: int) -> None:
        """Stop a job; its end is told as for any other."""
        if ticket in self._job_ids and ticket in self._waiting:
            self._child.cancel(self._job_ids[ticket])

    def close(self) -> None:
        """End the child; nothing is told any more."""
        self._waiting.clear()
        self._child.close()

    def _tell_progress(self, ticket: int, progress: Progress) -> None:
        if ticket in self._waiting:
            self._waiting[ticket][0](progress)

    def _tell_done(self, ticket: int, outcome: Outcome) -> None:
        self._job_ids.pop(ticket, None)
        if (pair := self._waiting.pop(ticket, None)) is not None:
            pair[1](outcome)
