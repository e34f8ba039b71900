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
from collections.abc import Callable, Generator, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO

from medimg.reading.decoding import wire
from medimg.reading.decoding.wire import Decoded, Finished, Order, Undecoded
from medimg.reading.found import Unusable
from medimg.values.volume import Array

#: "module:function" of `function(path, numbers)` by what it decodes. Named, not imported: those
#: modules ask for this process themselves.
WORKS: dict[str, str] = {
    "dicom": "medimg.reading.dicom.pixels:decoded_frames",
    "picture": "medimg.reading.formats.picture:decoded",
    "tiff": "medimg.reading.tiff_pixels:decoded",
}

Work = Callable[[Path, Sequence[int]], Generator[Array]]

#: Where no clock of used time is to be had, the one on the wall may run so much longer.
WALL_FACTOR = 10


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Take orders until the parent closes the pipe."""
    idle_bytes = _address_space()
    while (order := wire.receive_order(source)) is not None:
        _limit_memory(idle_bytes + order.memory_bytes)
        try:
            for array in _decode(order):
                wire.send(sink, Decoded(array.shape, array.dtype.str), array)
            wire.send(sink, Finished())
        except Unusable as unusable:
            problem = unusable.problem
            wire.send(sink, Undecoded(problem.kind, problem.sentence))
        finally:
            _limit_memory(None)


def _decode(order: Order) -> Generator[Array]:
    """The frames of an order, the clock running while a codec is at work."""
    module, _, name = WORKS[order.work].partition(":")
    work: Work = getattr(import_module(module), name)
    frames = work(Path(order.file), order.numbers)
    while True:
        _start_clock(order.cpu_s)
        array = next(frames, None)
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
    # Before any order, so that no limit is met by the loading of codecs.
    for work in WORKS.values():
        import_module(work.partition(":")[0])
    try:
        serve(source, sink)
    except BrokenPipeError:
        return 0  # the parent went in the middle of an answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
