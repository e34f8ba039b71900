"""Where this program keeps a user's own files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_APPLICATION = "medimg-workstation"


def data_folder() -> Path:
    """The folder of this user's packages, keys and index, as the operating system has it."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / _APPLICATION
