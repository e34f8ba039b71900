"""Prove a package on this computer: its test vectors must give what they gave where it was made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError, safe_open

from medimg.inference.backends import open_runner
from medimg.inference.postprocessing import probabilities
from medimg.inference.runner import Runner
from medimg.inference.tasks import task_of
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused

FOLDER = "vectors"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a package repeats its test vectors here.

    Attributes:
        vectors: Files that were run.
        worst: Largest difference of a probability.
        tolerance: What the package allows.
    """

    vectors: int
    worst: float
    tolerance: float

    @property
    def is_good(self) -> bool:
        """Whether there was something to repeat, and it was repeated."""
        return self.vectors > 0 and self.worst <= self.tolerance


def prove(package: Package, runner: Runner | None = None) -> Agreement:
    """Run every test vector of a package, preprocessing included.

    Probabilities are compared, not logits: far from the decision a logit may move without
    meaning anything.

    Args:
        runner: What computes; the first backend's if None.

    Raises:
        PackageRefused: A vector cannot be read.
    """
    runner, task = runner or open_runner(package), task_of(package)
    found: list[tuple[float, float]] = []
    for path in sorted((package.folder / FOLDER).glob("*.safetensors")):
        try:
            with safe_open(path, framework="np") as file:
                image, expected = file.get_tensor("image"), file.get_tensor("logits")
                tolerance = float((file.metadata() or {})["tolerance"])
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise PackageRefused(
                f"{FOLDER}/{path.name} of {package.id} cannot be read. Install {package.id} again."
            ) from error
        given = task.logits(package, runner, image.astype(np.float32))
        wanted = expected.astype(np.float32)
        difference = np.abs(probabilities(given, package) - probabilities(wanted, package))
        found.append((float(difference.max()), tolerance))
    if not found:
        return Agreement(0, 0.0, 0.0)
    return Agreement(len(found), max(worst for worst, _ in found), min(t for _, t in found))
