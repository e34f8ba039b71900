"""Test vectors: phantoms and the outputs they must give, so that any installation can prove itself.

The phantoms are drawn from formulas and hold no image of any person.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from medimg.inference.backends.torch import TorchRunner
from medimg.inference.predict import forward
from medimg.inference.reference import chain
from medimg.packages.manifest import Package

FOLDER = "vectors"
ROWS = 160
SLICES = 3
SEED = 5
# Largest difference of logits that another processor or library version may make.
TOLERANCE = 0.02


def _ellipse(
    shape: tuple[int, int], at: tuple[float, float], radii: tuple[float, float]
) -> NDArray[np.float32]:
    """Smooth ellipse, 1 inside; centre and radii as shares of the image."""
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]]
    distance = np.hypot((row / shape[0] - at[0]) / radii[0], (column / shape[1] - at[1]) / radii[1])
    inside: NDArray[np.float32] = (1 / (1 + np.exp(20 * (distance - 1)))).astype(np.float32)
    return inside


def film() -> NDArray[np.float32]:
    """A chest-like film, [row, column] in 0..1: body, two dark lungs, heart, one bright patch."""
    shape = (ROWS, ROWS - 16)
    grain = np.random.default_rng(SEED).normal(0, 0.01, shape)
    image = 0.8 * _ellipse(shape, (0.55, 0.5), (0.6, 0.46))
    for column, radius in ((0.3, 0.15), (0.7, 0.13)):
        image = image * (1 - 0.8 * _ellipse(shape, (0.45, column), (0.3, radius)))
    image = image + 0.25 * _ellipse(shape, (0.62, 0.56), (0.14, 0.12))
    image = image + 0.3 * _ellipse(shape, (0.6, 0.3), (0.08, 0.07))
    return np.clip(image + grain, 0, 1).astype(np.float32)


def head() -> NDArray[np.float32]:
    """A head-like stack, [slice, row, column] in arbitrary units: scalp, brain, one bright part."""
    shape = (ROWS, ROWS)
    grain = np.random.default_rng(SEED).normal(0, 8, (SLICES, *shape))
    scalp = _ellipse(shape, (0.5, 0.5), (0.45, 0.36)) - _ellipse(shape, (0.5, 0.5), (0.42, 0.33))
    brain = _ellipse(shape, (0.5, 0.5), (0.38, 0.29))
    lesion = _ellipse(shape, (0.4, 0.38), (0.09, 0.08))
    middle = 900 * scalp + 420 * brain
    stack = np.stack([middle, middle + 380 * lesion, middle + 300 * lesion])
    return np.clip(stack + grain, 0, None).astype(np.float32)


def head_ct() -> NDArray[np.float32]:
    """A head-like stack, [slice, row, column] in HU: skull, brain, one bright part."""
    shape = (ROWS, ROWS)
    grain = np.random.default_rng(SEED).normal(0, 3, (SLICES, *shape))
    skull = _ellipse(shape, (0.5, 0.5), (0.42, 0.33))
    brain = _ellipse(shape, (0.5, 0.5), (0.38, 0.29))
    lesion = _ellipse(shape, (0.4, 0.38), (0.09, 0.08))
    middle = -1000 + 2000 * skull - 965 * brain
    stack = np.stack([middle, middle + 35 * lesion, middle + 30 * lesion])
    return (stack + grain).astype(np.float32)


def phantom(package: Package) -> NDArray[np.float32]:
    """What is drawn for a package: a film, or a stack of the modality that it accepts."""
    if package.input.kind == "radiograph":
        return film()
    modalities = {word for one in package.input.rules for word in one.accept}
    return head_ct() if "CT" in modalities else head()


def write(package: Package, model: nn.Module) -> Path:
    """Write image, prepared image and logits of the package's phantom.

    Args:
        package: Says how to prepare and run.
        model: With the weights that are shipped.
    """
    image = phantom(package)
    prepared = chain(package)(image)
    logits, _ = forward(package, TorchRunner(model), prepared.as_tensor().numpy())
    path = package.folder / FOLDER / "phantom.safetensors"
    path.parent.mkdir(exist_ok=True)
    tensors = {
        "image": torch.from_numpy(image),
        "prepared": prepared.as_tensor(),
        "logits": torch.from_numpy(logits),
    }
    half = {name: tensor.half().contiguous() for name, tensor in tensors.items()}
    save_file(half, path, {"tolerance": str(TOLERANCE), "origin": "drawn from formulas"})
    path.chmod(0o644)
    return path
