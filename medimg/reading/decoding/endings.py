"""How decoding ends badly, in words."""

from __future__ import annotations

import signal
from pathlib import Path

from medimg.reading.decoding.wire import Request
from medimg.values.problems import Problem


def undecodable(path: Path, error: BaseException) -> Problem:
    """Say why the pixels of a file could not be decoded."""
    name, files = path.name, (str(path),)
    if isinstance(error, NotImplementedError) or "missing dependencies" in str(error):
        return Problem("no-codec", f"There is no decoder here for the pixels of {name}.", files)
    if isinstance(error, MemoryError):
        return Problem("too-large", f"{name} needs more memory than there is.", files)
    lines = str(error).strip().splitlines() or ["no reason given"]
    # The first line says only that no decoder could; what follows a full stop quotes values.
    reason = lines[-1].strip().rstrip(".").partition(". ")[0]
    if "has no attribute" in reason:
        reason = "the decoder finds no picture in them"
    return Problem("decode-failed", f"The pixels of {name} cannot be decoded: {reason}.", files)


def death(code: int, request: Request) -> Problem:
    """Say of a file that the decoding process died of it.

    Args:
        code: That the process ended with, negative for a signal.
        request: That it was at.
    """
    name = Path(request.file).name
    if hasattr(signal, "SIGPROF") and code == -signal.SIGPROF:
        sentence = f"The decoder did not come to an end with {name} in {request.cpu_s:.0f} s."
        return Problem("decoder-crashed", sentence, (request.file,))
    how = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"
    sentence = f"The decoder crashed on the pixels of {name} ({how})."
    return Problem("decoder-crashed", sentence, (request.file,))
