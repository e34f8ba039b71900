"""Reads series one after the other, and only those that are still wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from medimg.engine.client import Outcome, Progress
from medimg.engine.jobs.read import ReadJob
from medimg.values.failure import Failure, FailureKind
from medimg.values.series import Series
from medimg.values.volume import Volume

OnProgress = Callable[[str, Progress], None]
OnRead = Callable[[str, Volume], None]
OnFailed = Callable[[str, Failure], None]


class Reader(Protocol):
    """The reader's child, as far as it is needed here."""

    def start(
        self,
        job: ReadJob,
        on_progress: Callable[[Progress], None],
        on_done: Callable[[Outcome], None],
    ) -> int:
        """Queue a job; returns its ticket."""

    def cancel(self, ticket: int) -> None:
        """Stop a job; its end is told as for any other."""


@dataclass(slots=True)
class _Current:
    """The read that is under way."""

    series_id: str
    ticket: int = -1
    is_given_up: bool = False


class Reads:
    """One read is under way at a time; one that nobody waits for any more is stopped.

    Args:
        reader: The child.
        went_on, done, failed: Told of series that are still wanted, and of no others.
    """

    def __init__(self, reader: Reader, went_on: OnProgress, done: OnRead, failed: OnFailed) -> None:
        self._reader = reader
        self._went_on, self._done, self._failed = went_on, done, failed
        self._wanted: list[Series] = []
        self._current: _Current | None = None

    def want(self, series: Sequence[Series]) -> None:
        """Read these, most urgent first, and nothing else."""
        self._wanted = list(series)
        current = self._current
        if current is not None and current.series_id not in {one.id for one in series}:
            current.is_given_up = True
            self._reader.cancel(current.ticket)
        self._next()

    def _next(self) -> None:
        """Begin the next read, unless one is still under way."""
        if self._current is not None or not self._wanted:
            return
        series = self._wanted[0]
        current = self._current = _Current(series.id)
        current.ticket = self._reader.start(
            ReadJob(series),
            lambda progress: self._tell(current, progress),
            lambda outcome: self._ended(current, outcome),
        )

    def _tell(self, current: _Current, progress: Progress) -> None:
        if not current.is_given_up:
            self._went_on(current.series_id, progress)

    def _ended(self, current: _Current, outcome: Outcome) -> None:
        self._current = None
        if not current.is_given_up:
            self._wanted = [one for one in self._wanted if one.id != current.series_id]
            if isinstance(outcome.value, Volume):
                self._done(current.series_id, outcome.value)
            else:
                self._failed(current.series_id, outcome.failure or _lost())
        self._next()


def _lost() -> Failure:
    return Failure(FailureKind.INTERNAL, "The reader gave no image.", "Open the series again.")
