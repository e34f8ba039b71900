"""Ctrl-C on a terminal: the verb ends at once, with 130, and leaves no half file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.phantoms import write_stack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


def test_ctrl_c_while_reading(tmp_path: Path) -> None:
    """`medimg convert` shows its progress; interrupted, it ends within a second."""
    import pty

    (tmp_path / "in").mkdir()
    write_stack(tmp_path / "in", count=400)
    out = tmp_path / "out"
    out.mkdir()
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "medimg", "convert", str(tmp_path / "in")]
    with subprocess.Popen([*words, "-o", str(out / "volume.nii.gz")], stderr=theirs) as child:
        os.close(theirs)
        seen = b""
        while b"reading" not in seen:
            seen += os.read(ours, 4096)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
        assert time.monotonic() - began < 1.0
    assert " of 400" in seen.decode()
    assert b"Cancelled." in os.read(ours, 4096)
    os.close(ours)
    assert list(out.iterdir()) == []
