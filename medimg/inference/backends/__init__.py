"""What can run a network: one row a backend, each a module with the same names.

`NEEDS` (what must be installed), `available()` and `open(package, device)`, which gives a
`Runner`. A backend that cannot be differentiated runs packages, and leaves the explaining to torch.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from medimg.inference.backends import cuda
from medimg.inference.runner import Runner
from medimg.packages.manifest import Package
from medimg.values.errors import UsageError

if TYPE_CHECKING:
    from medimg.inference.backends.torch import TorchRunner

#: Backend by name, in the order of preference on the CPU; a graphics card is torch's.
BACKENDS: dict[str, str] = {
    "openvino": "medimg.inference.backends.openvino",
    "torch": "medimg.inference.backends.torch",
}


def open_runner(package: Package, device: str = "auto") -> Runner:
    """Open a package's network with the first backend that can run it.

    Args:
        device: "cpu", "cuda" or "auto": a graphics card where there is one.

    Raises:
        PackageRefused: Weights and network do not fit.
        UsageError: No backend is available; what is needed is named.
    """
    if device == "cuda" or (device == "auto" and cuda.has_card()):
        return open_differentiable(package, device)
    for name in BACKENDS:
        if (module := _module(name)) is not None:
            runner: Runner = module.open(package, device)
            return runner
    raise UsageError(f"Nothing here can run a network; one of {', '.join(BACKENDS)} is needed.")


def open_differentiable(package: Package, device: str = "auto") -> TorchRunner:
    """Open a package's network as one of torch, which explanations need; errors as there."""
    from medimg.inference.backends import torch

    return torch.open(package, device)


def _module(name: str) -> ModuleType | None:
    """A backend whose libraries are installed; None where they are not."""
    # A backend's module imports its libraries at its top, so their absence shows here.
    with suppress(ImportError):
        module = import_module(BACKENDS[name])
        if module.available():
            return module
    return None
