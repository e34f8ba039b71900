"""The job that proves a package in the engine's process."""

from __future__ import annotations

from medimg.engine.context import JobContext
from medimg.engine.protocol import Proof, ProveJob
from medimg.inference.vector_check import prove as run_vectors
from medimg.packages.catalogue import find, verify


def prove(job: ProveJob, context: JobContext) -> Proof:
    """Check the hashes of a package and run its test vectors.

    Raises:
        UsageError: There is no such package.
        PackageRefused: It is damaged.
    """
    package = find(job.package_id)
    verify(package)
    context.report(0.1, "Running test vectors")
    seen = run_vectors(package)
    return Proof(seen.vectors, seen.worst, seen.tolerance, seen.is_good)
