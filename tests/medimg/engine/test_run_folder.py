"""The folder of a run is private, and gone after every kind of end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from medimg.engine.client import Child, Role
from medimg.engine.run_folder import RunFolder, sweep


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
        "import sys, os, pathlib; from medimg.engine.run_folder import RunFolder;"
        "run = RunFolder(pathlib.Path(sys.argv[1])); (run.path / 'pixels').write_bytes(b'x');"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [living.path]
    living.remove()


def test_child_of_a_killed_parent_goes_and_cleans_up(root: Path) -> None:
    """Kill -9 of the parent: the child ends by itself and takes the run's folder with it."""
    code = (
        "import time, os; from medimg.engine.client import Child, Role;"
        "child = Child(Role.READER); child.warm(); time.sleep(1);"
        "print(child.process_id, child.folder, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    number, folder = done.stdout.split()
    for _ in range(100):
        if not Path(folder).exists() and not _lives(int(number)):
            return
        time.sleep(0.1)
    raise AssertionError("the child or its folder outlived the parent")


def test_close_removes_everything(root: Path) -> None:
    """After `close` neither process nor folder is there."""
    child = Child(Role.READER)
    child.warm()
    time.sleep(0.2)
    number, folder = child.process_id, child.folder
    assert number is not None and folder is not None
    child.close()
    assert not folder.exists()
    assert not _lives(number)


def _lives(number: int) -> bool:
    status = Path(f"/proc/{number}/status")
    return status.exists() and "zombie" not in status.read_text()
