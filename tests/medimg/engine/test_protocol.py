"""Messages and values cross whole; anything else on the pipe is noticed."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np
import pytest

from medimg.engine import protocol
from medimg.engine.context import State
from medimg.engine.jobs import JOBS
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.protocol import Cancel, Failed, Report, Start
from medimg.engine.value_files import pack, unpack
from medimg.values.failure import Failure, FailureKind
from tests.tiny_packages import stack

MESSAGES = [
    Start(3, "scan", "job-3"),
    Cancel(3),
]
ANSWERS = [
    protocol.Ready(),
    Report(3, State(0.25, "Running", 4.5, (("loss", 0.5),))),
    Report(3, State(None, "Läuft")),
    Failed(3, Failure(FailureKind.CRASHED, "It stopped.", "Again.")),
]


def test_messages_return() -> None:
    """Every message comes out as it went in, in order."""
    for messages, kind in ((MESSAGES, protocol.ToChild), (ANSWERS, protocol.ToParent)):
        pipe = io.BytesIO()
        for message in messages:
            protocol.send(pipe, message)
        pipe.seek(0)
        assert [protocol.receive(pipe, kind) for _ in messages] == messages
        assert protocol.receive(pipe, kind) is None


def test_strange_bytes_are_noticed() -> None:
    """A library's print between messages is no message; half a message is the end."""
    with pytest.raises(msgspec.DecodeError):
        protocol.receive(io.BytesIO(b"Warning: something\n"), protocol.ToParent)
    pipe = io.BytesIO()
    protocol.send(pipe, ANSWERS[1])
    assert protocol.receive(io.BytesIO(pipe.getvalue()[:-3]), protocol.ToParent) is None


def test_volume_crosses_as_a_map(tmp_path: Path) -> None:
    """Pixels come back equal, read-only and from disk; headers and geometry too."""
    volume = stack(np.random.default_rng(0).random((4, 5, 6), dtype=np.float32))
    volume = replace(volume, padding=np.arange(120).reshape(4, 5, 6) % 7 == 0)
    pack(AnalyseJob(volume, "x", ("grad-cam",)), tmp_path, "job")
    job = unpack(AnalyseJob, tmp_path, "job")
    assert isinstance(job.volume.array, np.memmap)
    assert np.array_equal(job.volume.array, volume.array)
    assert not job.volume.array.flags.writeable
    assert job.volume.padding is not None and volume.padding is not None
    assert np.array_equal(job.volume.padding, volume.padding)
    geometry = job.volume.series.geometry
    assert geometry.affine is not None
    assert np.array_equal(geometry.affine, volume.series.geometry.affine)
    assert replace(job.volume.series, geometry=volume.series.geometry) == volume.series


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_its_function(name: str) -> None:
    """The table's strings lead to functions, and each kind of job has one row."""
    module, _, function = JOBS[name].function.partition(":")
    assert callable(getattr(import_module(module), function))
    assert sum(work.job is JOBS[name].job for work in JOBS.values()) == 1
