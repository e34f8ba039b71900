"""Short work of our own on other threads: a plain function, its result back on the window's."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from medimg.values.errors import MedimgError
from medimg.values.failure import Failure, FailureKind

_log = logging.getLogger(__name__)


class Work(QObject):
    """Runs functions on a small pool; keeps what to call when each is done."""

    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._numbers = itertools.count()
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Failure], None]]] = {}
        self._ended.connect(self._tell)

    def run(
        self,
        function: Callable[[], Any],
        on_done: Callable[[Any], None],
        on_failed: Callable[[Failure], None],
    ) -> None:
        """Call `function` on another thread, then one of the others on this one."""
        number = next(self._numbers)
        self._waiting[number] = (on_done, on_failed)

        def task() -> None:
            result, failure = _outcome(function)
            self._ended.emit(number, result, failure)

        self._pool.start(QRunnable.create(task))

    def finish(self, timeout_ms: int = 10_000) -> None:
        """Wait for what still runs; tell nobody."""
        self._waiting.clear()
        self._pool.waitForDone(timeout_ms)

    def _tell(self, number: int, result: object, failure: Failure | None) -> None:
        pair = self._waiting.pop(number, None)
        if pair is None:
            return
        if failure is None:
            pair[0](result)
        else:
            pair[1](failure)


def _outcome(function: Callable[[], Any]) -> tuple[Any, Failure | None]:
    try:
        return function(), None
    except MedimgError as error:
        return None, Failure(FailureKind.OUTPUT, str(error))
    except Exception as error:  # noqa: BLE001 - the worker's edge: nothing may be lost silently
        _log.exception("work failed")
        sentence = f"Something failed inside the program ({type(error).__name__})."
        return None, Failure(FailureKind.INTERNAL, sentence, "Try again; the log says more.")


class Teller(QObject):
    """Brings what another thread says to the window's thread."""

    told = Signal(object)
    """Something was said on another thread; carries it."""
