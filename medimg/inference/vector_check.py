"""Prove a package on this computer: its test vectors must give what they gave where it was made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from medimg.inference.backends.torch import load
from medimg.inference.postprocessing import probabilities
from medimg.inference.predict import inferer_of
from medimg.inference.preprocessing import chain
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


def prove(package: Package) -> Agreement:
    """Run every test vector of a package, preprocessing included.

    Probabilities are compared, not logits: far from the decision a logit may move without
    meaning anything.

    Raises:
        PackageRefused: A vector cannot be read.
    """
    model, inferer, steps = load(package), inferer_of(package), chain(package)
    device = next(model.parameters()).device
    found: list[tuple[float, float]] = []
    for path in sorted((package.folder / FOLDER).glob("*.safetensors")):
        try:
            with safe_open(path, framework="pt") as file:
                image, expected = file.get_tensor("image"), file.get_tensor("logits")
                tolerance = float((file.metadata() or {})["tolerance"])
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise PackageRefused(
                f"{FOLDER}/{path.name} of {package.id} cannot be read. Install {package.id} again."
            ) from error
        prepared = steps(image.float().numpy()).as_tensor()[None].to(device)
        with torch.inference_mode():
            given = inferer(prepared, model)[0].float().cpu().numpy()
        wanted = expected.float().numpy()
        difference = np.abs(probabilities(given, package) - probabilities(wanted, package))
        found.append((float(difference.max()), tolerance))
    if not found:
        return Agreement(0, 0.0, 0.0)
    return Agreement(len(found), max(worst for worst, _ in found), min(t for _, t in found))
