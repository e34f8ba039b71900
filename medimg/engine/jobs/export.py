"""Write an analysis as files of some kinds, in the engine's child: its libraries are heavy."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.engine.context import JobContext
from medimg.results import EXPORTS, export_each
from medimg.values.analysis import Analysis
from medimg.values.errors import OutputFailed


@dataclass(frozen=True, slots=True, eq=False)
class ExportJob:
    """Write an analysis as files of some kinds of `results.EXPORTS` into a folder."""

    analysis: Analysis
    out: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote.

    Attributes:
        files: (kind, path) of each file.
        notes: What must be said: why a kind was left out, what a header lacked.
    """

    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def run(job: ExportJob, context: JobContext) -> Written:
    """Write an analysis as the job's kinds of files, one after another.

    Raises:
        OutputFailed: Files could not be written; the others are there.
        UsageError: There is no such kind.
    """
    files: dict[str, str] = {}
    notes: list[str] = []
    failed: list[str] = []
    for number, kind in enumerate(job.kinds):
        title = EXPORTS[kind].title if kind in EXPORTS else kind
        context.report(number / len(job.kinds), f"Writing: {title}")
        for export in export_each(job.analysis, job.out, [kind]):
            if export.path is not None:
                files[export.kind] = str(export.path)
            if export.sentence:
                (failed if export.failed else notes).append(export.sentence)
    if failed:
        raise OutputFailed(" ".join(dict.fromkeys(failed)))
    return Written(tuple(files.items()), tuple(dict.fromkeys(notes)))
