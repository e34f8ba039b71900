"""PyTorch, on CUDA where there is one, else on the CPU: the same code and the same answer."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from medimg.inference.configuration import build, read
from medimg.packages import manifest
from medimg.packages.manifest import WEIGHTS, Package
from medimg.values.analysis import Backend
from medimg.values.errors import PackageRefused

NEEDS = ("torch", "safetensors")
_NAMED = ("torch", "monai", "captum", "numpy")


def available() -> bool:
    """Whether all that this backend needs is installed."""
    return all(find_spec(name) is not None for name in NEEDS)


def device() -> torch.device:
    """The first CUDA device, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def describe() -> Backend:
    """What computes here, for the record."""
    here = device()
    name = torch.cuda.get_device_name(here) if here.type == "cuda" else platform.machine()
    versions = tuple((library, version(library)) for library in _NAMED)
    return Backend("torch", f"{here.type} ({name})", versions)


def load(package: Package) -> nn.Module:
    """Build a package's network with its weights, ready to predict.

    The hashes have been checked by `packages.catalogue.verify`. Weights kept in half precision
    are computed in float32.

    Raises:
        PackageRefused: Weights and network do not fit.
    """
    return _load(package.folder, package.seal)


@lru_cache(maxsize=4)
def _load(folder: Path, seal: str) -> nn.Module:
    # The seal names the content, so a package that was replaced is not taken from the cache.
    package = manifest.load(folder)
    config = read(package)
    network = build(config.get("network_def"), config)
    if not isinstance(network, nn.Module):
        raise PackageRefused(f'The configuration of {package.id} has no "network_def".')
    try:
        state = load_file(package.folder / WEIGHTS)
        floats = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
        network.load_state_dict(floats)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise PackageRefused(
            f"The weights of {package.id} do not fit its network: {str(error).splitlines()[0]}"
        ) from error
    return network.eval().to(device())
