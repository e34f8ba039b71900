"""Keeps `True` alive under PySide6 6.12.0, whose `Signal.emit` gives away a reference to it.

Each `emit` returns True without counting the reference it hands out, so that under Python 3.11,
where True is counted like any object, the program ends with "bool_dealloc" after a few hundred
signals. Seen with 6.12.0; 6.10.2 and 6.11.1 count rightly, and from Python 3.12 True is immortal.
Goes once the lock names another version.
"""

from __future__ import annotations

import ctypes
import sys

import PySide6
from PySide6.QtCore import QObject, QTimer

_STEP = 200_000
#: No hand and no child sends as many signals within one interval.
_FEWEST = 100_000
_INTERVAL_MS = 5_000


def is_needed() -> bool:
    """Whether this pair of versions loses references."""
    return PySide6.__version__ == "6.12.0" and sys.version_info < (3, 12)


def top_up() -> None:
    """Make up for what was given away and will be until the next call."""
    if is_needed() and sys.getrefcount(True) < _FEWEST:
        held = (True,) * _STEP
        # Never let go, not even at the end: its references are the ones already given away.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def keep_up(owner: QObject) -> None:
    """Top up now and for as long as `owner` lives."""
    top_up()
    if is_needed():
        timer = QTimer(owner)
        timer.timeout.connect(top_up)
        timer.start(_INTERVAL_MS)
