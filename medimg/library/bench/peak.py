"""One call of one variant in a process of its own, and the memory that it took."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from medimg.library.bench import AREAS


def main(words: list[str]) -> int:
    """Run `AREA RACE VARIANT FOLDER` once and print the peak in MB."""
    if sys.platform == "win32":
        return 1
    import resource

    area, race, name, folder = words
    variants = import_module(AREAS[area][0]).variants(race)
    chosen = next(v for v in variants if v.name == name)
    chosen.work(chosen.prepare(Path(folder)))
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = (resource.getrusage(who).ru_maxrss for who in whose)
    # Bytes on macOS, kilobytes elsewhere.
    print(max(used) / (1e6 if sys.platform == "darwin" else 1e3))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
