"""One call of one variant in a process of its own, and the memory that it took."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from tests.bench import AREAS


def main(words: list[str]) -> int:
    """Run `AREA RACE VARIANT FOLDER` once and print the peak in MB."""
    if sys.platform == "win32":
        return 1
    import resource

    area, race, name, folder = words
    variants = import_module(AREAS[area][0]).variants(race)
    chosen = next(v for v in variants if v.name == name)
    chosen.work(chosen.prepare(Path(folder)))
    # Bytes on macOS, kilobytes elsewhere.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(max(_own(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss), children) / unit)
    return 0


def _own(ru_maxrss: int) -> int:
    """The peak of this process alone: Linux hands that of its parent on through `ru_maxrss`."""
    status = Path("/proc/self/status")
    if not status.exists():
        return ru_maxrss
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
