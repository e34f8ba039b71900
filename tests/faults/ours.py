"""Ours on one input: the public line, scan and read, in the reader child as the window runs it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from medimg.engine.calls import wait_for
from medimg.engine.client import Child, Outcome
from medimg.engine.jobs import Job
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.scan import ScanJob
from medimg.values.failure import Failure, FailureKind
from medimg.values.problems import Problem
from medimg.values.series import Scan, Series
from medimg.values.volume import Volume

LIMIT_S = 25.0
LIMIT_BYTES = 3 << 30


class End(Enum):
    """How a reader's process ended."""

    WELL = "well"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What ours made of an input.

    Attributes:
        scan: None where the child did not come back from it.
        volumes: One a series that could be read, in the order of the scan; each carries the
            problems of its pixels too.
        refused: (series, sentence) of those whose pixels were refused.
    """

    end: End
    scan: Scan | None = None
    volumes: tuple[Volume, ...] = ()
    refused: tuple[tuple[Series, str], ...] = ()
    seconds: float = 0.0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was told, once each: of files, of objects, of series, of pixels."""
        told = list(self.scan.problems) if self.scan else []
        for object_ in self.scan.objects if self.scan else ():
            told += object_.problems
        for series, _ in self.refused:
            told += series.problems
        for volume in self.volumes:
            told += volume.problems
        return tuple(dict.fromkeys(told))


def run(folder: Path, child: Child) -> Answer:
    """Scan a folder and read every series of it, within `LIMIT_S` seconds and 3 GB."""
    begin = time.monotonic()

    def ask(job: Job) -> Outcome:
        outcome = wait_for(child, job, cancelled=_late(begin))
        if outcome.failure and _late(begin)():
            return Outcome(failure=Failure(FailureKind.CANCELLED, "It took too long."))
        return outcome

    outcome = ask(ScanJob((str(folder),)))
    if not isinstance(outcome.value, Scan):
        return Answer(_end(outcome.failure), seconds=time.monotonic() - begin)
    volumes, refused = [], []
    for series in outcome.value.series:
        got = ask(ReadJob(series))
        if isinstance(got.value, Volume):
            volumes.append(got.value)
        elif got.failure is not None and got.failure.kind is FailureKind.INPUT:
            refused.append((series, got.failure.sentence))
        else:
            return Answer(_end(got.failure), outcome.value, seconds=time.monotonic() - begin)
    end = End.MEMORY if peak_bytes(child.process_id) > LIMIT_BYTES else End.WELL
    seconds = time.monotonic() - begin
    return Answer(end, outcome.value, tuple(volumes), tuple(refused), seconds)


def peak_bytes(process_id: int | None) -> int:
    """Most memory that a process has held, where the system tells it; else 0."""
    if process_id is None:
        return 0
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:  # another system, or the process has just ended
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 if found else 0


def _late(begin: float) -> Callable[[], bool]:
    return lambda: time.monotonic() - begin > LIMIT_S


def _end(failure: Failure | None) -> End:
    kind = failure.kind if failure else None
    if kind is FailureKind.CANCELLED:
        return End.HANG
    return End.MEMORY if kind is FailureKind.OUT_OF_MEMORY else End.CRASH
