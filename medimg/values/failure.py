"""How a job ended badly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FailureKind(Enum):
    """Why a job did not finish; the window translates by this."""

    CANCELLED = "cancelled"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out-of-memory"
    PACKAGE = "package"
    INPUT = "input"
    OUTPUT = "output"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a job ended badly: kind, one sentence, what to do."""

    kind: FailureKind
    sentence: str
    todo: str = ""
