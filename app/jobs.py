"""What runs and waits, for the status bar: one list for all pages."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as the status bar shows it.

    Attributes:
        left_s: None while it cannot be told.
    """

    number: int
    name: str
    stage: str = "waiting"
    fraction: float | None = None
    left_s: float | None = None


class Jobs(QObject):
    """The running and waiting jobs in order."""

    changed = Signal(tuple)
    """The list changed; carries a tuple of `JobLine`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._lines: dict[int, JobLine] = {}
        self._stops: dict[int, Callable[[], None]] = {}

    def begin(self, name: str, stop: Callable[[], None]) -> int:
        """Add a job; returns its number."""
        number = next(self._numbers)
        self._lines[number] = JobLine(number, name)
        self._stops[number] = stop
        self._tell()
        return number

    def go_on(self, number: int, stage: str, fraction: float | None, left_s: float | None) -> None:
        """Say how far a job is."""
        if number in self._lines:
            line = self._lines[number]
            self._lines[number] = replace(line, stage=stage, fraction=fraction, left_s=left_s)
            self._tell()

    def end(self, number: int) -> None:
        """Take a job off the list."""
        self._lines.pop(number, None)
        self._stops.pop(number, None)
        self._tell()

    def stop(self, number: int) -> None:
        """Ask for a job to be stopped."""
        if number in self._stops:
            self._stops[number]()

    def _tell(self) -> None:
        self.changed.emit(tuple(self._lines.values()))
