"""Take a picture of the real window on real images, as it stands after its packages have run.

    python docs/screenshots/take.py FOLDER --series FLAIR --package brain-mri-glioma -o PNG

Works with a display, under a virtual one, or with QT_QPA_PLATFORM=offscreen. What the models say is
shown as it came.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from medimg_workstation.pages.read.ready import Ready
from medimg_workstation.pages.read.state import Done, Failed, Refused, Shown, Stopped
from medimg_workstation.settings import Settings
from medimg_workstation.theme import Theme
from medimg_workstation.window import MainWindow
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication

SIZE = (1920, 1080)
SMALLER = (1600, 900)
LIMIT_S = 600.0


def arguments() -> argparse.ArgumentParser:
    """What the picture shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="folder or file to open")
    parser.add_argument("--series", default="", help="label of the series; the first if absent")
    parser.add_argument("--package", action="append", default=[], help="package to run; repeatable")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("-o", "--out", type=Path, required=True, help="PNG to write")
    return parser


def wait(app: QApplication, until: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + LIMIT_S
    while not until():
        app.processEvents()
        time.sleep(0.01)
        if time.monotonic() > end:
            raise TimeoutError("The window did not get there in time.")


def is_shown(window: MainWindow) -> bool:
    """Whether the chosen series is drawn and judged by the gate."""
    state = window.reading.state
    if isinstance(state, Refused | Failed):
        raise SystemExit(f"The window refused: {state}")
    return isinstance(state, Ready) and isinstance(state.image, Shown) and state.fits is not None


def is_run(window: MainWindow, package: str) -> bool:
    """Whether a package has answered."""
    state = window.reading.state
    assert isinstance(state, Ready)
    run = next(fit.run for fit in state.fits or () if fit.package_id == package)
    if isinstance(run, Stopped):
        raise SystemExit(f"{package} failed: {run}")
    return isinstance(run, Done) and state.result is not None


def take(args: argparse.Namespace, settings: Path) -> None:
    """Open, choose, run and write the picture."""
    app = QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    theme = Theme(args.theme)
    theme.apply()
    window = MainWindow(theme, Settings(QSettings(str(settings), QSettings.Format.IniFormat)))
    window.resize(*SIZE)
    window.show()
    window.open_paths((args.path,))
    wait(app, lambda: is_shown(window))
    if args.series:
        state = window.reading.state
        assert isinstance(state, Ready)
        window.reading.select(next(s.id for s in state.scan.series if s.label == args.series))
        wait(app, lambda: is_shown(window))
    for package in args.package:
        window.reading.run(package)
        wait(app, lambda package=package: is_run(window, package))  # type: ignore[misc]
    settled = time.monotonic() + 1.5
    wait(app, lambda: time.monotonic() > settled)
    smooth = Qt.TransformationMode.SmoothTransformation
    window.grab().scaled(*SMALLER, Qt.AspectRatioMode.KeepAspectRatio, smooth).save(str(args.out))
    window.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        take(arguments().parse_args(), Path(folder) / "settings.ini")
