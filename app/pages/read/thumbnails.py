"""Has the reader draw small pictures of series, one after the other, and keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from medimg_workstation.link import Link

from medimg.engine.client import Outcome
from medimg.engine.jobs.thumbnail import ThumbnailJob
from medimg.values.series import Series

SIDE_PX = 112


class Thumbnails:
    """The pictures of one opening."""

    def __init__(self, reader: Link) -> None:
        self._reader = reader
        self._asked: set[str] = set()
        self._made: dict[str, np.ndarray] = {}

    @property
    def made(self) -> Mapping[str, np.ndarray]:
        """Pictures by series id; a copy, so that a state that holds it does not change."""
        return dict(self._made)

    def draw_next(self, among: Iterable[Series], then: Callable[[], None]) -> None:
        """Draw the first that is missing, if one is, and say when it is done or failed.

        One at a time, so that a series the reader chooses is read in between.
        """
        series = next((s for s in among if s.id not in self._asked), None)
        if series is None:
            return
        self._asked.add(series.id)

        def done(outcome: Outcome) -> None:
            if isinstance(outcome.value, np.ndarray):
                self._made[series.id] = outcome.value
            then()

        self._reader.start(ThumbnailJob(series, SIDE_PX), lambda progress: None, done)
