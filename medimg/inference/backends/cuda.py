"""Whether there is a graphics card that torch could use, without loading torch."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@cache
def has_card() -> bool:
    """Whether the driver knows a card and torch is built for it."""
    try:
        if version("torch").endswith("+cpu"):
            return False
        driver, count = ctypes.CDLL(_DRIVER), ctypes.c_int(0)
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return False
        return count.value > 0
    except (OSError, AttributeError, PackageNotFoundError):
        return False
