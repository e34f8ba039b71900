"""Figures of an outline network from the rows of its folds, with intervals by patient."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.packages.manifest import Figure, Spread
from medimg.workshop.bootstrap import Rows, figure
from medimg.workshop.outline.nodules import Nodule

Row = Mapping[str, Any]
#: Subgroups of nodules: the words, and whether a row of `nodules.csv` belongs.
GROUPS: dict[str, Callable[[Mapping[str, str]], bool]] = {
    "under 6 mm": lambda row: float(row["diameter_mm"]) < 6,
    "6 to 10 mm": lambda row: 6 <= float(row["diameter_mm"]) < 10,
    "10 mm and above": lambda row: float(row["diameter_mm"]) >= 10,
    "texture: solid": lambda row: row["texture"] == "5",
    "texture: part-solid": lambda row: row["texture"] in ("2", "3", "4"),
    "texture: ground glass": lambda row: row["texture"] == "1",
    "slices up to 1.25 mm apart": lambda row: float(row["step_mm"]) <= 1.25,
    "slices more than 1.25 mm apart": lambda row: float(row["step_mm"]) > 1.25,
}
#: Upper end of the classes of volume in mm³ for which readers are compared.
VOLUMES = (100.0, 250.0, 1e9)
READERS_INSIDE = 95.0


def gathered(files: Iterable[Path]) -> dict[str, list[Row]]:
    """The rows of several folds, by kind."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for file in files:
        for kind, some in json.loads(file.read_text("utf-8")).items():
            rows[kind] += some
    return rows


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    return np.asarray([float(row[name]) for row in rows])


def mean(rows: Sequence[Row], name: str) -> Figure:
    """Mean of a column."""
    values = _column(rows, name)
    return _figure(lambda chosen: float(values[chosen].mean()), rows)


def ratio(rows: Sequence[Row], above: str, below: str) -> Figure:
    """Sum of a column over the sum of another; n is the latter."""
    top, bottom = _column(rows, above), _column(rows, below)

    def share(chosen: Rows) -> float:
        count = bottom[chosen].sum()
        return float(top[chosen].sum() / count) if count else float("nan")

    found = _figure(share, rows)
    return Figure(value=found.value, low=found.low, high=found.high, n=int(bottom.sum()))


def _figure(statistic: Callable[[Rows], float], rows: Sequence[Row]) -> Figure:
    return figure(statistic, [str(row["patient"]) for row in rows])


def _volume_error(rows: Sequence[Row]) -> Figure:
    errors = np.abs(_column(rows, "volume_mm3") / _column(rows, "truth_mm3") - 1)
    return _figure(lambda chosen: float(np.median(errors[chosen])), rows)


def _accepted(rows: Sequence[Row]) -> Figure:
    found = (_column(rows, "volume_mm3") > 0).astype(float)
    return _figure(lambda chosen: float(found[chosen].mean()), rows)


def _beyond_reader(clicks: Sequence[Row], readers: Sequence[Row]) -> Figure:
    """Dice of the outline less that of one reader, over patients that have both."""
    own, other = _by_patient(clicks), _by_patient(readers)
    patients = sorted(own.keys() & other.keys())
    mine = np.asarray([own[patient] for patient in patients])
    theirs = np.asarray([other[patient] for patient in patients])

    def difference(chosen: Rows) -> float:
        (a, n), (b, m) = mine[chosen].sum(axis=0), theirs[chosen].sum(axis=0)
        return float(a / n - b / m)

    return figure(difference, patients)


def _by_patient(rows: Sequence[Row]) -> dict[str, tuple[float, int]]:
    sums: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in rows:
        total, count = sums[row["patient"]]
        sums[row["patient"]] = total + float(row["dice"]), count + 1
    return sums


def figures(rows: Mapping[str, Sequence[Row]]) -> dict[str, Figure]:
    """All figures of the card."""
    clicks = rows["clicks"]
    both_ends = [row for row in clicks if row["ends"] == 2]
    by_nodule: dict[str, list[float]] = defaultdict(list)
    for row in clicks:
        by_nodule[row["nodule"]].append(row["dice"])
    patient = {row["nodule"]: row["patient"] for row in clicks}
    low = [
        {"patient": patient[name], "low": float(np.mean(dices) < 0.5)}
        for name, dices in by_nodule.items()
    ]
    return {
        "dice": mean(clicks, "dice"),
        "one_reader_dice": mean(rows["readers"], "dice"),
        "dice_beyond_one_reader": _beyond_reader(clicks, rows["readers"]),
        "nodules_below_half": mean(low, "low"),
        "ends_crossed": ratio(clicks, "crossed", "ends"),
        "next_slices_marked": ratio(clicks, "past_crossed", "past"),
        "volume_error_median": _volume_error(both_ends),
        "false_accepts": _accepted(rows["beside"]),
        "false_accepts_bright": _accepted(rows["bright"]),
    }


def groups(rows: Sequence[Row], nodules: Sequence[Nodule]) -> dict[str, Figure]:
    """Dice by subgroup."""
    of = {nodule.name: nodule.row for nodule in nodules}
    found = {}
    for words, belongs in GROUPS.items():
        some = [row for row in rows if belongs(of[row["nodule"]])]
        if some:
            found[words] = mean(some, "dice")
    return found


def spreads(rows: Sequence[Row], nodules: Sequence[Nodule]) -> tuple[Spread, ...]:
    """How far 95 % of the readers' volumes lie from the outline's, by the outline's volume."""
    of = {nodule.name: nodule for nodule in nodules}
    volumes, distances = [], []
    for row in rows:
        if row["volume_mm3"] > 0:
            nodule = of[row["nodule"]]
            for drawn in nodule.reader_mm3:
                volumes.append(float(row["volume_mm3"]))
                distances.append(abs(np.log(drawn / row["volume_mm3"])))
    volume, distance, low = np.asarray(volumes), np.asarray(distances), 0.0
    found = []
    for high in VOLUMES:
        inside = (volume >= low) & (volume < high)
        factor = float(np.exp(np.percentile(distance[inside], READERS_INSIDE)))
        found.append(Spread(below_mm3=high, factor=round(factor, 3)))
        low = high
    return tuple(found)
