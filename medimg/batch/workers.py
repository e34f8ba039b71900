"""Packages over series: what a verb, a batch and the window's batch page do alike.

All reading and running happens in children, so a file that crashes a codec, or a run that runs
out of memory, costs its own row and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar

from medimg.engine.calls import error_of, wait_for
from medimg.engine.client import Child, Progress
from medimg.engine.jobs import Job
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.jobs.export import ExportJob, Written
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.protocol import Role
from medimg.packages.admission import admit
from medimg.packages.catalogue import find, packages
from medimg.packages.manifest import Package
from medimg.packages.roles import others
from medimg.values.analysis import Analysis
from medimg.values.errors import Cancelled, InputRefused, MedimgError, OutputFailed, UsageError
from medimg.values.prompt import Prompt
from medimg.values.series import Scan, Series
from medimg.values.verdict import Outcome, Reason, Verdict
from medimg.values.volume import Volume

AUTO = "auto"
RECORD = "h5"
Value = TypeVar("Value")


class State(Enum):
    """How one package ended on one series."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Request:
    """What shall be run and written.

    Attributes:
        package: A package's name, or "auto" for every package that fits.
        explain: Methods of explanation.
        kinds: Exports beside the record, which is always written.
        prompt: What the reader points at; with it, "auto" means the packages that outline, and
            without it those that need no pointing.
    """

    package: str = AUTO
    explain: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    prompt: Prompt | None = None

    @property
    def chosen(self) -> tuple[Package, ...]:
        """The packages that are tried.

        Raises:
            UsageError: There is no such package.
        """
        if self.package != AUTO:
            return (find(self.package),)
        asks = self.prompt is not None
        return tuple(one for one in packages().values() if bool(one.prompt) is asks)

    def methods(self, package: Package, chosen: Sequence[Package]) -> tuple[str, ...]:
        """The wished methods that a package provides for; unknown names stay, to be told."""
        known = {row.method for other in chosen for row in other.maps}
        own = {row.method for row in package.maps}
        return tuple(
            text
            for text in self.explain
            if (name := text.split(":")[0]) in own or name not in known
        )


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One package's end on one series.

    Attributes:
        reason: Why it did not run or what failed, in words; notes of the exports otherwise.
        files: Path of each file written, by kind of export.
    """

    series: Series
    package: Package
    state: State
    reason: str = ""
    verdict: Verdict | None = None
    analysis: Analysis | None = None
    files: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


#: (series, package or None while reading, progress of the job that runs)
Watch = Callable[[Series, Package | None, Progress], None]


class Workers:
    """A reader and an engine child, waited for one job at a time.

    Args:
        cancelled: Asked while a job runs; True cancels it and raises `Cancelled`.
        reader, engine: Children to use and not to close; own ones if None.
    """

    def __init__(
        self,
        cancelled: Callable[[], bool] | None = None,
        reader: Child | None = None,
        engine: Child | None = None,
    ) -> None:
        self._cancelled = cancelled
        self._own: list[Child] = []
        self._reader = reader or self._started(Role.READER)
        self._engine = engine or self._started(Role.ENGINE)

    def _started(self, role: Role) -> Child:
        self._own.append(Child(role))
        return self._own[-1]

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._own:
            child.close()

    def scan(self, paths: Sequence[Path], progress: Callable[[Progress], None]) -> Scan:
        """Find the series under some paths.

        Raises:
            UsageError: A path does not exist.
            MedimgError: It could not be done; the kind says why.
        """
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path} does not exist. Check the path.")
        job = ScanJob(tuple(str(path) for path in paths))
        return self._value(self._reader, job, Scan, progress)

    def read(self, series: Series, progress: Callable[[Progress], None]) -> Volume:
        """Read the pixels of a series; errors as `scan`."""
        return self._value(self._reader, ReadJob(series), Volume, progress)

    def analyse(
        self,
        volume: Volume,
        package: Package,
        explain: tuple[str, ...],
        progress: Callable[[Progress], None],
        prompt: Prompt | None = None,
        others: tuple[Volume, ...] = (),
    ) -> Analysis:
        """Run a package on a volume; errors as `scan`."""
        job = AnalyseJob(volume, package.name, explain, prompt, others)
        return self._value(self._engine, job, Analysis, progress)

    def export(
        self,
        analysis: Analysis,
        out: Path,
        kinds: tuple[str, ...],
        progress: Callable[[Progress], None],
    ) -> Written:
        """Write an analysis as files; errors as `scan`."""
        job = ExportJob(analysis, str(out), kinds)
        return self._value(self._engine, job, Written, progress)

    def warm(self) -> None:
        """Let the engine load its libraries now; a second call does nothing."""
        self._engine.warm()

    def _value(
        self,
        child: Child,
        job: Job,
        kind: type[Value],
        progress: Callable[[Progress], None],
    ) -> Value:
        if self._cancelled and self._cancelled():
            raise Cancelled("The run was cancelled.")
        outcome = wait_for(child, job, progress, self._cancelled)
        if outcome.failure:
            raise error_of(outcome.failure)
        assert isinstance(outcome.value, kind)
        return outcome.value


def verdicts(series: Series, chosen: Iterable[Package]) -> list[tuple[Package, Verdict]]:
    """What the gate says of a series by its headers, for each package."""
    return [(package, admit(series, package)) for package in chosen]


def refusal(verdict: Verdict) -> str:
    """The reasons of a refusal in words."""
    return " ".join(_refusals(verdict.reasons))


def _refusals(reasons: Iterable[Reason]) -> list[str]:
    return [reason.sentence for reason in reasons if reason.outcome is Outcome.REFUSE]


def run_series(
    workers: Workers,
    series: Series,
    request: Request,
    chosen: Sequence[Package],
    folder_of: Callable[[Series, Package], Path],
    watch: Watch,
    study: Sequence[Series] = (),
) -> list[Result]:
    """Read a series once, and run every chosen package that the gate admits.

    Args:
        study: All series that were found: a package may want several of one study.
        folder_of: Where the files of a result go.
        watch: Told how the running job goes.

    Returns:
        One result a package, refusals and failures included.

    Raises:
        Cancelled: The user stopped it.
        OutputFailed: Nothing can be written; going on would be in vain.
    """
    results = [
        Result(series, package, State.REFUSED, refusal(verdict), verdict)
        for package, verdict in verdicts(series, chosen)
        if verdict.outcome is Outcome.REFUSE
    ]
    admitted = [p for p in chosen if p.id not in {result.package.id for result in results}]
    if not admitted:
        return results
    # The engine loads its libraries while the pixels are read.
    workers.warm()
    try:
        volume = workers.read(series, lambda progress: watch(series, None, progress))
    except (Cancelled, OutputFailed):
        raise
    except MedimgError as error:
        failed = [Result(series, package, State.FAILED, str(error)) for package in admitted]
        return results + failed
    for package in admitted:
        out = folder_of(series, package)
        methods = request.methods(package, chosen)
        results.append(_run_package(workers, volume, package, methods, request, out, watch, study))
    return results


def _run_package(
    workers: Workers,
    volume: Volume,
    package: Package,
    methods: tuple[str, ...],
    request: Request,
    out: Path,
    watch: Watch,
    study: Sequence[Series],
) -> Result:
    series, begin = volume.series, time.monotonic()
    verdict = admit(volume, package)
    if verdict.outcome is Outcome.REFUSE:
        return Result(series, package, State.REFUSED, refusal(verdict), verdict)

    def progress(now: Progress) -> None:
        watch(series, package, now)

    try:
        more = tuple(workers.read(one, progress) for one in others(package, series, study))
        analysis = workers.analyse(volume, package, methods, progress, request.prompt, more)
        kinds = tuple(dict.fromkeys((RECORD, *request.kinds)))
        written = workers.export(analysis, out, kinds, progress)
    except (Cancelled, OutputFailed):
        raise
    except InputRefused as error:
        # Only the network's own answer showed that this is no image for it.
        return Result(series, package, State.REFUSED, str(error), verdict)
    except MedimgError as error:
        return Result(series, package, State.FAILED, str(error), verdict)
    return Result(
        series,
        package,
        State.DONE,
        " ".join(written.notes),
        analysis.verdict,
        analysis,
        dict(written.files),
        round(time.monotonic() - begin, 2),
    )
