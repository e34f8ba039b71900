"""The one entry of the frozen program: window, command line and children.

Two programs of one folder start here. What runs is decided by name and first word, so that a
child is started as the program itself (`--child`, `--decoder`), whichever of the two is running.
"""

import multiprocessing
import os
import sys
from pathlib import Path

WINDOW = "medimg-workstation"
LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")


def main() -> int:
    """Run what was asked for.

    Returns:
        The exit code.
    """
    if not any(os.environ.get(name) for name in LOCALE):
        # Without a locale Qt warns, and names with accents could not be read.
        os.environ["LC_CTYPE"] = "C.UTF-8"
    words = sys.argv[1:]
    if words[:1] == ["--child"]:
        from medimg.engine.child import main as child

        return child(words[1:])
    if words[:1] == ["--decoder"]:
        from medimg.reading.decoding.child import main as decoder

        return decoder()
    if Path(sys.executable).stem == WINDOW:
        from medimg_workstation.main import main as window

        return window(words)
    from medimg.cli.main import main as command_line

    return command_line(words)


if __name__ == "__main__":
    # First of all: libraries that start processes re-run this program (PyInstaller's manual).
    multiprocessing.freeze_support()
    sys.exit(main())
