"""Every error that the product raises on purpose.

MedimgError
├── UsageError        the call itself is wrong: a path that is not there, an unknown name   exit 2
├── NothingRead       nothing under the given paths could be read                           exit 1
├── InputRefused      the input is understood and must not be used this way                 exit 1
├── PackageRefused    a package is damaged, unknown, or does not fit this program           exit 1
├── OutputFailed      a result could not be written; nothing half-written is left           exit 1
├── EngineFailed      the engine's process ended badly; carries the `Failure`               exit 1
└── Cancelled         the user stopped it                                                   exit 130

What a file *is* comes back as a `Problem`, how a job *ended* as a `Failure`; an error is a
promise that could not be kept. Its sentence says what happened, to which file, and what to do.
"""

from __future__ import annotations

from typing import ClassVar

from medimg.values.failure import Failure


class MedimgError(Exception):
    """Base of all errors; `str(error)` is one sentence for a person."""

    exit_code: ClassVar[int] = 1


class UsageError(MedimgError):
    """The call is wrong: an unknown name, a path that does not exist."""

    exit_code = 2


class NothingRead(MedimgError):
    """Nothing that was asked for could be read."""


class InputRefused(MedimgError):
    """The input is understood and must not be used for this."""


class PackageRefused(MedimgError):
    """A package is damaged, unknown, or not made for this program."""


class OutputFailed(MedimgError):
    """A result could not be written; nothing half-written is left behind."""


class EngineFailed(MedimgError):
    """A child process could not finish the job."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class Cancelled(MedimgError):
    """The user stopped the work."""

    exit_code = 130
