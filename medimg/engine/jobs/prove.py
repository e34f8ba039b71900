"""Check a package's hashes and run its test vectors."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.engine.context import JobContext
from medimg.packages.catalogue import find, verify


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


def run(job: ProveJob, context: JobContext) -> Proof:
    """Check the hashes of a package and run its test vectors.

    Raises:
        UsageError: There is no such package.
        PackageRefused: It is damaged.
    """
    from medimg.inference.vector_check import prove

    package = find(job.package_id)
    verify(package)
    context.report(0.1, "Running test vectors")
    seen = prove(package)
    return Proof(seen.vectors, seen.worst, seen.tolerance, seen.is_good)
