"""What parent and child say to each other: small typed messages, framed by their length.

Arrays never pass the pipe: a job's value is written into the job's own folder (`parcel`), and
the message says only that it is there. The version is compared first, so that a child left from
another installation is not talked to.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from medimg.values.analysis import Analysis
from medimg.values.failure import Failure
from medimg.values.layers import Layer
from medimg.values.series import DerivedObject, Scan, Series
from medimg.values.volume import Volume

VERSION = 1
_LENGTH = struct.Struct("<I")
#: No message is near this; a longer one means that something else writes into the pipe.
LONGEST = 1 << 20


class Role(Enum):
    """What a child loads: codecs, or networks."""

    READER = "reader"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class ScanJob:
    """Find the series under some paths."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Read the pixels of one series."""

    series: Series


@dataclass(frozen=True, slots=True)
class LayersJob:
    """Read what some objects of the files say of one series."""

    series: Series
    objects: tuple[DerivedObject, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What the objects say, in their order."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class ThumbnailJob:
    """Draw the middle image of a series, its longer side `size` pixels."""

    series: Series
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class AnalyseJob:
    """Run one package on one volume; `explain` names methods of `medimg.explain`."""

    volume: Volume
    package_id: str
    explain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ExportJob:
    """Write an analysis as files of some kinds of `results.EXPORTS` into a folder."""

    analysis: Analysis
    out: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote.

    Attributes:
        files: (kind, path) of each file.
        notes: What must be said: why a kind was left out, what a header lacked.
    """

    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProveJob:
    """Check a package's hashes and run its test vectors."""

    package_id: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How well a package repeats its test vectors on this computer.

    Attributes:
        vectors: Vectors that were run.
        worst, tolerance: Largest difference of a probability, and what the package allows.
        is_good: Whether there was something to repeat, and it was repeated.
    """

    vectors: int
    worst: float
    tolerance: float
    is_good: bool


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A small grey picture, (rows, columns) uint8."""

    grey: np.ndarray[Any, np.dtype[np.uint8]]


Job = ScanJob | ReadJob | LayersJob | ThumbnailJob | AnalyseJob | ExportJob | ProveJob
Value = Scan | Volume | Layers | Picture | Analysis | Written | Proof


@dataclass(frozen=True, slots=True)
class Work:
    """One row of the table of jobs.

    Attributes:
        job, value: What goes in, what comes out.
        function: "module:name" of `function(job, context) -> value`, imported in the child alone;
            it may lie on a floor above, which a string, unlike an import, may name.
        stage: What is said before the job says something itself.
    """

    job: type[Any]
    value: type[Any]
    function: str
    stage: str


#: Jobs by the name that messages use.
JOBS: dict[str, Work] = {
    "scan": Work(ScanJob, Scan, "medimg.engine.reader_jobs:scan", "Looking at files"),
    "read": Work(ReadJob, Volume, "medimg.engine.reader_jobs:read", "Reading pixels"),
    "layers": Work(LayersJob, Layers, "medimg.engine.reader_jobs:layers", "Reading overlays"),
    "thumbnail": Work(ThumbnailJob, Picture, "medimg.engine.reader_jobs:thumbnail", "Reading"),
    "analyse": Work(AnalyseJob, Analysis, "medimg.engine.analysing:analyse", "Starting"),
    "export": Work(ExportJob, Written, "medimg.engine.exporting:export", "Writing files"),
    "prove": Work(ProveJob, Proof, "medimg.engine.package_check:prove", "Checking"),
}


def name_of(job: Job) -> str:
    """The row of `JOBS` that a job belongs to."""
    return next(name for name, work in JOBS.items() if work.job is type(job))


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Parent: begin a job, whose value lies in `folder`."""

    id: int
    name: str
    folder: str


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Parent: stop a job."""

    id: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Child: at work, with this version of the protocol."""

    version: int = VERSION


class Report(msgspec.Struct, frozen=True, tag="report"):
    """Child: how far a job is; `fraction` is None where the end is not known."""

    id: int
    fraction: float | None
    stage: str
    left_s: float | None = None


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Child: a job's value lies in its folder."""

    id: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Child: a job ended badly."""

    id: int
    failure: Failure


ToChild = Start | Cancel
ToParent = Ready | Report | Done | Failed


def send(pipe: IO[bytes], message: ToChild | ToParent) -> None:
    """Write one message and flush it.

    Raises:
        OSError: The other side is gone.
    """
    data = msgspec.json.encode(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes], kind: Any) -> Any:
    """Read one message of the union `kind`; None at the end of the pipe.

    Raises:
        msgspec.DecodeError: What arrived is not a message of ours.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST:
        raise msgspec.DecodeError(f"a message of {length} bytes is none of ours")
    data = pipe.read(length)
    return msgspec.json.decode(data, type=kind) if len(data) == length else None


def folder_of(run: Path, job_id: int) -> Path:
    """Where the values of one job lie."""
    return run / f"job-{job_id}"
