"""What a job function is handed beside its job: a place to report to, and the order to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from medimg.values.errors import Cancelled

#: Reports closer together than this are left out; the eye does not see them.
QUIET_S = 0.05


@dataclass(slots=True)
class JobContext:
    """One job's line to its parent.

    Attributes:
        send: (fraction or None, stage, seconds left or None).
    """

    send: Callable[[float | None, str, float | None], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _last: tuple[str, float] = ("", 0.0)

    def report(self, fraction: float | None, stage: str, left_s: float | None = None) -> None:
        """Say how far the job is.

        Raises:
            Cancelled: The parent wants it stopped.
        """
        self.check()
        now = time.monotonic()
        if stage != self._last[0] or now - self._last[1] >= QUIET_S or fraction == 1.0:
            self._last = (stage, now)
            self.send(fraction, stage, left_s)

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
