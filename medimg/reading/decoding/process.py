"""The parent's side: a decoding process a core for all of a program's files, replaced on death."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from queue import LifoQueue
from typing import IO

import msgspec

from medimg.reading.decoding import wire
from medimg.reading.decoding.endings import death
from medimg.reading.decoding.wire import Buffer, Coded, Decoded, Finished, Order, Request, Undecoded
from medimg.reading.found import Unusable
from medimg.values.problems import Problem
from medimg.values.volume import Array

#: Most processes: each holds a hundred megabytes, and a disc feeds no more.
MOST_PROCESSES = 4

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
#: A frame fits into the pipe, so that the process goes on while its parent is busy (Linux alone).
PIPE_BYTES = 1 << 20


def processes() -> int:
    """How many decoding processes a program may have: one a core that it may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)


def decode(
    work: str, path: Path, numbers: Sequence[int], *, frame_bytes: int, all_bytes: int
) -> Generator[Array]:
    """Decode frames of a file in a decoding process.

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
    memory = memory_for(frame_bytes, 2 * all_bytes, path.stat().st_size)
    order = Order(work, str(path), tuple(numbers), memory, seconds_for(frame_bytes))
    with _pool().one() as decoder:
        yield from decoder.decode(order)


def memory_for(frame_bytes: int, kept_bytes: int, coded_bytes: int) -> int:
    """Memory that decoding may take: of a frame, of what is kept of others, of coded bytes."""
    return SPARE_BYTES + FRAME_COPIES * frame_bytes + kept_bytes + FILE_COPIES * coded_bytes


def seconds_for(frame_bytes: int) -> float:
    """Time that decoding a frame may take."""
    return FRAME_S + MEGABYTE_S * frame_bytes / 1e6


def process_ids() -> tuple[int, ...]:
    """Of this program's decoding processes; none before the first compressed file."""
    return _pool().process_ids


def processor_s() -> float:
    """Processor time of the running decoders; 0 where the system does not tell it of others."""
    ticks = 0
    for number in process_ids():
        with suppress(FileNotFoundError):
            stat = Path(f"/proc/{number}/stat").read_text()
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def close() -> None:
    """End the decoding processes of this program; the next compressed file starts another."""
    _pool().close()


@contextmanager
def decoder() -> Iterator[Decoder]:
    """A decoder of this program, for one thread at a time; waits while all are at work."""
    with _pool().one() as one:
        yield one


@cache
def _pool() -> Pool:
    """The decoders of a program; their processes end with the program."""
    pool = Pool(processes())
    atexit.register(pool.close)
    return pool


class Pool:
    """Decoders that are lent out; the one that came back last is lent first, for it is warm."""

    def __init__(self, most: int) -> None:
        self._all = [Decoder() for _ in range(most)]
        self._idle: LifoQueue[Decoder] = LifoQueue()
        for one in self._all:
            self._idle.put(one)

    @contextmanager
    def one(self) -> Iterator[Decoder]:
        """Lend a decoder out; waits while all are at work."""
        lent = self._idle.get()
        try:
            yield lent
        finally:
            self._idle.put(lent)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the running processes."""
        ids = (one.process_id for one in self._all)
        return tuple(number for number in ids if number is not None)

    def close(self) -> None:
        """End the processes; the next request starts another."""
        for one in self._all:
            one.close()


class Decoder:
    """A decoding process, started with the first request and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        """Of the running process; None while there is none."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def decode(self, order: Order) -> Generator[Array]:
        """Have one order carried out.

        Raises:
            Unusable: The frames cannot be decoded, or the process died of them.
        """
        process = self._living()
        ended: Undecoded | Finished | None = None
        try:
            # A codec that writes into the pipe makes what follows no message of ours.
            with suppress(OSError, msgspec.DecodeError):
                wire.send(_in(process), order)
                while isinstance(answer := wire.receive_answer(_out(process)), Decoded):
                    array = wire.receive_array(_out(process), answer)
                    if array is None:
                        break
                    yield array
                else:
                    ended = answer
        finally:
            if ended is None:
                self._bury()
        _settle(ended, process, order)

    def decode_into(self, out: Array, picture: Coded, coded: Buffer) -> None:
        """Have one picture decoded.

        Args:
            out: (rows, columns) int16, contiguous; takes the words.
            picture: What the coded bytes are.
            coded: As many bytes as it says.

        Raises:
            Unusable: It cannot be decoded, or the process died of it.
        """
        process = self._living()
        expected = Decoded(out.shape, out.dtype.str)
        ended: Undecoded | Finished | None = None
        try:
            with suppress(OSError, msgspec.DecodeError):
                wire.send(_in(process), picture, coded)
                answer = wire.receive_answer(_out(process))
                if answer == expected and wire.receive_into(_out(process), out):
                    answer = wire.receive_answer(_out(process))
                if isinstance(answer, Undecoded | Finished):
                    ended = answer
        finally:
            if ended is None:
                self._bury()
        _settle(ended, process, picture)

    def kill(self) -> None:
        """End what the process is at, from any thread: who waits for it gets `Unusable`."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process; the next request starts another."""
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
                pipesize=PIPE_BYTES,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._process

    def _bury(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (_in(process), _out(process)):
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


def _in(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _settle(
    ended: Undecoded | Finished | None, process: subprocess.Popen[bytes], request: Request
) -> None:
    """Tell how a request ended, unless it ended well.

    Raises:
        Unusable: It did not.
    """
    if ended is None:
        raise Unusable(death(process.returncode, request))
    if isinstance(ended, Undecoded):
        raise Unusable(Problem(ended.kind, ended.sentence, (request.file,)))
