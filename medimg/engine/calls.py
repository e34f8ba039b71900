"""Jobs as plain calls that wait for their answer: for scripts, verbs and batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache

from medimg.engine.client import Child, Outcome, Progress
from medimg.engine.jobs import Job
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.protocol import Role
from medimg.values.analysis import Analysis
from medimg.values.errors import (
    Cancelled,
    EngineFailed,
    InputRefused,
    MedimgError,
    OutputFailed,
    PackageRefused,
)
from medimg.values.failure import Failure, FailureKind
from medimg.values.prompt import Prompt
from medimg.values.volume import Volume

#: How often a waiting main thread looks up; Windows does not interrupt a wait for Ctrl-C.
_LOOK_UP_S = 0.1

_ERRORS: dict[FailureKind, type[MedimgError]] = {
    FailureKind.CANCELLED: Cancelled,
    FailureKind.INPUT: InputRefused,
    FailureKind.PACKAGE: PackageRefused,
    FailureKind.OUTPUT: OutputFailed,
}


def error_of(failure: Failure) -> MedimgError:
    """The error that a failed job is raised as."""
    kind = _ERRORS.get(failure.kind)
    return EngineFailed(failure) if kind is None else kind(failure.sentence)


def wait_for(
    child: Child,
    job: Job,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Give a child one job and wait for how it ends; Ctrl-C cancels it first.

    What `progress` or `cancelled` raises cancels the job and is raised here.

    Args:
        cancelled: Asked ten times a second; True cancels the job.
    """
    outcomes: list[Outcome] = []
    raised: list[BaseException] = []
    ended = threading.Event()

    def on_progress(state: Progress) -> None:
        try:
            if progress and not raised:
                progress(state)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            raised.append(error)

    def on_done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        ended.set()

    job_id = child.submit(job, on_progress, on_done)
    try:
        while not ended.wait(_LOOK_UP_S):
            if raised or (cancelled and cancelled()):
                child.cancel(job_id)
    except BaseException:
        child.cancel(job_id)
        ended.wait()
        raise
    if raised:
        raise raised[0]
    return outcomes[0]


@cache
def _engine() -> Child:
    """The one engine child of a script; it ends with the script."""
    return Child(Role.ENGINE)


def analyse(
    volume: Volume,
    package_id: str,
    explain: Sequence[str] = ("grad-cam",),
    progress: Callable[[Progress], None] | None = None,
    prompt: Prompt | None = None,
) -> Analysis:
    """Run a package on a volume, in the engine's process.

    Args:
        volume: From `medimg.read`.
        package_id: `id` or `id@version`.
        explain: Methods of explanation; none if empty.
        progress: Called from a background thread.
        prompt: What is pointed at, for a package that outlines.

    Returns:
        Findings, regions, explanations, and all that exports need.

    Raises:
        InputRefused: The gate refuses the image; the sentence says why.
        PackageRefused: The package is damaged.
        EngineFailed: The process crashed or ran out of memory.
    """
    job = AnalyseJob(volume, package_id, tuple(explain), prompt)
    outcome = wait_for(_engine(), job, progress)
    if outcome.failure:
        raise error_of(outcome.failure)
    assert isinstance(outcome.value, Analysis)
    return outcome.value
