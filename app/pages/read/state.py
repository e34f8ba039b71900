"""The parts of what the reading page shows, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field

from medimg_workstation.viewport.state import Laid, Mapped, Outlined, Picture

from medimg.values.analysis import Analysis
from medimg.values.failure import Failure
from medimg.values.geometry import MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Series
from medimg.values.verdict import Outcome, Verdict

#: Cards that are made at once; the reader asks for as many more.
LISTED = 30


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing is open yet."""


@dataclass(frozen=True, slots=True)
class Loading:
    """Something is being read; the fraction is None while the amount is unknown."""

    stage: str
    fraction: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What was opened holds nothing to show; every reason is listed."""

    problem: Problem
    others: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A job ended badly."""

    failure: Failure


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """An image in the viewport."""

    series: Series
    picture: Picture


ImageState = Empty | Loading | Failed | Shown


@dataclass(frozen=True, slots=True)
class NotRun:
    """The package has not been run on this series."""


@dataclass(frozen=True, slots=True)
class Running:
    """The package runs or waits for its turn."""

    stage: str = "waiting"
    fraction: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The package has answered."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The package could not finish."""

    failure: Failure


RunState = NotRun | Running | Done | Stopped


@dataclass(frozen=True, slots=True)
class Fit:
    """One package beside the open series.

    Attributes:
        merit: ("AUC", "0.87", "(0.84–0.90)", "on 876 films …"); empty without a figure.
        maps: Methods of explanation that the package offers.
        needs_click: Whether it outlines what the reader points at.
    """

    package_id: str
    title: str
    summary: str
    verdict: Verdict
    merit: tuple[str, str, str, str] | None = None
    is_non_commercial: bool = False
    maps: tuple[str, ...] = ()
    needs_click: bool = False
    run: RunState = field(default_factory=NotRun)

    @property
    def is_refused(self) -> bool:
        """Whether the gate refuses it."""
        return self.verdict.outcome is Outcome.REFUSE


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What the packages said on the open series, ready to be drawn."""

    analyses: tuple[Analysis, ...]
    outlined: tuple[Outlined, ...] = ()
    maps: tuple[Mapped, ...] = ()

    @property
    def doubted_spacing(self) -> PlaneSpacing | None:
        """The image's spacing where an answer puts it in doubt."""
        found = (analysis.series.geometry.plane_spacing for analysis in self.analyses)
        return next((one for one in found if one.measured_at is MeasuredAt.DOUBTFUL), None)


@dataclass(frozen=True, slots=True, eq=False)
class FromFile:
    """What objects of the files say of the open series, ready to be drawn.

    Attributes:
        note: A word on how it stands: still being read, could not be read; empty when all is here.
    """

    objects: tuple[DerivedObject, ...]
    laid: tuple[Laid, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One sentence above the page, until it is dismissed: what happened and what to do."""

    number: int
    sentence: str
    tone: str = "warn"


def is_head(series: Series) -> bool:
    """Whether a series has a card of its own while the 4-D item that it may be of is closed."""
    return series.part is None or series.part.place == 0
