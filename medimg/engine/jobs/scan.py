"""Find the series under some paths."""

from __future__ import annotations

from dataclasses import dataclass

from medimg import reading
from medimg.engine.context import JobContext
from medimg.reading.plain_paths import plain
from medimg.values.series import Scan


@dataclass(frozen=True, slots=True)
class ScanJob:
    """Find the series under some paths.

    Raises:
        OSError: A path is no text, and no link to it can be made.
    """

    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        # A message is text, and a path need not be.
        object.__setattr__(self, "paths", tuple(str(plain(path)) for path in self.paths))


def run(job: ScanJob, context: JobContext) -> Scan:
    """Find the series under the job's paths."""
    return reading.scan(*job.paths, progress=context.counting("Looking at files"))
