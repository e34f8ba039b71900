"""Times that may be compared: all variants alternate in one process, each answer is checked."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from medimg.reading.decoding.process import processor_s

#: Fewer rounds than this are marked: their ratio is an impression.
ENOUGH = 7
#: What a peer may raise on files that it does not read.
REFUSED = (
    *(RuntimeError, ValueError, OSError, KeyError, NotImplementedError, ImportError),
    subprocess.SubprocessError,
)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do the work of a race.

    Attributes:
        name: As the table prints it.
        work: The timed call; takes the folder of the input, or what `prepare` made of it.
        answer: What of its result is compared, made after the clock has stopped. None: a limit
            of the machine, which has no answer.
        prepare: What a program knows before the clock starts.
        needs: Modules or programs that must be there, else the row says that they are absent.
    """

    name: str
    work: Callable[[Any], Any]
    answer: Callable[[Any], object] | None
    needs: tuple[str, ...] = ()
    prepare: Callable[[Path], Any] = lambda folder: folder

    @property
    def absent(self) -> tuple[str, ...]:
        """What of its needs is not installed."""
        return tuple(need for need in self.needs if not (which(need) or _is_module(need)))


@dataclass(frozen=True, slots=True)
class Race:
    """One table: the first variant is the one that others are compared with.

    Attributes:
        title: What is read, and how much of it.
        area, name: Where the race is found again by a process of its own.
        count: Files or slices, for the rate.
        unit: What is counted.
        renew: Changes the input, so that no call meets bytes that it has seen.
    """

    title: str
    area: str
    name: str
    folder: Path
    count: int
    unit: str
    variants: tuple[Variant, ...]
    renew: Callable[[int], None]


@dataclass(slots=True)
class Times:
    """What was measured of one variant; `fault` says why nothing was."""

    variant: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    peak_mb: float | None = None
    fault: str = ""
    is_limit: bool = False

    @property
    def median_s(self) -> float:
        """Median time of a call."""
        return statistics.median(self.seconds)

    @property
    def threads(self) -> float:
        """Processor time over wall time: about the number of threads where nobody interferes."""
        return sum(self.cpu_seconds) / sum(self.seconds)


def run(race: Race, rounds: int, *, with_peak: bool = True) -> list[Times]:
    """Measure a race.

    Every round renews the input and runs all variants, in turned order every other time; a
    variant whose answer is not the first one's has no times. The peak of each is that of a
    process of its own.
    """
    rows = {v.name: Times(v.name, is_limit=v.answer is None) for v in race.variants}
    for variant in race.variants:
        if variant.absent:
            rows[variant.name].fault = f"{', '.join(variant.absent)} is not installed"
    for number in range(rounds + 1):  # the first round warms and does not count
        race.renew(number)
        present = [v for v in race.variants if not rows[v.name].fault]
        _round(race, present[:: 1 if number % 2 else -1], rows, is_counted=number > 0)
    first = rows[race.variants[0].name]
    for row in rows.values():
        if not row.fault:
            row.ratios = [a / b for a, b in zip(first.seconds, row.seconds, strict=True)]
            row.peak_mb = _peak_mb(race, row.variant) if with_peak else None
    return list(rows.values())


def _round(
    race: Race, variants: Sequence[Variant], rows: dict[str, Times], *, is_counted: bool
) -> None:
    answers: dict[str, object] = {}
    for variant in variants:
        row = rows[variant.name]
        try:
            given = variant.prepare(race.folder)
            began, cpu = time.perf_counter(), _cpu_s()
            result = variant.work(given)
            wall, used = time.perf_counter() - began, _cpu_s() - cpu
            if variant.answer is not None:
                answers[variant.name] = variant.answer(result)
        except REFUSED as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            row.fault = f"does not read it: {lines[0][:80]}"
            continue
        if is_counted:
            row.seconds.append(wall)
            row.cpu_seconds.append(used)
    truth = answers.get(race.variants[0].name)
    for name, answer in answers.items():
        if answer != truth:
            rows[name].fault = "its answer differs"


def _cpu_s() -> float:
    """Processor time of this process, its decoders, and the children that it has waited for."""
    times = os.times()
    ended = times.children_user + times.children_system
    return times.user + times.system + ended + processor_s()


def _peak_mb(race: Race, variant: str) -> float | None:
    """Most memory that one call takes, in a process that does nothing else."""
    words = [sys.executable, "-m", "tests.bench.peak", race.area, race.name, variant]
    done = subprocess.run([*words, str(race.folder)], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def _is_module(name: str) -> bool:
    return find_spec(name) is not None


def lines(race: Race, rows: Sequence[Times]) -> Iterator[str]:
    """The table of a race for a person."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    yield f"{race.title} ({os.cpu_count()} processors, load {load:.1f})"
    yield (
        f"  {'':<34}{'median ms':>10}{'min ms':>9}{race.unit + '/s':>10}{'ratio':>8}"
        f"{'[range]':>15}{'n':>4}{'cpu/wall':>9}{'peak MB':>9}"
    )
    for row in rows:
        if row.fault:
            yield f"  {row.variant:<34}{row.fault}"
            continue
        ratio, low, high = statistics.median(row.ratios), min(row.ratios), max(row.ratios)
        mark = "" if len(row.ratios) >= ENOUGH else "*"
        peak = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
        yield (
            f"  {row.variant:<34}{row.median_s * 1e3:>10.1f}{min(row.seconds) * 1e3:>9.1f}"
            f"{race.count / row.median_s:>10.0f}{ratio:>8.2f}{f'[{low:.2f}-{high:.2f}]':>15}"
            f"{f'{len(row.ratios)}{mark}':>4}{row.threads:>9.2f}{peak:>9}"
        )


def plain(race: Race, rows: Sequence[Times]) -> dict[str, object]:
    """The table of a race for a program."""
    return {
        "title": race.title,
        "unit": race.unit,
        "count": race.count,
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "variants": [
            {
                "name": row.variant,
                "fault": row.fault or None,
                "is_limit": row.is_limit,
                "seconds": row.seconds,
                "median_s": row.median_s if row.seconds and not row.fault else None,
                "ratio": statistics.median(row.ratios) if row.ratios else None,
                "ratios": row.ratios,
                "cpu_per_wall": row.threads if row.seconds and not row.fault else None,
                "peak_mb": row.peak_mb,
            }
            for row in rows
        ],
    }
