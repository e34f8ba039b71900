"""What one export makes, before it is a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exported:
    """The bytes of one export, and what the reader must be told of it.

    Attributes:
        notes: Sentences: source values that were left out, parts that could not be carried.
    """

    data: bytes
    notes: tuple[str, ...] = ()
