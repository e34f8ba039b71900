"""The frozen program's one entry knows command line, window and child."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from medimg import __version__
from tests.sources import ROOT

ENTRY = ROOT / "installer" / "entry.py"


def started(*words: str) -> str:
    """Run the entry with its input closed; give its output."""
    done = subprocess.run(
        [sys.executable, ENTRY, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_command_line() -> None:
    """Any name but the window's is the command line."""
    assert started("--version") == f"medimg {__version__}\n"


def test_child_ends_with_its_parent(tmp_path: Path) -> None:
    """`--child` serves until its input closes, then removes the run's folder and goes."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "pixels.npy").write_bytes(b"patient data")
    started("--child", "--role", "reader", "--folder", str(run))
    assert not run.exists()


def test_empty_environment_gets_a_locale() -> None:
    """Without a locale Qt would warn; the entry chooses UTF-8 and leaves a chosen one alone."""
    code = (
        "import os, runpy, sys; sys.argv[1:] = ['--version']\n"
        f"try: runpy.run_path({str(ENTRY)!r}, run_name='__main__')\n"
        "except SystemExit: print(os.environ.get('LC_CTYPE'), os.environ.get('LANG'))"
    )
    for env, expected in (({}, "C.UTF-8 None"), ({"LANG": "de_DE.UTF-8"}, "None de_DE.UTF-8")):
        words = [sys.executable, "-c", code]
        # Python itself sets LC_CTYPE when it finds the C locale; that is not what is tested.
        done = subprocess.run(
            words, env={**env, "PYTHONCOERCECLOCALE": "0"}, capture_output=True, text=True
        )
        assert done.stdout.splitlines()[-1] == expected, done.stderr
