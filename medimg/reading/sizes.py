"""Numbers of bytes as people say them."""

from __future__ import annotations

_UNITS = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3))


def size_of(count: int) -> str:
    """Say a number of bytes in three digits: "54 TB", "8.19 KB"."""
    for unit, size in _UNITS:
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
