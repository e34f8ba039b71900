"""What the batch page shows, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.batch.folder import Step
from medimg.values.failure import Failure


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch is to do, as the dialog asked it.

    Attributes:
        package: A package's id, or "auto" for every package that fits.
        title: What the page calls it.
    """

    source: str
    out: str
    package: str = "auto"
    title: str = "every package that fits"
    explain: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        said: The finding that is most likely, in words; empty where there is none.
    """

    case: str
    package: str
    state: str
    said: str = ""
    decision: str = ""
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """No batch yet."""


@dataclass(frozen=True, slots=True)
class Running:
    """A batch goes on."""

    plan: Plan
    step: Step
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """A batch has ended, or was stopped; what is done stays.

    Attributes:
        problems: Files that could not be used, in words.
    """

    plan: Plan
    rows: tuple[Row, ...]
    is_stopped: bool = False
    resumed: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A batch could not begin or go on."""

    plan: Plan
    failure: Failure
    rows: tuple[Row, ...] = ()


BatchState = Empty | Running | Ended | Failed
