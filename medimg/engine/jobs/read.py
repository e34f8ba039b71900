"""Read the pixels of one series."""

from __future__ import annotations

from dataclasses import dataclass

from medimg import reading
from medimg.engine.context import JobContext
from medimg.values.series import Series
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Read the pixels of one series."""

    series: Series


def run(job: ReadJob, context: JobContext) -> Volume:
    """Read the pixels of a series."""
    return reading.read(job.series, progress=context.counting("Reading pixels"))
