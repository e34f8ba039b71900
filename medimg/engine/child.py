"""The child process: takes jobs from its standard input, answers on its standard output.

Started as `python -m medimg.engine.child --role ROLE --folder RUN`, frozen as the program with
`--child`. It dies with its parent: at the end of its input it removes the run's folder and goes.
"""

from __future__ import annotations

import argparse
import errno
import os
import queue
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

from medimg.engine import protocol
from medimg.engine.context import JobContext, State
from medimg.engine.jobs import JOBS
from medimg.engine.kept_arrays import MappedArrays
from medimg.engine.process import OUT_OF_MEMORY
from medimg.engine.protocol import Cancel, Done, Failed, Ready, Report, Role, Start, ToChild
from medimg.engine.value_files import pack, unpack
from medimg.values.errors import (
    Cancelled,
    EngineFailed,
    MedimgError,
    OutputFailed,
    PackageRefused,
)
from medimg.values.failure import Failure, FailureKind

#: Modules that take seconds to load, loaded while the parent is still busy with other things.
WARM: dict[Role, tuple[str, ...]] = {
    Role.READER: ("PIL.Image",),
    Role.ENGINE: ("medimg.engine.package_run",),
}
#: A file that declares more than this share of the machine's memory stops its reader, not the PC.
READER_SHARE = 0.75
#: What allocators say; torch raises a plain RuntimeError on the CPU.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc")


class Child:
    """One role's loop over jobs."""

    def __init__(self, source: IO[bytes], sink: IO[bytes], folder: Path) -> None:
        self._source = source
        self._sink = sink
        self._folder = folder
        self._mapped = MappedArrays(folder)
        self._jobs: queue.SimpleQueue[Start] = queue.SimpleQueue()
        self._stops: dict[int, threading.Event] = {}
        self._writing = threading.Lock()

    def serve(self, role: Role) -> None:
        """Work until the parent closes the pipe."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._say(Ready())
        for module in WARM[role]:
            import_module(module)
        while True:
            self._run(self._jobs.get())

    def _listen(self) -> None:
        try:
            while (message := protocol.receive(self._source, ToChild)) is not None:
                stop = self._stops.setdefault(message.id, threading.Event())
                if isinstance(message, Cancel):
                    stop.set()
                else:
                    self._jobs.put(message)
        finally:
            # The parent closed the pipe or died; nobody else would remove its patients' pixels.
            shutil.rmtree(self._folder, ignore_errors=True)
            os._exit(0)

    def _say(self, message: protocol.ToParent) -> None:
        with self._writing:
            protocol.send(self._sink, message)

    def _run(self, start: Start) -> None:
        work, folder = JOBS[start.name], Path(start.folder)

        def send(state: State) -> None:
            self._say(Report(start.id, state))

        context = JobContext(send, self._stops[start.id])
        try:
            context.report(None, work.stage)
            module, _, name = work.function.partition(":")
            function = getattr(import_module(module), name)
            self._mapped.tidy()
            value = function(unpack(work.job, folder, "job", self._mapped), context)
            context.check()
            pack(value, folder, "value")
        except Exception as error:  # noqa: BLE001 - the edge of this process
            traceback.print_exc()
            self._say(Failed(start.id, failure_of(error)))
        else:
            self._say(Done(start.id))
        del self._stops[start.id]


def failure_of(error: Exception) -> Failure:
    """Say an exception as a person would."""
    if isinstance(error, EngineFailed):
        return error.failure
    if isinstance(error, MedimgError):
        return Failure(_KINDS.get(type(error), FailureKind.INPUT), str(error))
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    return Failure(
        FailureKind.INTERNAL,
        f"The job failed inside the program ({type(error).__name__}).",
        "Try again; if it comes back, report it with the file that it happens on.",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, on the CPU or on a GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, RuntimeError) and any(word in str(error) for word in _NO_MEMORY):
        return True
    # MONAI raises its own error from the one that a transform met.
    return error.__cause__ is not None and is_out_of_memory(error.__cause__)


DISK_FULL = Failure(
    FailureKind.OUTPUT,
    "The disk of temporary files is full; the job's result could not be handed over.",
    "Free some space and start the job again.",
)
_KINDS: dict[type[MedimgError], FailureKind] = {
    Cancelled: FailureKind.CANCELLED,
    PackageRefused: FailureKind.PACKAGE,
    OutputFailed: FailureKind.OUTPUT,
}


def limit_memory(share: float) -> None:
    """Let an allocation beyond a share of the machine's memory fail, where the system can do so."""
    if sys.platform == "win32" or sys.platform == "darwin":
        return
    import resource

    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    resource.setrlimit(resource.RLIMIT_AS, (int(whole * share),) * 2)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Serve one role until the parent goes; the process ends in here."""
    parser = argparse.ArgumentParser(prog="medimg child")
    parser.add_argument("--role", type=Role, choices=list(Role), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args(argv)
    # Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not end up between messages. A frozen window's child has no
    # `sys.stdin` and no `sys.stderr`, yet the descriptors are there.
    source, sink = os.fdopen(0, "rb", closefd=False), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr = os.fdopen(2, "w", buffering=1, errors="replace", closefd=False)
    if args.role is Role.READER:
        limit_memory(READER_SHARE)
    try:
        Child(source, sink, args.folder).serve(args.role)
    finally:
        # Ended by an error: the listening thread holds standard input, on which an orderly
        # shutdown of the interpreter would abort.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
