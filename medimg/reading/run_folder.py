"""The private folder of a run: made, held by a lock, removed, and swept up after a crash."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "medimg-run-"
_LOCK = "held"


class RunFolder:
    """A folder that only this user can open, for as long as its owner lives.

    Args:
        root: Where it is made; the system's folder for temporary files if None.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(tempfile.gettempdir())
        # Inside another run's folder nothing is swept: it goes with that one, and not before.
        if not self._root.name.startswith(PREFIX):
            sweep(self._root)
        # mkdtemp makes it 0700; on Windows the user's own temporary folder is private already.
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._root))
        self._lock = (self.path / _LOCK).open("wb")
        _take(self._lock)

    def remove(self) -> None:
        """Delete it with all that is in it; a second call does nothing."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def sweep(root: Path) -> int:
    """Remove the folders whose owner has died without removing them.

    Returns:
        How many were removed.
    """
    stale = [path for path in root.glob(f"{PREFIX}*") if _is_stale(path)]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _is_stale(folder: Path) -> bool:
    try:
        if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
            return False
        with (folder / _LOCK).open("r+b") as lock:
            return _take(lock)
    except OSError:
        # Just being made, gone already, or held by Windows.
        return False


def _take(lock: IO[bytes]) -> bool:
    """Lock a file until it is closed or its owner dies; False where somebody holds it."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
