"""How a network lies in memory: quickest for many passes, and how much it takes for a map."""

from __future__ import annotations

import os
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from medimg.values.errors import PackageRefused

_quick: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()
#: Share of the free memory that a map may take.
SHARE = 0.5
#: Images a pass at most: more are not faster.
MOST = 8


def quick(model: nn.Module, dimensions: int) -> nn.Module:
    """A copy whose convolutions read channels last: a quarter faster on the CPU, same answers."""
    if dimensions != 2:
        return model
    if model not in _quick:
        copied = deepcopy(model)
        copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        _quick[model] = copied
    return _quick[model]


def pass_bytes(model: nn.Module, image: Tensor) -> int:
    """Bytes that one image's pass keeps for its backward pass: what all layers give.

    Args:
        image: (1, channels, …), run through once.
    """
    total = 0

    def add(_module: nn.Module, _inputs: object, output: object) -> None:
        nonlocal total
        if isinstance(output, Tensor):
            total += output.numel() * output.element_size()

    leaves = [one for one in model.modules() if not [*one.children()]]
    handles = [leaf.register_forward_hook(add) for leaf in leaves]
    try:
        with torch.inference_mode():
            model(image)
    finally:
        for handle in handles:
            handle.remove()
    return total


def free_bytes() -> int | None:
    """Memory that is free now; None where the system does not say."""
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return None


def batch_that_fits(each: int, free: int | None, name: str = "This package") -> int:
    """Images a pass.

    Args:
        each: Bytes of one image, from `pass_bytes`.
        free: Bytes that are free; None if unknown.

    Raises:
        PackageRefused: Not even one image fits.
    """
    if free is None:
        return MOST
    # Gradients of what is kept take as much again.
    fits = int(SHARE * free / max(2 * each, 1))
    if fits < 1:
        raise PackageRefused(
            f"{name} needs about {2 * each / 1e9:.1f} GB for a map, and {free / 1e9:.1f} GB are "
            "free. Close other programs, or choose the network's own map."
        )
    return min(fits, MOST)
