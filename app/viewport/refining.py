"""Has cuts that take long interpolated on another thread, and drawn whole when they are there."""

from __future__ import annotations

from medimg_workstation.viewport.render import Renderer, Wanted, computed
from medimg_workstation.work import Work
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from medimg.display.levels import CutValues, Levels

#: So long the hand must rest before a cut is drawn finely.
REST_MS = 60


class Refiner:
    """One for each viewport; asks for one cut at a time, always the last that was drawn."""

    def __init__(self, viewport: QWidget, renderer: Renderer, work: Work | None) -> None:
        self._viewport, self._renderer, self._work = viewport, renderer, work
        self._levels: Levels | None = None
        self._seen: Wanted | None = None
        self._asked: Wanted | None = None
        self._due = QTimer(viewport)
        self._due.setSingleShot(True)
        self._due.setInterval(REST_MS)
        self._due.timeout.connect(self._ask)

    def see(self, levels: Levels) -> None:
        """Look whether what was just drawn was drawn coarsely."""
        self._levels = levels
        wanted = self._renderer.wanted
        if wanted is not None and wanted not in (self._seen, self._asked):
            self._seen = wanted
            self._due.start()

    def _ask(self) -> None:
        wanted, levels = self._renderer.wanted, self._levels
        if wanted is None or levels is None or self._work is None or self._asked is not None:
            return
        self._asked = wanted

        def done(values: CutValues) -> None:
            self._asked = self._seen = None
            if self._renderer.wanted == wanted and self._levels is levels:
                self._renderer.wanted = None
                self._renderer.give(wanted, values)
            self._viewport.update()

        def failed(_: object) -> None:
            self._asked = self._seen = None

        self._work.run(computed(levels, wanted), done, failed)
