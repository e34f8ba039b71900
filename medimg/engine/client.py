"""The parent's side: a child that takes one job after another and is replaced when it fails.

Plain threads, no Qt: callbacks come from a background thread. A child that crashes, runs out of
memory or does not stop in time is replaced; its job gets a `Failure`, the next one a new child.
What a callback raises is logged and stops nothing.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import shutil
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from medimg.engine import protocol
from medimg.engine.context import State
from medimg.engine.jobs import JOBS, Job, name_of
from medimg.engine.jobs.export import Written
from medimg.engine.jobs.layers import Layers
from medimg.engine.jobs.prove import Proof
from medimg.engine.jobs.thumbnail import Picture
from medimg.engine.kept_arrays import KeptArrays
from medimg.engine.process import Process
from medimg.engine.protocol import Cancel, Failed, Report, Role, Start
from medimg.engine.value_files import pack, unpack
from medimg.engine.waiting import Priority, Waiting
from medimg.reading.run_folder import RunFolder
from medimg.values.analysis import Analysis
from medimg.values.failure import Failure, FailureKind
from medimg.values.series import Scan
from medimg.values.volume import Volume

#: A cancelled job that has not stopped by then is killed with its child; 1 s is promised.
PATIENCE_S = 0.6

CANCELLED = Failure(FailureKind.CANCELLED, "The job was cancelled.")
_LOG = logging.getLogger(__name__)

#: How far a job is, as parents are told.
Progress = State


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How a job ended: a value or a failure, never both."""

    value: Scan | Volume | Layers | np.ndarray | Analysis | Written | Proof | None = None
    failure: Failure | None = None


OnProgress = Callable[[Progress], None]
OnDone = Callable[[Outcome], None]
Told = TypeVar("Told")


@dataclass(slots=True, eq=False)
class _Task:
    """A job on its way."""

    id: int
    job: Job
    on_progress: OnProgress
    on_done: OnDone
    priority: Priority
    supersedes: str
    is_cancelled: threading.Event = field(default_factory=threading.Event)
    is_heard: bool = True

    def report(self, report: Report) -> None:
        """Pass progress on, until the callback fails once."""
        if self.is_heard and not self.is_cancelled.is_set():
            self.is_heard = _told(self.on_progress, report.state, "progress")

    def end(self, outcome: Outcome) -> None:
        """Tell how it ended."""
        _told(self.on_done, outcome, "end")


def _told(callback: Callable[[Told], None], what: Told, of: str) -> bool:
    """Call back; what the callback raises is its own matter, and the queue goes on."""
    try:
        callback(what)
    except BaseException as error:  # noqa: BLE001 - also SystemExit would end the queue's thread
        _LOG.exception("The callback for the %s of a job raised %s.", of, type(error).__name__)
        return False
    return True


