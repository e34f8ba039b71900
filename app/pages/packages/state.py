"""What the page of packages shows, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from medimg.packages.catalogue import Damaged
from medimg.packages.manifest import Package
from medimg.values.failure import Failure


@dataclass(frozen=True, slots=True)
class Loading:
    """Manifests are being read."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The folders could not be read."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Ready:
    """Packages are listed, one card is open.

    Attributes:
        checks: Outcome of the hash check by id: empty is whole, else the sentence.
        cards: Text of docs/README.md by id.
    """

    packages: tuple[Package, ...]
    damaged: tuple[Damaged, ...] = ()
    selected: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    cards: Mapping[str, str] = field(default_factory=dict)


PackagesState = Loading | Failed | Ready
