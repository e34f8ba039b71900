"""Seconds of starting and of analysing on this machine: the last part of `make bench`.

Prints a table; nothing here passes or fails. The load of the machine is printed with it, since
a busy machine makes every figure worse.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROUNDS = 5


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Median and smallest wall time of some rounds, after one that does not count."""
    work()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took), min(took)


def python(code: str) -> Callable[[], object]:
    """Run one statement in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def row(name: str, median: float, best: float) -> None:
    """Print one line of the table."""
    print(f"{name:<44} {median * 1000:>10.1f} {best * 1000:>10.1f}")


def bench_packages() -> None:
    """Analyse the phantoms: once in a fresh child, then in the warm one."""
    import medimg
    from medimg.phantoms.writing import write_flair, write_radiograph

    with tempfile.TemporaryDirectory() as folder:
        film = write_radiograph(Path(folder) / "film").monochrome2
        stack = write_flair(Path(folder) / "flair").folder
        for name, path in (
            ("chest-xray-lungs", film),
            ("chest-xray-opacity", film),
            ("brain-mri-glioma", stack),
        ):
            volume = medimg.read(medimg.scan(path).series[0])
            for words, methods in ((name, ()), (f"{name}, with Grad-CAM", ("grad-cam",))):
                row(words, *seconds(partial(medimg.analyse, volume, name, methods), rounds=3))


def main() -> None:
    """Measure and print."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{os.cpu_count()} processors, load {load:.1f}, {ROUNDS} rounds\n")
    print(f"{'step':<44} {'median ms':>10} {'best ms':>10}")
    row("start of Python itself", *seconds(python("pass")))
    row("import medimg", *seconds(python("import medimg")))
    row("medimg --version", *seconds(python("from medimg.cli.main import main; main(['-V'])")))
    bench_packages()


if __name__ == "__main__":
    main()
