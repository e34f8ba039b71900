"""What a caller's own function does stops neither the queue nor the child."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from medimg.engine.calls import wait_for
from medimg.engine.client import Child, Outcome, Progress
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.protocol import Role
from medimg.engine.waiting import Priority
from tests.medimg.engine.test_client import Watch


@pytest.fixture(scope="module")
def reader() -> Child:
    with Child(Role.READER) as child:
        yield child


@pytest.mark.parametrize("error", [ValueError, OSError, SystemExit])
def test_a_progress_callback_that_raises_does_not_end_the_thread(
    reader: Child, error: type[BaseException], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was taken for a crash of the child (ValueError), or every later job waited for ever."""
    called: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        called.append(progress)
        raise error("a caller's own")

    watch = Watch()
    with caplog.at_level(logging.CRITICAL):
        reader.submit(ScanJob((str(tmp_path),)), on_progress, watch.on_done)
        assert watch.ended.wait(60)
    assert watch.outcome is not None and watch.outcome.failure is None
    assert len(called) == 1
    process = reader.process_id
    assert wait_for(reader, ScanJob((str(tmp_path),))).failure is None
    assert reader.process_id == process


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_end_callback_that_raises_does_not_end_the_thread(
    reader: Child, error: type[BaseException], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def on_done(outcome: Outcome) -> None:
        raise error("a caller's own")

    with caplog.at_level(logging.CRITICAL):
        reader.submit(ScanJob((str(tmp_path),)), lambda _: None, on_done)
        assert wait_for(reader, ScanJob((str(tmp_path),))).failure is None


def test_a_script_gets_the_error_of_its_own_callback(reader: Child, tmp_path: Path) -> None:
    """A ValueError of `progress` was reported as "the process stopped in the middle"."""

    def progress(_: Progress) -> None:
        raise ValueError("my own mistake")

    with pytest.raises(ValueError, match="my own mistake"):
        wait_for(reader, ScanJob((str(tmp_path),)), progress)
    assert wait_for(reader, ScanJob((str(tmp_path),))).failure is None


def test_a_job_that_is_none_does_not_end_the_thread(
    reader: Child, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        failure = wait_for(reader, object()).failure  # type: ignore[arg-type]
    assert failure is not None and "could not be handed over" in failure.sentence
    assert wait_for(reader, ScanJob((str(tmp_path),))).failure is None


def test_a_superseded_job_is_cancelled_and_what_is_looked_at_goes_first(
    reader: Child, tmp_path: Path
) -> None:
    """Held up by its own callback, the queue gets four jobs; two of them have one word."""
    ended: list[str] = []
    watches = {name: Watch() for name in ("held", "late", "old", "new", "seen")}

    def submit(name: str, **how: object) -> None:
        def on_done(outcome: Outcome) -> None:
            ended.append(name)
            watches[name].on_done(outcome)

        job = ScanJob((str(tmp_path),))
        reader.submit(job, watches[name].on_progress, on_done, **how)  # type: ignore[arg-type]

    def held(_: Progress) -> None:
        if not watches["held"].running.is_set():
            watches["held"].running.set()
            submit("late", priority=Priority.BACKGROUND)
            submit("old", supersedes="scan")
            submit("new", supersedes="scan")
            submit("seen", priority=Priority.LOOKED_AT)

    reader.submit(ScanJob((str(tmp_path),)), held, watches["held"].on_done)
    assert all(watch.ended.wait(60) for watch in watches.values())
    assert ended == ["old", "seen", "new", "late"]
    assert watches["old"].outcome is not None and watches["old"].outcome.failure is not None
