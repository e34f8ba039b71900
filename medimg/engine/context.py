"""What a job function is handed beside its job: a place to report to, and the order to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from medimg.values.errors import Cancelled
from medimg.values.progress import Progress, TimeLeft

#: Reports closer together than this are left out; the eye does not see them.
QUIET_S = 0.05


@dataclass(frozen=True, slots=True)
class State:
    """How far a job is: fraction 0 to 1 and seconds left, each None where unknown.

    Attributes:
        figures: (name, value) of what a training has reached; empty for other jobs.
    """

    fraction: float | None
    stage: str
    left_s: float | None = None
    figures: tuple[tuple[str, float], ...] = ()


@dataclass(slots=True)
class JobContext:
    """One job's line to its parent."""

    send: Callable[[State], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _last: tuple[str, float] = ("", 0.0)

    def report(
        self,
        fraction: float | None,
        stage: str,
        left_s: float | None = None,
        figures: Mapping[str, float] | None = None,
    ) -> None:
        """Say how far the job is.

        Args:
            fraction: 0 to 1; None where the end is not known.
            figures: What a training has reached, by name; always sent.

        Raises:
            Cancelled: The parent wants it stopped.
        """
        self.check()
        now = time.monotonic()
        if stage != self._last[0] or now - self._last[1] >= QUIET_S or fraction == 1.0 or figures:
            self._last = (stage, now)
            self.send(State(fraction, stage, left_s, tuple((figures or {}).items())))

    def counting(self, stage: str) -> Progress:
        """Pass counts on with the time left; a cancelled job stops at the next file or frame."""
        pace = TimeLeft()

        def progress(done: int, total: int) -> None:
            self.check()
            if pace.is_due(done, total):
                self.report(done / total, f"{stage}: {done} of {total}", pace.left_s(done, total))

        return progress

    def check(self) -> None:
        """Stop here if the job was cancelled.

        Raises:
            Cancelled: It was.
        """
        if self.stop.is_set():
            raise Cancelled("The job was cancelled.")

    def is_cancelled(self) -> bool:
        """Whether the parent wants the job stopped."""
        return self.stop.is_set()
