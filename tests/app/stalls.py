"""How long the window's thread is away: a beat every few milliseconds, and what lies between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 2
#: What the window promises; held by the slow proofs, which run by themselves.
PROMISED_MS = 50.0
#: What the ordinary tests hold it to: beside other work a processor takes up to twice as long.
BUSY_MS = 2 * PROMISED_MS


@dataclass(slots=True)
class Stalls:
    """Milliseconds between beats, each the lesser of wall clock and the process's own time.

    Processor time alone, since a busy computer takes the wall clock's; wall clock too, since
    threads that work beside the window use processor time and keep nobody waiting.
    """

    all_ms: list[float] = field(default_factory=list)

    @property
    def longest_ms(self) -> float:
        """The longest that the window did not answer; 0 where there was no beat."""
        return max(self.all_ms, default=0.0)


@contextmanager
def measured() -> Iterator[Stalls]:
    """Measure the thread's absences inside the block; the event loop must run in it."""
    stalls = Stalls()
    owner = QObject()
    timer = QTimer(owner)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    last = _now()

    def beat() -> None:
        nonlocal last
        now = _now()
        stalls.all_ms.append(min(b - a for a, b in zip(last, now, strict=True)) * 1000)
        last = now

    timer.timeout.connect(beat)
    timer.start(BEAT_MS)
    yield stalls
    beat()
    timer.stop()


def stall_ms(call: Callable[[], object]) -> float:
    """Processor time of one call in milliseconds."""
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()
