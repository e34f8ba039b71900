"""One child process as its parent holds it: started, spoken to, ended, and its death explained."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from medimg.engine import protocol
from medimg.engine.protocol import Done, Failed, Ready, Report, Role, ToChild, ToParent
from medimg.values.failure import Failure, FailureKind

#: Set to anything, children write their logs to the parent's standard error.
TRACE = "MEDIMG_TRACE"
#: Threads of torch wait asleep. Spinning, they slow a run tenfold beside another busy process.
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
#: Where a child's own temporary files go: into the run's folder, which is removed with the run.
TEMPORARY = ("TMPDIR", "TEMP", "TMP")
#: How long a child is given to go by itself.
FAREWELL_S = 1.0
#: Last words of a process whose allocator gave up.
_NO_MEMORY = ("MemoryError", "bad_alloc", "Cannot allocate memory")


class Process:
    """A running child.

    Args:
        role: What it serves.
        folder: The run's folder, which it removes should its parent die.
    """

    def __init__(self, role: Role, folder: Path) -> None:
        self._role = role
        self._log = folder / f"{role.value}.log"
        self._sending = threading.Lock()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command(role, folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get(TRACE) else log,
                env=PATIENT | os.environ | dict.fromkeys(TEMPORARY, str(folder)),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    @property
    def id(self) -> int:
        """The system's number of this process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def send(self, message: ToChild) -> bool:
        """Say something to the child; False where it is gone."""
        assert self._process.stdin is not None
        with self._sending, suppress(OSError, ValueError):
            protocol.send(self._process.stdin, message)
            return True
        return False

    def follow(self, job_id: int, on_report: Callable[[Report], None]) -> Done | Failed | None:
        """Pass a job's reports on until it ends; None where the child ended first."""
        while (message := self._hear()) is not None:
            if isinstance(message, Ready):
                if message.version != protocol.VERSION:
                    return None
            elif message.id != job_id:
                continue
            elif isinstance(message, Report):
                on_report(message)
            else:
                ended: Done | Failed = message
                return ended
        return None

    def _hear(self) -> ToParent | None:
        """The next message of the child; None where it is gone or speaks another language."""
        assert self._process.stdout is not None
        with suppress(OSError, ValueError, msgspec.DecodeError):
            message: ToParent | None = protocol.receive(self._process.stdout, ToParent)
            return message
        return None

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()

    def end(self) -> None:
        """Close its input, so that it goes by itself; kill it if it stays."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def bury(self) -> None:
        """Wait for its end and close the pipes."""
        self.end()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def autopsy(self) -> Failure:
        """Say why it died, from its exit and its last words; ends it if it has not ended."""
        self._process.kill()
        self.bury()
        words = self._log.read_text(errors="replace") if self._log.exists() else ""
        if any(word in words for word in _NO_MEMORY):
            return OUT_OF_MEMORY
        return Failure(
            FailureKind.CRASHED,
            f"The {self._role.value} process stopped in the middle of the job "
            f"(exit {self._process.returncode}).",
            "Start the job again; if it happens again, memory may be short.",
        )


OUT_OF_MEMORY = Failure(
    FailureKind.OUT_OF_MEMORY,
    "The memory of this computer was not enough for the job.",
    "Close other programs, or use a series with fewer images.",
)


def command(role: Role, folder: Path) -> list[str]:
    """How a child is started: by this Python, or frozen by the program itself."""
    tail = ["--role", role.value, "--folder", str(folder)]
    if getattr(sys, "frozen", False):
        return [sys.executable, "--child", *tail]
    return [sys.executable, "-m", "medimg.engine.child", *tail]
