"""What can run a network: one row a backend, each a module with the same names.

`NEEDS` (what must be installed), `available()` and `open(package, device)`, which gives a
`Runner`. A backend that cannot be differentiated runs packages, and leaves the explaining to torch.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from medimg.inference.runner import Runner
from medimg.packages.manifest import Package
from medimg.values.errors import UsageError

if TYPE_CHECKING:
    from medimg.inference.backends.torch import TorchRunner

#: Backend by name, in the order of preference.
BACKENDS: dict[str, str] = {"torch": "medimg.inference.backends.torch"}


def open_runner(package: Package, device: str = "auto") -> Runner:
    """Open a package's network with the first backend whose libraries are installed.

    Args:
        device: "cpu", "cuda" or "auto": a graphics card where there is one.

    Raises:
        PackageRefused: Weights and network do not fit.
        UsageError: None is available; what is needed is named.
    """
    for module_name in BACKENDS.values():
        # A backend's module imports its libraries at its top, so their absence shows here.
        with suppress(ImportError):
            module = import_module(module_name)
            if module.available():
                runner: Runner = module.open(package, device)
                return runner
    raise UsageError(f"Nothing here can run a network; one of {', '.join(BACKENDS)} is needed.")


def open_differentiable(package: Package, device: str = "auto") -> TorchRunner:
    """Open a package's network as one of torch, which explanations need; errors as there."""
    from medimg.inference.backends import torch

    return torch.open(package, device)
