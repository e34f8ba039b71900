"""What the two sides say to each other: JSON behind its length, arrays behind their description.

Nothing that runs passes the pipe: shapes and types are checked before memory is taken for them.
"""

from __future__ import annotations

import struct
from typing import IO

import msgspec
import numpy as np

from medimg.values.volume import Array

Buffer = bytes | bytearray | memoryview

_LENGTH = struct.Struct("<I")
#: No message is near this; a longer one means that something else writes into the pipe.
LONGEST = 1 << 22


class Order(msgspec.Struct, frozen=True, tag="order"):
    """Parent: decode frames of one file.

    Attributes:
        work: A row of `child.WORKS`.
        numbers: Of the frames, from 0.
        memory_bytes: Most memory to be taken beyond what the child holds when idle.
        cpu_s: Most time to be spent on one frame.
    """

    work: str
    file: str
    numbers: tuple[int, ...]
    memory_bytes: int
    cpu_s: float


class Coded(msgspec.Struct, frozen=True, tag="coded"):
    """Parent: decode one grey picture of 16-bit words, whose coded bytes follow.

    Attributes:
        codec: A row of `codecs.CODECS`.
        file: Whose picture it is, for sentences; it is not opened.
        transfer_syntax: Of the coded bytes.
        size: How many of them follow.
        bits, is_signed: Of its values, as the header has them.
        memory_bytes, cpu_s: As in `Order`.
    """

    codec: str
    file: str
    transfer_syntax: str
    size: int
    rows: int
    columns: int
    bits: int
    is_signed: bool
    memory_bytes: int
    cpu_s: float


class Decoded(msgspec.Struct, frozen=True, tag="decoded"):
    """Child: the bytes of one frame follow."""

    shape: tuple[int, ...]
    dtype: str


class Undecoded(msgspec.Struct, frozen=True, tag="undecoded"):
    """Child: the rest of the file cannot be decoded, as a problem says."""

    kind: str
    sentence: str


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """Child: that were all frames."""


Request = Order | Coded
Answer = Decoded | Undecoded | Finished


def send(pipe: IO[bytes], message: Request | Answer, content: Buffer | None = None) -> None:
    """Write one message, and bytes behind it.

    Raises:
        OSError: The other side is gone.
    """
    data = msgspec.json.encode(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    if content is not None:
        pipe.write(content)
    pipe.flush()


def send_array(pipe: IO[bytes], array: Array) -> None:
    """Write a frame behind its description; errors as `send`."""
    content = np.ascontiguousarray(array).data.cast("B")
    send(pipe, Decoded(array.shape, array.dtype.str), content)


def receive_request(pipe: IO[bytes]) -> Request | None:
    """The next request; None at the end of the pipe."""
    data = _message(pipe)
    return None if data is None else msgspec.json.decode(data, type=Request)


def receive_answer(pipe: IO[bytes]) -> Answer | None:
    """The next answer; None at the end of the pipe."""
    data = _message(pipe)
    return None if data is None else msgspec.json.decode(data, type=Answer)


def receive_array(pipe: IO[bytes], described: Decoded) -> Array | None:
    """The array behind a `Decoded`; None where the pipe ends inside it."""
    array: Array = np.empty(described.shape, np.dtype(described.dtype))
    return array if receive_into(pipe, array) else None


def receive_into(pipe: IO[bytes], array: Array) -> bool:
    """Fill a contiguous array; False where the pipe ends inside it."""
    view = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        count = pipe.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            return False
        done += count
    return True


def _message(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST:
        raise msgspec.DecodeError(f"a message of {length} bytes is none of ours")
    data = pipe.read(length)
    return data if len(data) == length else None
