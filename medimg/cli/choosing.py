"""Which series of a scan a verb works on, as `--series` says or as there is only one answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from medimg.cli.scan import nothing
from medimg.values.errors import NothingRead, UsageError
from medimg.values.series import Scan, Series


def choose(found: Scan, wanted: str | None, path: Path, many: str) -> tuple[Series, ...]:
    """Take the series that were asked for, or the only one.

    Args:
        wanted: "3", "3,5", "3-5" or "all"; None where nothing was said.
        many: What several numbers mean to the verb, in words.

    Raises:
        NothingRead: There is none.
        UsageError: There are several and none was named, or one that is not there; all are listed.
    """
    if not found.series:
        raise NothingRead(nothing(found))
    if wanted == "all" or (wanted is None and len(found.series) == 1):
        return found.series
    numbers = _numbers(wanted, len(found.series))
    if numbers and all(1 <= number <= len(found.series) for number in numbers):
        return tuple(found.series[number - 1] for number in numbers)
    what = "several series" if wanted is None else f"no series {wanted}"
    listed = _listed(enumerate(found.series, start=1))
    raise UsageError(f"{path} holds {what}. Choose one by --series N; {many}:{listed}")


def _listed(numbered: Iterable[tuple[int, Series]]) -> str:
    return "".join(
        f"\n  {place:3}  {series.label} ({len(series.frames)})" for place, series in numbered
    )


def whole(found: Scan, path: Path) -> tuple[tuple[Series, ...], tuple[str, ...]]:
    """The series that stand by themselves; the volumes of 4-D items wait to be chosen.

    Returns:
        The series, and for each item that is left out a sentence that lists its volumes.

    Raises:
        UsageError: There is nothing but volumes of 4-D items; all are listed.
    """
    items: dict[str, list[tuple[int, Series]]] = {}
    alone = []
    for place, series in enumerate(found.series, start=1):
        if series.part is None:
            alone.append(series)
        else:
            items.setdefault(series.part.item, []).append((place, series))
    asked = tuple(_asked(volumes) for volumes in items.values())
    if asked and not alone:
        listed = "".join(_listed(volumes) for volumes in items.values())
        raise UsageError(f"{path}: {' '.join(asked)}{listed}")
    return tuple(alone), asked


def _asked(volumes: Sequence[tuple[int, Series]]) -> str:
    (first, series), (last, _) = volumes[0], volumes[-1]
    part = series.part
    assert part is not None
    return (
        f"{part.label} is {part.count} volumes by {part.axis}, and which is meant is not clear: "
        f"choose by --series {first}-{last}."
    )


def _numbers(wanted: str | None, most: int) -> tuple[int, ...]:
    """The numbers of "3", "3,5" or "3-5"; none where it is something else."""
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", wanted or ""):
        return ()
    numbers: list[int] = []
    for word in (wanted or "").split(","):
        first, _, last = word.partition("-")
        numbers += range(min(int(first), most + 1), min(int(last or first), most + 1) + 1)
    return tuple(numbers)
