"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from medimg.values.errors import OutputFailed

#: What the system says: what to do about it.
_TODO = {
    errno.ENOSPC: "The disk is full; free some space or choose another folder.",
    errno.EDQUOT: "The quota is used up; free some space or choose another folder.",
    errno.EROFS: "The folder is read-only; choose another folder.",
    errno.EACCES: "This user may not write there; choose another folder.",
    errno.EPERM: "This user may not write there; choose another folder.",
    errno.ENOTDIR: "A part of the path is a file; choose another folder.",
    errno.EEXIST: "A file of that name is in the way; choose another folder.",
}


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, flush it to the disk, then rename it.

    Whatever happens, the old file or the new one is there, whole. Files hold patient data, so
    they are made for this user alone.

    Raises:
        OutputFailed: It could not be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _failed(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)  # gone once renamed; left by an error or by Ctrl-C


def _flush_folder(folder: Path) -> None:
    """Make the rename itself outlive a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: Path, error: OSError) -> OutputFailed:
    todo = _TODO.get(error.errno or 0, f"The system says: {error.strerror or error}.")
    return OutputFailed(f"{path.name} could not be written to {path.parent}. {todo}")