class Child:
    """One child process of a role; jobs queue up and run one at a time.

    The process starts with the first job, or with `warm`. Close it, or use it in a `with`.
    """

    def __init__(self, role: Role) -> None:
        self._role = role
        self._ids = itertools.count(1)
        self._waiting: Waiting[_Task] = Waiting()
        self._changed = threading.Condition()
        self._current: _Task | None = None
        self._process: Process | None = None
        self._folder: RunFolder | None = None
        self._kept: KeptArrays | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        _OPEN.add(self)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """Of the running process; None while there is none."""
        process = self._process
        return process.id if process and process.is_alive else None

    @property
    def folder(self) -> Path | None:
        """The run's private folder; None before the first job and after `close`."""
        return self._folder.path if self._folder else None

    def warm(self) -> None:
        """Start the process now, so that the first job does not wait for imports."""
        with self._changed:
            if not self._is_closed:
                self._begin()

    def submit(
        self,
        job: Job,
        on_progress: OnProgress,
        on_done: OnDone,
        *,
        priority: Priority = Priority.WAITED_FOR,
        supersedes: str = "",
    ) -> int:
        """Queue a job.

        Args:
            job: What to do.
            on_progress: Called from a background thread as the job goes on; once it has raised,
                it is not called any more.
            on_done: Called once, from a background thread, with the value or the failure.
            priority: Jobs of a lower number go first.
            supersedes: Waiting and running jobs of the same word are cancelled; none if empty.

        Returns:
            The job's id, for `cancel` and `prefer`.
        """
        task = _Task(next(self._ids), job, on_progress, on_done, priority, supersedes)
        dropped: list[_Task] = []
        with self._changed:
            is_late, running = self._is_closed, self._current
            if not is_late:
                dropped = self._waiting.add(task)
                self._begin()
                self._changed.notify()
        for one in [task] if is_late else dropped:
            one.end(Outcome(failure=CANCELLED))
        if running and supersedes and running.supersedes == supersedes:
            self.cancel(running.id)
        return task.id

    def prefer(self, job_id: int, priority: Priority = Priority.LOOKED_AT) -> None:
        """Change a waiting job's turn: what the reader looks at goes first."""
        with self._changed:
            self._waiting.prefer(job_id, priority)

    def cancel(self, job_id: int) -> None:
        """Stop a job; within a second its `on_done` is called. Unknown ids are done already."""
        with self._changed:
            waiting = self._waiting.remove(job_id)
            running = self._current if self._current and self._current.id == job_id else None
            process = self._process
        if waiting:
            waiting.end(Outcome(failure=CANCELLED))
        if running and not running.is_cancelled.is_set():
            running.is_cancelled.set()
            if process and process.send(Cancel(running.id)):
                self._kill_later(running, process)

    def close(self) -> None:
        """Cancel everything, end the process, remove the run's folder."""
        with self._changed:
            self._is_closed = True
            waiting = self._waiting.clear()
            running, process = self._current, self._process
            self._changed.notify()
        for task in waiting:
            task.end(Outcome(failure=CANCELLED))
        if running:
            running.is_cancelled.set()
        if process:
            process.end()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()
        if self._folder:
            self._folder.remove()
            self._folder = self._kept = None

    def _begin(self) -> None:
        """Make the run's folder and start the working thread, once."""
        if self._thread is None:
            self._folder = RunFolder()
            self._kept = KeptArrays(self._folder.path)
            name = f"medimg-{self._role.value}"
            self._thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._thread.start()

    def _kill_later(self, task: _Task, process: Process) -> None:
        def kill() -> None:
            if self._current is task:
                process.kill()

        timer = threading.Timer(PATIENCE_S, kill)
        timer.daemon = True
        timer.start()

    def _work(self) -> None:
        self._living()
        while (task := self._next()) is not None:
            outcome = self._outcome(task)
            with self._changed:
                self._current = None
            task.end(outcome)
        if self._process:
            self._process.bury()

    def _next(self) -> _Task | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._waiting)
            self._current = None if self._is_closed else self._waiting.take()
            return self._current

    def _living(self) -> Process:
        """The running process; a new one where there is none."""
        if self._process is None or not self._process.is_alive:
            assert self._folder is not None
            self._process = Process(self._role, self._folder.path)
        return self._process

    def _outcome(self, task: _Task) -> Outcome:
        assert self._folder is not None
        folder = protocol.folder_of(self._folder.path, task.id)
        try:
            folder.mkdir(mode=0o700)
            pack(task.job, folder, "job", self._kept)
            return self._run(task, folder)
        except OSError as error:
            sentence = f"The job could not be handed over: {error.strerror or error}."
            todo = "Free space on the disk of temporary files."
            return Outcome(failure=Failure(FailureKind.OUTPUT, sentence, todo))
        except msgspec.MsgspecError as error:
            sentence = f"The answer of the {self._role.value} process is not understood: {error}."
            return Outcome(failure=Failure(FailureKind.INTERNAL, sentence, "Report the file."))
        except Exception as error:  # noqa: BLE001 - else every later job would wait for ever
            _LOG.exception("A job could not be handed over.")
            sentence = f"The job could not be handed over ({type(error).__name__}: {error})."
            return Outcome(failure=Failure(FailureKind.INTERNAL, sentence, "Report it."))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, task: _Task, folder: Path) -> Outcome:
        process = self._living()
        if task.is_cancelled.is_set():
            return Outcome(failure=CANCELLED)
        name = name_of(task.job)
        ended = None
        if process.send(Start(task.id, name, str(folder))):
            ended = process.follow(task.id, task.report)
        if ended is None:
            failure = process.autopsy()
            self._process = None
            return Outcome(failure=CANCELLED if task.is_cancelled.is_set() else failure)
        if task.is_cancelled.is_set():
            return Outcome(failure=CANCELLED)
        if isinstance(ended, Failed):
            return Outcome(failure=ended.failure)
        value = unpack(JOBS[name].value, folder, "value")
        return Outcome(value.grey if isinstance(value, Picture) else value)


#: Children that must not outlive this process, even where nobody closes them.
_OPEN: weakref.WeakSet[Child] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for child in list(_OPEN):
        child.close()
