"""`medimg-workstation --self-test`: the real window, offscreen, from folder to answer.

A calculated chest film is written, opened, run through a package and looked at; each step is one
line. Nothing is left behind.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from medimg.values.errors import MedimgError

#: A step that takes longer has failed; a slow computer with a cold disk takes a tenth of it.
STEP_S = 300


class StepFailed(MedimgError):
    """A step of the self-test did not end as it should; says which and what was seen."""


def self_test() -> int:
    """Prove the window; 0 when every step passed."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="medimg-self-test-") as folder:
        try:
            _walk(Path(folder))
        except MedimgError as error:
            _say(f"FAIL {error}")
            return 1
    _say("The window works.")
    return 0


def _walk(folder: Path) -> None:
    from medimg_workstation.pages.read.ready import Ready
    from medimg_workstation.pages.read.state import Done, Failed, Refused, Running, Shown
    from medimg_workstation.settings import Settings
    from medimg_workstation.theme import Theme
    from medimg_workstation.window import MainWindow
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from medimg.phantoms.writing import write_radiograph

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    theme = Theme()
    theme.apply()
    store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(theme, Settings(store))
    try:
        window.show()
        _say("ok   the window opens")
        film = write_radiograph(folder / "film").monochrome2
        window.open_paths((str(film),))

        def ready() -> Ready | None:
            return window.reading.state if isinstance(window.reading.state, Ready) else None

        def is_over() -> bool:
            state = ready()
            if state is None:
                return isinstance(window.reading.state, Failed | Refused)
            return isinstance(state.image, Failed) or state.fits is not None

        _wait(is_over, "reading a film")
        state = ready()
        if state is None or not isinstance(state.image, Shown):
            raise StepFailed(f"The film was not shown: {window.reading.state}.")
        _say(f"ok   a film is read: {state.image.series.label}")
        fits = [fit for fit in state.fits or () if not fit.is_refused]
        if not fits:
            raise StepFailed("No package fits an adult chest film. Install the packages again.")
        chosen = fits[0].package_id
        window.read_page.run_wanted.emit(chosen)

        def run_state() -> object:
            now = ready()
            return next(f.run for f in (now.fits if now else None) or () if f.package_id == chosen)

        _wait(lambda: not isinstance(run_state(), Running), f"running {chosen}")
        if not isinstance(run_state(), Done):
            raise StepFailed(f"{chosen} did not finish: {run_state()}.")
        _wait(lambda: (now := ready()) is not None and now.result is not None, "drawing")
        now = ready()
        assert now is not None and now.result is not None  # what was just waited for
        regions, findings = len(now.result.outlined), len(now.result.analyses[0].findings)
        _say(f"ok   {chosen} ran: {findings} findings, {regions} regions")
        if window.read_page.viewport.grab().isNull():
            raise StepFailed("The image could not be painted.")
        _say("ok   the image and its overlays are painted")
        if "torch" in sys.modules:
            raise StepFailed("The window's process has loaded torch.")
        _say("ok   the window's process stays light")
    finally:
        window.close()


def _wait(is_done: Callable[[], bool], doing: str) -> None:
    """Let the window live until something is so."""
    from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer

    loop, deadline = QEventLoop(), QDeadlineTimer(STEP_S * 1000)
    timer = QTimer()
    timer.timeout.connect(lambda: loop.quit() if is_done() or deadline.hasExpired() else None)
    timer.start(20)
    loop.exec()
    timer.stop()
    if not is_done():
        raise StepFailed(f"{doing[0].upper()}{doing[1:]} took longer than {STEP_S} s.")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
