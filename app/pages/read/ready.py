"""What the reading page shows as a whole: what is open, what hangs where, what is to be said."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
from medimg_workstation.pages.read.hanging import Hanging
from medimg_workstation.pages.read.session import OpenSeries, Session
from medimg_workstation.pages.read.state import (
    LISTED,
    Bar,
    Empty,
    Failed,
    Fit,
    FromFile,
    ImageState,
    Loading,
    NotRun,
    Refused,
    Result,
    RunState,
    is_head,
)

from medimg.values.series import Scan, Series


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Series are listed, some are shown.

    Attributes:
        thumbnails: Pictures by series id, as far as they are made.
        listed: Cards in the list; a folder may hold thousands of series.
        runs: How packages stand on the series of the active viewport, by package id.
    """

    session: Session
    hanging: Hanging
    thumbnails: Mapping[str, np.ndarray]
    listed: int = LISTED
    runs: Mapping[str, RunState] = field(default_factory=dict)
    bars: tuple[Bar, ...] = ()
    export_folder: str = ""

    @property
    def scan(self) -> Scan:
        """All that was found."""
        return self.session.scan

    @property
    def selected(self) -> str:
        """Id of the series in the active viewport."""
        return self.hanging.pane.series_id

    @property
    def series(self) -> Series | None:
        """The series in the active viewport."""
        return self.session.series(self.selected)

    @property
    def current(self) -> OpenSeries:
        """What is known of it."""
        return self.session.of(self.selected)

    @property
    def image(self) -> ImageState:
        """Its image."""
        return self.current.image if self.selected else Empty()

    @property
    def fits(self) -> tuple[Fit, ...] | None:
        """Packages beside it, and how they run."""
        if self.current.fits is None:
            return None
        runs = self.runs
        return tuple(
            replace(fit, run=runs.get(fit.package_id, NotRun())) for fit in self.current.fits
        )

    @property
    def result(self) -> Result | None:
        """What packages said on it."""
        return self.current.result

    @property
    def from_file(self) -> FromFile | None:
        """What objects of the files say of it."""
        return self.current.from_file

    @property
    def answered(self) -> frozenset[str]:
        """Series that have a result."""
        return self.session.answered

    @property
    def listed_series(self) -> tuple[Series, ...]:
        """Series of the first cards; volumes of a 4-D item share one."""
        cards = accumulate(is_head(series) for series in self.scan.series)
        return self.scan.series[: bisect_right(list(cards), self.listed)]


ReadState = Empty | Loading | Refused | Failed | Ready
