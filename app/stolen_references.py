"""Keeps True and None alive under PySide6 6.12.0, which gives references to them away.

Its wheels return True and None without counting the reference that they hand out, as is right
from Python 3.12 on, where both are immortal. Under 3.11 a signal's `emit` costs one True and any
call without a result one None, and the program ends with "bool_dealloc" or "none_dealloc" within
minutes. 6.10.2 and 6.11.1 count rightly. Goes once the lock names another version.
"""

from __future__ import annotations

import ctypes
import sys

import PySide6

#: More than can be given away in a working life; the count is a signed 64-bit number.
_PLENTY = 1 << 40


def is_needed() -> bool:
    """Whether this pair of versions loses references."""
    return PySide6.__version__ == "6.12.0" and sys.version_info < (3, 12)


def make_immortal() -> None:
    """Give True, False and None as many references as Python 3.12 would; safe to call again."""
    if not is_needed():
        return
    for immortal in (True, False, None):
        if sys.getrefcount(immortal) < _PLENTY // 2:
            # The count is the first field of every object (CPython 3.11, Include/object.h).
            ctypes.c_ssize_t.from_address(id(immortal)).value += _PLENTY
