"""The decoding process: one file after another, each within the memory and time it may cost.

Started as `python -m medimg.reading.decoding.child`, frozen as the program with `--decoder`. It
goes when its parent closes the pipe. A codec that crashes, takes more memory than it is given or
never ends takes this process along, and nothing else.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO

import numpy as np

from medimg.reading.decoding import wire
from medimg.reading.decoding.codecs import CODECS, Codec
from medimg.reading.decoding.endings import undecodable
from medimg.reading.decoding.wire import Coded, Finished, Request, Undecoded
from medimg.reading.found import Unusable
from medimg.values.volume import Array

#: "module:function" of `function(path, numbers)` by what it decodes. Named, not imported: those
#: modules ask for this process themselves.
WORKS: dict[str, str] = {
    "dicom": "medimg.reading.dicom.pixels.reading:decoded_frames",
    "picture": "medimg.reading.formats.picture:decoded",
    "tiff": "medimg.reading.tiff_pixels:decoded",
}

Work = Callable[[Path, Sequence[int]], Generator[Array]]

#: Where no clock of used time is to be had, the one on the wall may run so much longer.
WALL_FACTOR = 10


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Carry out requests until the parent closes the pipe."""
    while (request := wire.receive_request(source)) is not None:
        frames = _frames(request, source)
        _limit_memory(_address_space() + request.memory_bytes)
        try:
            for array in _clocked(frames, request.cpu_s):
                wire.send_array(sink, array)
            wire.send(sink, Finished())
        except Unusable as unusable:
            problem = unusable.problem
            wire.send(sink, Undecoded(problem.kind, problem.sentence))
        finally:
            _limit_memory(None)


def _frames(request: Request, source: IO[bytes]) -> Iterator[Array]:
    """The frames of a request, decoded as they are asked for.

    What it takes is loaded and read now, before its memory is limited.
    """
    if isinstance(request, Coded):
        codec = CODECS[request.codec]
        return _picture(codec, import_module(codec.library), source.read(request.size), request)
    module, _, name = WORKS[request.work].partition(":")
    work: Work = getattr(import_module(module), name)
    return work(Path(request.file), request.numbers)


def _picture(codec: Codec, library: ModuleType, coded: bytes, picture: Coded) -> Iterator[Array]:
    """Decode one picture by the bare codec."""
    try:
        words = codec.decode(library, coded, picture)
        # Viewed only: the parent says by the header what sign they have.
        yield np.frombuffer(words, np.int16).reshape(picture.rows, picture.columns)
    except Exception as error:  # at the process's edge: codecs raise what they like
        named = error if isinstance(error, MemoryError) else ValueError(f"{codec.plugin}: {error}")
        raise Unusable(undecodable(Path(picture.file), named)) from error


def _clocked(frames: Iterator[Array], cpu_s: float) -> Generator[Array]:
    """The same frames, the clock running while a codec is at work."""
    while True:
        _start_clock(cpu_s)
        try:
            array = next(frames, None)
        finally:
            _stop_clock()
        if array is None:
            return
        yield array


if hasattr(signal, "setitimer"):

    def _start_clock(cpu_s: float) -> None:
        """End this process, whatever it is at, once it has worked for so long."""
        signal.setitimer(signal.ITIMER_PROF, cpu_s)

    def _stop_clock() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

else:

    def _start_clock(cpu_s: float) -> None:
        """End this process, whatever it is at, once so much time has passed many times over."""
        faulthandler.dump_traceback_later(cpu_s * WALL_FACTOR, exit=True)

    def _stop_clock() -> None:
        faulthandler.cancel_dump_traceback_later()


if sys.platform == "linux":
    import resource

    def _limit_memory(most_bytes: int | None) -> None:
        """Let allocations fail that go beyond an address space of this size; None: none fail."""
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        bounds = [n for n in (most_bytes, hard) if n is not None and n != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(bounds, default=hard), hard))

    def _address_space() -> int:
        pages = Path("/proc/self/statm").read_bytes().split()[0]
        return int(pages) * resource.getpagesize()

else:

    def _limit_memory(most_bytes: int | None) -> None:
        """Do nothing: macOS takes no such limit, and Windows' job objects are not used yet.

        There the sizes that codestreams declare are checked before they are decoded, and the
        system ends this process and not the program where memory runs out.
        """

    def _address_space() -> int:
        return 0


def main() -> int:
    """Serve the parent at the other end of standard input and output.

    Returns:
        0 when the parent has closed the pipe.
    """
    # Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not end up between answers. A frozen window's child has no
    # `sys.stdin`, yet the descriptors are there.
    source, sink = os.fdopen(0, "rb", closefd=False), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(source, sink)
    except BrokenPipeError:
        return 0  # the parent went in the middle of an answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
