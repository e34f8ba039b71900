"""The parent's side: one decoding process for all of a program's files, replaced when it dies."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from medimg.reading.decoding import wire
from medimg.reading.decoding.wire import Decoded, Finished, Order, Undecoded
from medimg.reading.found import Unusable
from medimg.values.problems import Problem
from medimg.values.volume import Array

#: Memory for codecs' own tables and for small pictures, whatever a file declares.
SPARE_BYTES = 512 << 20
#: A frame is held as bytes, as a codec's 32-bit planes, as its output, and as converted colour.
FRAME_COPIES = 10
#: The file's bytes are held mapped, read, and cut into fragments.
FILE_COPIES = 4
#: The slowest codec opens 5 MB a second on a slow machine; one MB may take a second.
FRAME_S = 1.0
MEGABYTE_S = 1.0
#: How long the process is given to go by itself.
FAREWELL_S = 1.0
#: Set to anything, codecs write what they have to say to standard error.
TRACE = "MEDIMG_TRACE"


def decode(
    work: str, path: Path, numbers: Sequence[int], *, frame_bytes: int, all_bytes: int
) -> Generator[Array]:
    """Decode frames of a file in the decoding process.

    Args:
        work: What the file is, a row of `child.WORKS`.
        path: Of the file.
        numbers: Frames wanted, from 0.
        frame_bytes: Bytes that one frame opens to, as the header declares them.
        all_bytes: Bytes that all frames open to.

    Yields:
        The frames in the order of `numbers`.

    Raises:
        Unusable: They cannot be decoded, or the process died of them.
    """
    memory = (
        SPARE_BYTES + FRAME_COPIES * frame_bytes + 2 * all_bytes + FILE_COPIES * path.stat().st_size
    )
    seconds = FRAME_S + MEGABYTE_S * frame_bytes / 1e6
    yield from _decoder().decode(Order(work, str(path), tuple(numbers), memory, seconds))


def process_id() -> int | None:
    """Of this program's decoding process; None while there is none."""
    return _decoder().process_id


def close() -> None:
    """End the decoding process of this program; the next compressed file starts another."""
    _decoder().close()


@cache
def _decoder() -> Decoder:
    """The one decoder of a program; its process ends with the program."""
    decoder = Decoder()
    atexit.register(decoder.close)
    return decoder


class Decoder:
    """A decoding process, started with the first order and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = threading.Lock()

    @property
    def process_id(self) -> int | None:
        """Of the running process; None while there is none."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def decode(self, order: Order) -> Generator[Array]:
        """Have one order carried out; orders of several threads wait for one another.

        Raises:
            Unusable: The frames cannot be decoded, or the process died of them.
        """
        with self._busy:
            process = self._living()
            ended: Undecoded | Finished | None = None
            try:
                for answer in _answers(process, order):
                    if isinstance(answer, Undecoded | Finished):
                        ended = answer
                    else:
                        yield answer
            finally:
                if ended is None:
                    self._bury()
        if ended is None:
            raise Unusable(_death(process.returncode, order))
        if isinstance(ended, Undecoded):
            raise Unusable(Problem(ended.kind, ended.sentence, (order.file,)))

    def close(self) -> None:
        """End the process; the next order starts another."""
        with self._busy:
            self._bury()

    def _living(self) -> subprocess.Popen[bytes]:
        """The running process; a new one where there is none."""
        if self._process is None or self._process.poll() is not None:
            self._bury()
            self._process = subprocess.Popen(
                command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get(TRACE) else subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._process

    def _bury(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        try:
            process.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command() -> list[str]:
    """How the process is started: by this Python, or frozen by the program itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--decoder"]
    return [sys.executable, "-m", "medimg.reading.decoding.child"]


def _answers(
    process: subprocess.Popen[bytes], order: Order
) -> Iterator[Array | Undecoded | Finished]:
    """What the process has to say to an order; without an end where it died of it."""
    assert process.stdin is not None and process.stdout is not None
    # A codec that writes into the pipe makes what follows no message of ours.
    with suppress(OSError, msgspec.DecodeError):
        wire.send(process.stdin, order)
        while isinstance(answer := wire.receive_answer(process.stdout), Decoded):
            array = wire.receive_array(process.stdout, answer)
            if array is None:
                return
            yield array
        if answer is not None:
            yield answer


def _death(code: int, order: Order) -> Problem:
    """Say of a file that the decoding process died of it."""
    name = Path(order.file).name
    if hasattr(signal, "SIGPROF") and code == -signal.SIGPROF:
        sentence = f"The decoder did not come to an end with {name} in {order.cpu_s:.0f} s."
        return Problem("decoder-crashed", sentence, (order.file,))
    how = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"
    sentence = f"The decoder crashed on the pixels of {name} ({how})."
    return Problem("decoder-crashed", sentence, (order.file,))
