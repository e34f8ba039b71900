"""Run a record again, and say what differs: the same bytes must give the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from medimg.batch.workers import Workers
from medimg.engine.client import Progress
from medimg.packages.catalogue import find
from medimg.packages.manifest import Package
from medimg.results.record import load
from medimg.values.analysis import Analysis
from medimg.values.errors import InputRefused, NothingRead
from medimg.values.series import Series
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A record beside the same run today.

    Attributes:
        differences: One sentence each; empty where everything that was answered is equal.
        circumstances: What ran otherwise (backend, versions) without being an answer.
    """

    record: Analysis
    again: Analysis
    differences: tuple[str, ...]
    circumstances: tuple[str, ...]


def replay(
    path: Path,
    images: Sequence[Path] = (),
    progress: Callable[[Progress], None] = lambda _: None,
    workers: Workers | None = None,
) -> Replay:
    """Run a record again.

    Args:
        path: An `analysis.h5`.
        images: Where the images lie now; where they lay when the record was made, if empty.

    Raises:
        NothingRead: The record or its images are not there.
        InputRefused: The images hold other pixels than the record was made of.
        UsageError: The package and version of the record are not installed.
    """
    record = load(path)
    package = find(f"{record.package.id}@{record.package.version}")
    if workers is None:
        with Workers() as own:
            return _replayed(record, package, images, progress, own)
    return _replayed(record, package, images, progress, workers)


def _replayed(
    record: Analysis,
    package: Package,
    images: Sequence[Path],
    progress: Callable[[Progress], None],
    workers: Workers,
) -> Replay:
    volume = _volume(record, images or _folders(record.series), progress, workers)
    methods = tuple(dict.fromkeys(one.method for one in record.explanations))
    again = workers.analyse(volume, package, methods, progress, record.prompt)
    return Replay(
        record, again, tuple(differences(record, again)), tuple(circumstances(record, again))
    )


def _folders(series: Series) -> tuple[Path, ...]:
    found = tuple(dict.fromkeys(Path(frame.file) for frame in series.frames))
    missing = [path for path in found if not path.exists()]
    if missing or not found:
        name = missing[0] if missing else "the images"
        raise NothingRead(f"{name} is not there any more. Name its folder with --images.")
    return found


def _volume(
    record: Analysis,
    images: Sequence[Path],
    progress: Callable[[Progress], None],
    workers: Workers,
) -> Volume:
    series = workers.scan(images, progress).series
    wanted = record.series
    same = [one for one in series if one.id == wanted.id] or [
        one for one in series if one.geometry.shape == wanted.geometry.shape
    ]
    for one in same:
        volume = workers.read(one, progress)
        if pixels_sha256(volume) == record.pixels_sha256:
            return volume
    if not same:
        raise NothingRead(f"The series {wanted.label} of the record is not among the images.")
    raise InputRefused(
        f"The images of {wanted.label} hold other pixels than the record was made of."
    )


def pixels_sha256(volume: Volume) -> str:
    """The hash by which a record knows its pixels."""
    return hashlib.sha256(np.ascontiguousarray(volume.array).data).hexdigest()


def differences(record: Analysis, again: Analysis) -> list[str]:
    """What was answered otherwise, one sentence each."""
    found = []
    if record.package.weights_sha256 != again.package.weights_sha256:
        found.append(f"{record.package.id} has other weights under the same version.")
    if record.verdict != again.verdict:
        found.append("The gate judges the image otherwise.")
    for name in ("findings", "measures"):
        before, after = getattr(record, name), getattr(again, name)
        found += _rows({x.id: x for x in before}, {x.id: x for x in after}, name)
    found += _regions(record, again)
    found += _maps(record, again)
    return found


def _rows(before: dict[str, object], after: dict[str, object], what: str) -> list[str]:
    found = [f"{key} of the {what} is missing now." for key in before.keys() - after.keys()]
    found += [f"{key} of the {what} is new." for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        changed = _fields(before[key], after[key])
        found += [f"{key}: {name} was {old} and is {new}." for name, old, new in changed]
    return sorted(found)


def _fields(before: object, after: object) -> list[tuple[str, object, object]]:
    names = [f.name for f in fields(before)]  # type: ignore[arg-type]
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in names]
    return [(name, old, new) for name, old, new in pairs if old != new]


def _regions(record: Analysis, again: Analysis) -> list[str]:
    before, after = ({x.id: x for x in one.regions} for one in (record, again))
    found = [f"The region {key} is missing now." for key in before.keys() - after.keys()]
    found += [f"The region {key} is new." for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        old, new = before[key].mask, after[key].mask
        if old.start == new.start and np.array_equal(old.bits, new.bits):
            continue
        count = int((old.whole() ^ new.whole()).sum())
        found.append(f"The region {key} differs in {count} of {old.size} voxels.")
    return sorted(found)


def _maps(record: Analysis, again: Analysis) -> list[str]:
    found = []
    by_key = {(x.method, x.target): x for x in again.explanations}
    for old in record.explanations:
        new = by_key.get((old.method, old.target))
        if new is None:
            found.append(f"The map {old.method} of {old.target} is missing now.")
        elif not np.array_equal(old.map, new.map):
            most = float(np.abs(old.map - new.map).max())
            found.append(f"The map {old.method} of {old.target} differs by up to {most:.2g}.")
    return found


def circumstances(record: Analysis, again: Analysis) -> list[str]:
    """What ran otherwise: the backend, the device, versions of libraries."""
    old, new = record.backend, again.backend
    found = []
    if (old.name, old.device) != (new.name, new.device):
        found.append(f"It ran by {old.name} on {old.device}, now by {new.name} on {new.device}.")
    before, after = dict(old.versions), dict(new.versions)
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            found.append(f"{name} was {before[name]}, now {after[name]}.")
    return found
