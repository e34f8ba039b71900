"""Find the series under some paths."""

from __future__ import annotations

from dataclasses import dataclass

from medimg import reading
from medimg.engine.context import JobContext
from medimg.values.series import Scan


@dataclass(frozen=True, slots=True)
class ScanJob:
    """Find the series under some paths."""

    paths: tuple[str, ...]


def run(job: ScanJob, context: JobContext) -> Scan:
    """Find the series under the job's paths."""
    return reading.scan(*job.paths, progress=context.counting("Looking at files"))
