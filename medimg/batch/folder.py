"""A folder of cases through one or all packages: one analysis each, errors skipped, resumable.

The window's batch page and `medimg batch` call `run`. After every case the table and the index
are written anew, so an interrupted batch is a shorter one, and the next call goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from medimg.batch.case import Case, case_of, key_of
from medimg.batch.case_folders import case_folder, case_name
from medimg.batch.overviews import write_index, write_table
from medimg.batch.workers import AUTO, RECORD, Request, State, Workers, run_series
from medimg.engine.client import Child, Progress
from medimg.packages.manifest import Package
from medimg.values.errors import Cancelled, NothingRead
from medimg.values.series import Series
from medimg.values.whole_files import write_whole

#: Beside each record: the row of the table, and for what it was made.
DONE = "row.json"
TABLE, INDEX = "results.csv", "index.html"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a batch is: series done and in all, and what the running job says."""

    done: int
    total: int
    case: str
    stage: str
    fraction: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that has ended.

    Attributes:
        resumed: Rows that an earlier call had finished.
        is_cancelled: Whether it was stopped before its end.
        problems: What files of the folder could not be used, in words.
    """

    out: Path
    cases: tuple[Case, ...]
    resumed: int = 0
    is_cancelled: bool = False
    problems: tuple[str, ...] = ()

    def count(self, state: State) -> int:
        """Rows that ended so."""
        return sum(case.state == state.value for case in self.cases)


@dataclass(slots=True)
class _Tally:
    """What has come together so far."""

    out: Path
    total: int
    tell: Callable[[Step], None]
    begin: float = field(default_factory=time.monotonic)
    done: int = 0
    reached: float = 0.0
    resumed: int = 0
    cases: list[Case] = field(default_factory=list)

    def watch(self, series: Series, package: Package | None, now: Progress) -> None:
        stage = f"{package.title}: {now.stage}" if package else now.stage
        part = (self.done + (now.fraction or 0.0) * (package is not None)) / max(self.total, 1)
        # A second package on the same series begins anew; the bar does not go back for it.
        part = self.reached = max(part, self.reached)
        elapsed = time.monotonic() - self.begin
        left = elapsed / part * (1.0 - part) if part > 0.0 else None
        self.tell(Step(self.done, self.total, case_name(series), stage, part, left))

    def write(self) -> None:
        write_table(self.out / TABLE, self.cases)
        write_index(self.out / INDEX, self.cases)


def run(
    source: Sequence[Path],
    out: Path,
    request: Request,
    progress: Callable[[Step], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    reader: Child | None = None,
    engine: Child | None = None,
) -> Batch:
    """Run packages over everything under some paths.

    Args:
        source: Files and folders.
        out: Folder of the results; a batch that was begun there goes on.
        request: Which packages, explanations and kinds of files.
        progress: Told as it goes on.
        cancelled: Asked often; True stops the running job and ends the batch.
        reader, engine: Children to use; own ones if None.

    Returns:
        Every row, also of earlier calls, with what went wrong in words.

    Raises:
        UsageError: There is no such package or path.
        NothingRead: No image is under the paths.
        OutputFailed: The folder cannot be written to.
    """
    chosen = request.chosen
    tell = progress or (lambda _: None)
    with Workers(cancelled, reader, engine) as workers:
        try:
            scan = workers.scan(source, lambda now: tell(Step(0, 0, "", now.stage, now.fraction)))
        except Cancelled:
            return Batch(out, (), is_cancelled=True)
        problems = tuple(problem.sentence for problem in scan.problems)
        if not scan.series:
            raise NothingRead(" ".join(["No image was found.", *problems[:1]]))
        tally = _Tally(out, len(scan.series), tell)
        try:
            for series in scan.series:
                _run_case(workers, series, request, chosen, tally, scan.series)
        except Cancelled:
            tally.write()
            return Batch(out, tuple(tally.cases), tally.resumed, True, problems)
    return Batch(out, tuple(tally.cases), tally.resumed, False, problems)


def _run_case(
    workers: Workers,
    series: Series,
    request: Request,
    chosen: Sequence[Package],
    tally: _Tally,
    study: Sequence[Series],
) -> None:
    before = {package.id: _earlier(tally.out, series, package, request) for package in chosen}
    todo = [package for package in chosen if before[package.id] is None]
    results = run_series(
        workers,
        series,
        request,
        todo,
        lambda s, p: folder_of(tally.out, s, p),
        tally.watch,
        study,
    )
    earlier = [case for case in before.values() if case is not None]
    new = [case_of(tally.out, result, request) for result in results]
    for result, case in zip(results, new, strict=True):
        if result.state is State.DONE:
            path = folder_of(tally.out, series, result.package) / DONE
            write_whole(path, msgspec.json.format(msgspec.json.encode(case)))
    tally.cases += earlier + _told(new, request, has_done=bool(earlier))
    tally.resumed += len(earlier)
    tally.done += 1
    tally.write()


def folder_of(out: Path, series: Series, package: Package) -> Path:
    """Where the files of one analysis lie."""
    return out / case_folder(series) / package.id


def _told(cases: list[Case], request: Request, *, has_done: bool) -> list[Case]:
    """With "auto", what does not fit is told only where nothing fits, in one row."""
    if request.package != AUTO:
        return cases
    told = [case for case in cases if case.state != State.REFUSED.value]
    if told or has_done or not cases:
        return told
    reasons = " ".join(dict.fromkeys(f"{case.package}: {case.reason}" for case in cases))
    return [msgspec.structs.replace(cases[0], package="", reason=reasons)]


def _earlier(out: Path, series: Series, package: Package, request: Request) -> Case | None:
    """The row of an earlier call, if its record is there and was made as is wished now."""
    folder = folder_of(out, series, package)
    try:
        case = msgspec.json.decode((folder / DONE).read_bytes(), type=Case)
    except (OSError, msgspec.DecodeError):
        return None
    has_record = RECORD in case.files and (out / case.files[RECORD]).is_file()
    return case if case.key == key_of(package, request) and has_record else None
