"""The folder of a run is gone after every kind of end of its owner or its child."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from medimg.engine.client import Child
from medimg.engine.protocol import Role


def test_child_of_a_killed_parent_goes_and_cleans_up(root: Path) -> None:
    """Kill -9 of the parent: the child ends by itself and takes the run's folder with it."""
    code = (
        "import time, os; from medimg.engine.client import Child;"
        "from medimg.engine.protocol import Role;"
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
