"""The private folder of a run: made, held by a lock, removed, and swept up after a crash."""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

PREFIX = "medimg-run-"
_LOCK = "held"
#: Folders that are made until one of them is not swept up by another program.
_ATTEMPTS = 5


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
        self.path, self._lock = _made(self._root)

    def remove(self) -> None:
        """Delete it with all that is in it; a second call does nothing."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _made(root: Path) -> tuple[Path, IO[bytes]]:
    """Make a folder and lock it.

    Another program may sweep it up in the moment before it is locked; then another one is made.
    Where the file system locks nothing, nothing is swept either, and the last one made is taken.

    Raises:
        OSError: It cannot be made.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        # mkdtemp makes it 0700; on Windows the user's own temporary folder is private already.
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        lock = (path / _LOCK).open("wb")
        if (_take(lock) or attempt == _ATTEMPTS) and (path / _LOCK).exists():
            return path, lock
        lock.close()
        shutil.rmtree(path, ignore_errors=True)
    raise OSError(errno.EAGAIN, "the private folder was removed while it was made", str(root))


@cache
def home() -> RunFolder:
    """The private folder of this process."""
    run = RunFolder()
    atexit.register(run.remove)
    return run


def sweep(root: Path) -> int:
    """Remove the folders whose owner has died without removing them.

    Returns:
        How many were removed.
    """
    return sum(_swept(path) for path in root.glob(f"{PREFIX}*"))


def _swept(folder: Path) -> bool:
    """Remove a folder whose owner is dead; its lock is held meanwhile, so that nobody takes it."""
    try:
        if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
            return False
        with (folder / _LOCK).open("r+b") as lock:
            if not _take(lock):
                return False
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # Just being made, gone already, or held by Windows.
        return False
    shutil.rmtree(folder, ignore_errors=True)  # Windows keeps a file that is open
    return True


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
