"""Marks in words at the top of the picture, and the gaps that the slice slider draws."""

from __future__ import annotations

import numpy as np

from medimg.values.geometry import MeasuredAt
from medimg.values.problems import Problem, Severity, Stops
from medimg.values.series import Series

#: Notes that change how the picture may be read, so that they stand on it; the rest is listed.
_ON_THE_PICTURE = ("lossy", "not-calibrated")
#: A step of more than this many median steps holds at least one missing slice.
_GAP = 1.5


def gaps(series: Series) -> tuple[tuple[int, int], ...]:
    """(index before the gap, slices missing in it) by the frames' positions along their normal.

    Empty where positions are unknown or even.
    """
    positions = [frame.position for frame in series.frames]
    known = [p for p in positions if p is not None]
    if len(known) != len(positions) or len(known) < 3:
        return ()
    places = np.asarray(known, dtype=np.float64)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    median = float(np.median(steps))
    if median <= 0:
        return ()
    return tuple(
        (i, round(float(step) / median) - 1) for i, step in enumerate(steps) if step > _GAP * median
    )


def missing_slices(series: Series) -> int:
    """How many slices the gaps leave out."""
    return sum(count for _, count in gaps(series))


def mark_of(problem: Problem, series: Series) -> str:
    """A problem in two or three words, with its figure where there is one ("lossy 12:1")."""
    if problem.kind == "lossy" and series.lossy_ratio:
        return f"lossy {series.lossy_ratio:.3g}:1"
    if problem.kind == "missing-slice" and (count := missing_slices(series)):
        return f"{count} slice{'s' if count > 1 else ''} missing"
    return problem.title


def marks(series: Series) -> tuple[str, ...]:
    """What stands at the top of the picture: all that stops something, and lossy compression."""
    shown = [
        mark_of(p, series)
        for p in series.problems
        if _stops_something(p) or p.kind in _ON_THE_PICTURE
    ]
    spacing = series.geometry.plane_spacing
    if not spacing.is_known:
        shown.append("spacing unknown")
    if spacing.measured_at is MeasuredAt.DOUBTFUL:
        shown.append("spacing in doubt")
    return tuple(dict.fromkeys(shown))


def _stops_something(problem: Problem) -> bool:
    return problem.severity is Severity.PROBLEM and problem.stops is not Stops.NOTHING
