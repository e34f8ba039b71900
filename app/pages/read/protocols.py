"""Hanging protocols: data files with scored rules; the best match hangs a scan, and says why.

A protocol names for each viewport which series it wants. A rule compares one attribute of a series
and is worth some points; a rule without points is a must. A protocol is worth the points of its
series; one that finds no series for a viewport that must be filled does not match.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec
from medimg_workstation.pages.read.first_series import first_series, is_planning
from medimg_workstation.pages.read.hanging import Hanging, Pane, alone

from medimg.display.cuts import Projection, Slab, reason_against_planes
from medimg.values.geometry import Plane
from medimg.values.series import Scan, Series

#: Points that an empty viewport takes away.
EMPTY_COSTS = 4

#: What a rule may look at, as words.
ATTRIBUTES: dict[str, Callable[[Series], str]] = {
    "modality": lambda series: series.modality,
    "view": lambda series: series.view.value,
    "mr_kind": lambda series: series.mr_kind.value,
    "body_part": lambda series: series.body_part.lower(),
    "plane": lambda series: series.geometry.plane.value,
    "label": lambda series: series.label.lower(),
    "description": lambda series: series.description.lower(),
    "slices": lambda series: str(series.geometry.shape[0]),
    "can_be_cut": lambda series: "no" if reason_against_planes(series) else "yes",
}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One comparison: `is` one of some words, `contains` one of them, or `at_least` a number."""

    attribute: str
    is_: tuple[str, ...] = msgspec.field(default=(), name="is")
    contains: tuple[str, ...] = ()
    at_least: int | None = None
    points: int | None = None

    def holds(self, series: Series) -> bool:
        """Whether a series is as the rule wants it."""
        value = ATTRIBUTES[self.attribute](series)
        if self.at_least is not None:
            return value.isdigit() and int(value) >= self.at_least
        return value in self.is_ or any(word in value for word in self.contains)


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one viewport wants.

    Attributes:
        study: "current" for the newest study, "prior" for the next older of the same patient.
        same_as: Place of an earlier viewport whose series is shown again; -1 for none.
    """

    rules: tuple[Rule, ...] = ()
    study: str = "current"
    same_as: int = -1
    plane: str = ""
    window: str = ""
    slab_mm: float = 0.0
    projection: str = Projection.MEAN.value
    is_optional: bool = False


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One data file."""

    title: str
    rows: int
    columns: int
    viewports: tuple[Wish, ...]


def hang(scan: Scan) -> Hanging:
    """The layout of the protocol that fits best, else the first series alone."""
    first = first_series(scan)
    found = [(points, p) for p in protocols() if (points := _matched(p, scan, first)) is not None]
    if not found:
        return alone(first.id)
    (_, panes), protocol = max(found, key=lambda item: item[0][0])
    reason = f"{protocol.title}: {_shown(scan, panes)}"
    active = next((n for n, pane in enumerate(panes) if pane.series_id == first.id), 0)
    return Hanging(protocol.rows, protocol.columns, panes, active, reason)


@lru_cache(maxsize=1)
def protocols() -> tuple[Protocol, ...]:
    """Those that come with the program, by file name."""
    folder = Path(str(files("medimg_resources"))) / "hanging"
    return tuple(read(path.read_bytes()) for path in sorted(folder.glob("*.toml")))


def read(data: bytes) -> Protocol:
    """One protocol from its file.

    Raises:
        ValueError: The file is not a protocol; says where.
    """
    try:
        made = msgspec.convert(tomllib.loads(data.decode()), Protocol)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"This is not a hanging protocol: {error}.") from error
    rules = [rule for wish in made.viewports for rule in wish.rules]
    if unknown := next((r.attribute for r in rules if r.attribute not in ATTRIBUTES), ""):
        raise ValueError(f"{made.title}: there is no attribute {unknown!r}.")
    if len(made.viewports) != made.rows * made.columns:
        raise ValueError(f"{made.title}: {len(made.viewports)} viewports do not fill the layout.")
    return made


def _matched(protocol: Protocol, scan: Scan, first: Series) -> tuple[int, tuple[Pane, ...]] | None:
    """Points and panes of a protocol on a scan; None where it does not fit."""
    total, panes, taken = 0, [], []
    for wish in protocol.viewports:
        found = _best(wish, scan, first, taken)
        if found is None:
            if not wish.is_optional:
                return None
            total -= EMPTY_COSTS
            panes.append(Pane())
            taken.append("")
            continue
        points, series = found
        total += points
        taken.append(series.id)
        plane = Plane(wish.plane) if wish.plane else None
        slab = Slab(wish.slab_mm, Projection(wish.projection))
        panes.append(Pane(series.id, plane, wish.window, slab))
    return (total, tuple(panes)) if first.id in taken else None


def _best(wish: Wish, scan: Scan, first: Series, taken: Sequence[str]) -> tuple[int, Series] | None:
    if wish.same_as >= 0:
        same = next((s for s in scan.series if s.id == taken[wish.same_as]), None)
        return None if same is None or _points(wish, same) is None else (0, same)
    study = first.study.uid if wish.study == "current" else _prior_of(scan, first)
    scored = [
        (points, s.id == first.id, s.geometry.shape[0], -place, s)
        for place, s in enumerate(scan.series)
        if s.study.uid == study and s.id not in taken and not is_planning(s)
        and (points := _points(wish, s)) is not None
    ]  # fmt: skip
    if not scored:
        return None
    best = max(scored, key=lambda item: item[:4])
    return best[0], best[4]


def _points(wish: Wish, series: Series) -> int | None:
    """What a series is worth to a viewport; None where it lacks what it must have."""
    total = 0
    for rule in wish.rules:
        if rule.holds(series):
            total += rule.points or 1
        elif rule.points is None:
            return None
    return total


def _prior_of(scan: Scan, current: Series) -> str:
    """The newest older study of the same patient; a name alone is not a patient."""
    if not current.patient.id:
        return "none"
    older = [
        s.study
        for s in scan.series
        if s.patient.id == current.patient.id
        and s.study.uid != current.study.uid
        and s.study.date < current.study.date
    ]
    return max(older, key=lambda study: study.date).uid if older else "none"


def _shown(scan: Scan, panes: Sequence[Pane]) -> str:
    labels = {series.id: series.label for series in scan.series}
    return ", ".join(dict.fromkeys(labels[p.series_id] for p in panes if p.series_id))
