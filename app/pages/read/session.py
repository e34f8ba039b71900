"""What is open: one value. A change is a new value; nothing here knows of Qt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from medimg_workstation.pages.read.state import Fit, FromFile, ImageState, Loading, Result, Shown
from medimg_workstation.viewport.state import Picture

from medimg.values.analysis import Analysis
from medimg.values.series import Scan, Series
from medimg.values.volume import Volume

#: Images kept in memory beside those that are shown, so that going back does not read again.
KEPT_IMAGES = 2


@dataclass(frozen=True, slots=True, eq=False)
class OpenSeries:
    """What is known of one series of the scan.

    Attributes:
        image: How far its image is.
        volume: As it was read; None before, and once its memory was given back.
        fits: Packages beside it, without how they run.
        answers: Latest analysis of each package.
    """

    image: ImageState = field(default_factory=lambda: Loading("Waiting for its turn"))
    volume: Volume | None = None
    fits: tuple[Fit, ...] | None = None
    answers: Mapping[str, Analysis] = field(default_factory=dict)
    result: Result | None = None
    from_file: FromFile | None = None


NOTHING = OpenSeries()


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A scan and what was made of its series.

    Attributes:
        opening: Number of the opening; what belongs to another one is out of date.
        opened: By series id, least recently used first.
    """

    opening: int
    scan: Scan
    opened: Mapping[str, OpenSeries] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "opened", MappingProxyType(dict(self.opened)))

    def of(self, series_id: str) -> OpenSeries:
        """What is known of a series; nothing of one that was not touched yet."""
        return self.opened.get(series_id, NOTHING)

    def series(self, series_id: str) -> Series | None:
        """A series of the scan by its id."""
        return next((one for one in self.scan.series if one.id == series_id), None)

    def with_parts(self, series_id: str, **parts: object) -> Session:
        """The same with parts of one series changed."""
        changed = replace(self.of(series_id), **parts)  # type: ignore[arg-type]
        return replace(self, opened={**self.opened, series_id: changed})

    def with_picture(self, series_id: str, picture: Picture, **parts: object) -> Session:
        """The same with another picture of a series."""
        shown = Shown(picture.levels.volume.series, picture)
        return self.with_parts(series_id, image=shown, **parts)

    def used(self, series_id: str) -> Session:
        """The same, with a series the most recently used one."""
        opened = dict(self.opened)
        opened[series_id] = opened.pop(series_id, NOTHING)
        return replace(self, opened=opened)

    def trimmed(self, in_use: Collection[str]) -> Session:
        """Give memory back: of images that are not in use, the last few stay."""
        held = [i for i, one in self.opened.items() if one.volume is not None and i not in in_use]
        over = held[: max(0, len(held) - KEPT_IMAGES)]
        if not over:
            return self
        emptied = {i: replace(self.opened[i], image=NOTHING.image, volume=None) for i in over}
        return replace(self, opened={**self.opened, **emptied})

    @property
    def answered(self) -> frozenset[str]:
        """Series that have a result."""
        return frozenset(i for i, one in self.opened.items() if one.result is not None)
