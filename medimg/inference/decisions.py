"""Twins of MONAI's post-processing in numpy: from a network's output to marks.

`tests/medimg/inference/test_twins.py` compares each with MONAI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.transforms import parts_of

Floats = NDArray[np.float32]
#: (channels, *grid) to the same or other channels.
Step = Callable[[Floats], Floats]


def activations(sigmoid: bool = False, softmax: bool = False) -> Step:
    """MONAI's `Activations`."""

    def step(values: Floats) -> Floats:
        if sigmoid:
            values = np.reciprocal(1 + np.exp(-np.clip(values, -80, 80)), dtype=np.float32)
        if softmax:
            raised = np.exp(values - values.max(axis=0))
            values = raised / raised.sum(axis=0)
        return values

    return step


def discrete(
    threshold: float | None = None, argmax: bool = False, to_onehot: int | None = None
) -> Step:
    """MONAI's `AsDiscrete`."""

    def step(values: Floats) -> Floats:
        if argmax:
            values = values.argmax(axis=0)[None].astype(np.float32)
        if to_onehot is not None:
            values = np.concatenate([values == number for number in range(to_onehot)])
        if threshold is not None:
            return (values >= np.float32(threshold)).astype(np.float32)
        return np.asarray(values, dtype=np.float32)

    return step


def largest_parts(num_components: int = 1) -> Step:
    """MONAI's `KeepLargestConnectedComponent` on 0 and 1, each channel for itself."""
    return lambda values: _but_background(values, lambda mask: _largest(mask, num_components))


def _largest(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask, ndimage.generate_binary_structure(mask.ndim, mask.ndim))
    if count <= most:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    kept = np.zeros(sizes.size, dtype=np.bool_)
    kept[np.argsort(sizes)[::-1][:most]] = True
    chosen: NDArray[np.bool_] = kept[parts]
    return chosen


def filled() -> Step:
    """MONAI's `FillHoles` on 0 and 1."""

    def step(values: Floats) -> Floats:
        structure = ndimage.generate_binary_structure(values.ndim - 1, values.ndim - 1)
        return _but_background(values, lambda mask: ndimage.binary_fill_holes(mask, structure))

    return step


def without_small_parts(share: float = 0.0, minimum: int = 0) -> Step:
    """Empty the connected parts of each channel that are small beside its largest one.

    Args:
        share: Parts below this share of the largest are dropped.
        minimum: Parts below this number of pixels are dropped as well.
    """
    if not 0 <= share <= 1:
        raise ValueError("share lies between 0 and 1")

    def kept(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        parts, count = ndimage.label(mask)
        if count == 0:
            return mask
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        chosen: NDArray[np.bool_] = (sizes >= max(share * sizes.max(), minimum, 1))[parts]
        return chosen

    return lambda values: _each(values, kept)


def _but_background(
    values: Floats, change: Callable[[NDArray[np.bool_]], NDArray[np.bool_]]
) -> Floats:
    """Change each channel; of several, MONAI takes the first for the background and leaves it."""
    if len(values) == 1:
        return _each(values, change)
    return np.concatenate([values[:1], _each(values[1:], change)])


def _each(values: Floats, change: Callable[[NDArray[np.bool_]], NDArray[np.bool_]]) -> Floats:
    return np.stack([change(channel > 0.5) for channel in values]).astype(np.float32)


#: By the short name that a configuration uses.
DECISIONS: dict[str, Callable[..., Step]] = {
    "Activations": activations,
    "AsDiscrete": discrete,
    "KeepLargestConnectedComponent": largest_parts,
    "FillHoles": filled,
    "DropSmallParts": without_small_parts,
}


def steps_of(config: Mapping[str, Any]) -> tuple[list[Step], list[Step]] | None:
    """Leading activations and the other steps; None where MONAI has to do it."""
    whole = config.get("postprocessing")
    if not whole:
        return [], []
    steps = parts_of(whole, DECISIONS)
    if steps is None:
        return None
    names = [str(part["_target_"]).rpartition(".")[2] for part in whole["transforms"]]
    first = next((i for i, name in enumerate(names) if name != "Activations"), len(names))
    return steps[:first], steps[first:]
