"""PyTorch, on CUDA where there is one, else on the CPU: the same code and the same answer."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from medimg.inference.configuration import build, read
from medimg.inference.runner import Floats
from medimg.packages import manifest
from medimg.packages.manifest import WEIGHTS, Package
from medimg.values.analysis import Backend
from medimg.values.errors import PackageRefused

NEEDS = ("torch", "safetensors")
_NAMED = ("torch", "monai", "captum", "numpy")


def available() -> bool:
    """Whether all that this backend needs is installed."""
    return all(find_spec(name) is not None for name in NEEDS)


@dataclass(frozen=True, slots=True, eq=False)
class TorchRunner:
    """A network of torch, in evaluation mode on its device.

    Attributes:
        module: The network itself, for what needs gradients or layers.
    """

    module: nn.Module
    is_differentiable: bool = True

    @property
    def device(self) -> torch.device:
        """Where its weights lie; the CPU where it has none."""
        return next((p.device for p in self.module.parameters()), torch.device("cpu"))

    def run(self, array: Floats) -> Floats:
        """One forward pass, (batch, channel, *spatial) to (batch, channel, …)."""
        with torch.inference_mode():
            output = self.module(torch.from_numpy(np.ascontiguousarray(array)).to(self.device))
        result: Floats = output.float().cpu().numpy()
        return result

    def describe(self) -> Backend:
        """What computes, for the record."""
        here = self.device
        name = torch.cuda.get_device_name(here) if here.type == "cuda" else platform.machine()
        versions = tuple((library, version(library)) for library in _NAMED)
        return Backend("torch", f"{here.type} ({name})", versions)


def open(package: Package, device: str = "auto") -> TorchRunner:
    """Build a package's network with its weights, ready to predict.

    The hashes have been checked by `packages.catalogue.verify`. Weights kept in half precision
    are computed in float32.

    Args:
        device: "cpu", "cuda" or "auto": the first CUDA device, else the CPU.

    Raises:
        PackageRefused: Weights and network do not fit.
    """
    has_cuda = device != "cpu" and torch.cuda.is_available()
    return TorchRunner(_load(package.folder, package.seal, "cuda:0" if has_cuda else "cpu"))


@lru_cache(maxsize=4)
def _load(folder: Path, seal: str, device: str) -> nn.Module:
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
    return network.eval().to(device)
