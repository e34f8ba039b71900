"""How far a scan or a read is: counted in files or frames, with the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: Called with (done, in all); what it raises stops the work, which is how it is cancelled.
Progress = Callable[[int, int], None]
#: Called once for each file or frame that is done.
Tick = Callable[[], None]

#: Before that, the pace of the first files says little.
SETTLED_S = 1.0
#: Told more often, nobody sees it and the telling costs more than the work.
QUIET_S = 0.1


def ticker(progress: Progress | None, total: int) -> Tick:
    """Count up to `total` and pass each step on."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tick


@dataclass(slots=True)
class TimeLeft:
    """When progress is told, and the time that is left by the pace so far."""

    began: float = field(default_factory=time.monotonic)
    _told: float = 0.0

    def is_due(self, done: int, total: int) -> bool:
        """Whether it is time to tell again; the end is always told."""
        now = time.monotonic()
        if done < total and now - self._told < QUIET_S:
            return False
        self._told = now
        return True

    def left_s(self, done: int, total: int) -> float | None:
        """Seconds until all is done; None while it cannot be told."""
        elapsed = time.monotonic() - self.began
        if not done or elapsed < SETTLED_S:
            return None
        return elapsed * (total - done) / done
