"""The folder of a run is private, and gone after every kind of end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medimg.reading.run_folder import RunFolder, sweep


def test_folder_is_private_and_goes(tmp_path: Path) -> None:
    """Nobody else can look in; removing twice is no error."""
    run = RunFolder(tmp_path)
    assert run.path.stat().st_mode & 0o777 == 0o700
    run.remove()
    run.remove()
    assert list(tmp_path.iterdir()) == []


def test_sweep_takes_the_dead_and_leaves_the_living(tmp_path: Path) -> None:
    """A folder whose owner was killed is removed; one that is in use is not."""
    living = RunFolder(tmp_path)
    code = (
        "import sys, os, pathlib; from medimg.reading.run_folder import RunFolder;"
        "run = RunFolder(pathlib.Path(sys.argv[1])); (run.path / 'pixels').write_bytes(b'x');"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [living.path]
    living.remove()


@pytest.mark.skipif(sys.platform == "win32", reason="the audit event is that of POSIX")
def test_live_folder_is_not_swept_while_it_is_made(tmp_path: Path) -> None:
    """A second program sweeps in the very moment between making a folder and locking it."""
    code = (
        "import sys, pathlib; from medimg.reading.run_folder import RunFolder, sweep;"
        "root = pathlib.Path(sys.argv[1]); swept = []\n"
        "def other_program(event, args):\n"
        "    if event == 'fcntl.flock' and not swept:\n"
        "        swept.append(0)\n"
        "        swept[0] = sweep(root)\n"
        "sys.addaudithook(other_program)\n"
        "run = RunFolder(root)\n"
        "assert swept == [1] and (run.path / 'held').exists() and sweep(root) == 0\n"
        "(run.path / 'pixels').write_bytes(b'x')\n"
        "run.remove()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list(tmp_path.iterdir()) == []


def test_inside_another_run_nothing_is_swept(tmp_path: Path) -> None:
    """A child that is started anew leaves what its predecessor unpacked: files are named by it."""
    outer = RunFolder(tmp_path)
    dead = outer.path / "medimg-run-dead"
    dead.mkdir()
    (dead / "held").touch()
    RunFolder(outer.path)
    assert dead.exists()
    outer.remove()
    assert list(tmp_path.iterdir()) == []
