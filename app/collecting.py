"""Python's search for cycles, done by the window when it is short, and on its own thread alone.

Left to itself it starts wherever something is made: with the headers of 20 000 files in memory it
held the window up for 60 ms at a time, and it may end a widget on a thread that is not Qt's.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

#: What is made in that time is looked through within a few milliseconds.
EVERY_MS = 500


class Collector(QObject):
    """Looks through what is young every so often, and through all of it when asked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Take over; what is there already (libraries, widgets) is never looked through again."""
        gc.disable()
        gc.collect()
        gc.freeze()
        self._timer.start(EVERY_MS)

    def collect(self) -> None:
        """Look through everything; quick once a folder's values are gone, which need no search."""
        gc.collect()

    def stop(self) -> None:
        """Give it back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _look(self) -> None:
        gc.collect(1)
