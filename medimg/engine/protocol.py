"""What parent and child say to each other: small typed messages, framed by their length.

Arrays never pass the pipe: a job's value is written into files (`value_files`), and the
message says only that they are there. The version is compared first, so that a child left from
another installation is not talked to.
"""

from __future__ import annotations

import struct
from enum import Enum
from pathlib import Path
from typing import IO, Any

import msgspec

from medimg.engine.context import State
from medimg.values.failure import Failure

VERSION = 2
_LENGTH = struct.Struct("<I")
#: No message is near this; a longer one means that something else writes into the pipe.
LONGEST = 1 << 20


class Role(Enum):
    """What a child loads: codecs, or networks."""

    READER = "reader"
    ENGINE = "engine"


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
    """Child: how far a job is."""

    id: int
    state: State


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
