"""How a network is taken over an image: at once, slice by slice, by windows, with its mirror.

Twins of MONAI's inferers on arrays; `tests/medimg/inference/test_twins.py` compares each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.inference import sliding
from medimg.inference.transforms import member_of

Floats = NDArray[np.float32]
#: (batch, channel, *spatial) to (batch, channel, …).
Network = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Inferer:
    """One way over an image.

    Attributes:
        run: ((1, channel, *grid), network) to (1, channel, …).
        calls: Forward passes on a (channel, *grid) image.
    """

    run: Callable[[Floats, Network], Floats]
    calls: Callable[[tuple[int, ...]], int]


def simple() -> Inferer:
    """MONAI's `SimpleInferer`: one pass."""
    return Inferer(lambda image, network: network(image), lambda shape: 1)


def slices(
    roi_size: Sequence[int], sw_batch_size: int = 1, spatial_dim: int = 0, overlap: float = 0.25
) -> Inferer:
    """MONAI's `SliceInferer`, for slices that are as large as the window."""

    def run(image: Floats, network: Network) -> Floats:
        if image.ndim != 5 or spatial_dim != 0 or tuple(image.shape[3:]) != tuple(roi_size):
            raise ValueError(f"slices of {roi_size} do not fit an image of {image.shape}")
        stack = image[0].swapaxes(0, 1)
        found = [
            network(np.ascontiguousarray(stack[first : first + sw_batch_size]))
            for first in range(0, len(stack), sw_batch_size)
        ]
        return np.ascontiguousarray(np.concatenate(found).swapaxes(0, 1)[None])

    return Inferer(run, lambda shape: -(-shape[1] // sw_batch_size))


def windows(
    roi_size: Sequence[int],
    sw_batch_size: int = 1,
    overlap: float = 0.25,
    mode: str = "constant",
    sigma_scale: float = 0.125,
) -> Inferer:
    """MONAI's `SlidingWindowInferer` in three dimensions, the whole output in memory."""
    if len(roi_size) != 3:
        raise TypeError("no twin slides in two dimensions")

    def run(image: Floats, network: Network) -> Floats:
        plan = sliding.windows(image.shape[2:], roi_size, overlap)
        weight = sliding.importance(plan.size, mode, sigma_scale)
        pads = [
            (before, grid - before - side)
            for before, grid, side in zip(plan.padding, plan.grid, plan.shape, strict=True)
        ]
        padded = np.pad(image[0], [(0, 0), *pads])

        def source(box: sliding.Box) -> Floats:
            part = padded[(slice(None), *(slice(*side) for side in box))]
            return np.ascontiguousarray(part)

        a, b, c = plan.grid
        whole: Floats | None = None
        tile = ((0, a), (0, b), (0, c))
        for slab in sliding.slabs(source, network, plan, weight, tile, sw_batch_size):
            if whole is None:
                whole = np.empty((slab.values.shape[0], *plan.shape), np.float32)
            whole[(slice(None), *(slice(*side) for side in slab.box))] = slab.values
        assert whole is not None
        return whole[None]

    def calls(shape: tuple[int, ...]) -> int:
        plan = sliding.windows(shape[1:], roi_size, overlap)
        in_slab = prod(len(s) for axis, s in enumerate(plan.starts) if axis != plan.axis)
        return len(plan.starts[plan.axis]) * -(-in_slab // sw_batch_size)

    return Inferer(run, calls)


def mirrored(inferer: Inferer, mean: str = "logits") -> Inferer:
    """`MirrorInferer`: the mean of the answers on an image and on its mirror image, turned back."""
    if mean not in ("logits", "probabilities"):
        raise TypeError('mean is "logits" or "probabilities"')

    def run(image: Floats, network: Network) -> Floats:
        plain = inferer.run(image, network)
        turned = inferer.run(np.ascontiguousarray(image[..., ::-1]), network)
        if turned.ndim == image.ndim:
            turned = turned[..., ::-1]
        if mean == "logits":
            return np.asarray((plain + turned) / 2, dtype=np.float32)
        both = (1 / (1 + np.exp(-plain)) + 1 / (1 + np.exp(-turned))) / 2
        both = np.clip(both, 1e-6, 1 - 1e-6)
        return np.asarray(np.log(both / (1 - both)), dtype=np.float32)

    return Inferer(run, lambda shape: 2 * inferer.calls(shape))


def _mirrored(inferer: Mapping[str, Any] | None = None, mean: str = "logits") -> Inferer:
    inner = member_of(inferer, INFERERS)
    if inner is None:
        raise TypeError("no twin of the inferer that is mirrored")
    return mirrored(inner, mean)


#: By the short name that a configuration uses; arguments that a twin lacks are a TypeError.
INFERERS: dict[str, Callable[..., Inferer]] = {
    "SimpleInferer": simple,
    "SliceInferer": slices,
    "SlidingWindowInferer": windows,
    "MirrorInferer": _mirrored,
}


def inferer_of(config: Mapping[str, Any], shape: tuple[int, ...]) -> Inferer | None:
    """The inferer of a configuration; None where MONAI has to do it.

    Args:
        shape: (channel, *grid) of the image that it is for.
    """
    part = config.get("inferer")
    if not part:
        return simple()
    if not _slices_fit(part, shape):
        return None
    found: Inferer | None = member_of(part, INFERERS)
    return found


def _slices_fit(part: Mapping[str, Any], shape: tuple[int, ...]) -> bool:
    """Whether slices are as large as the window that goes over them; MONAI slides over others."""
    inner = part.get("inferer", part)
    if not str(inner.get("_target_", "")).endswith("SliceInferer"):
        return True
    is_whole = tuple(inner.get("roi_size", ())) == tuple(shape[2:])
    return len(shape) == 4 and inner.get("spatial_dim", 0) == 0 and is_whole
