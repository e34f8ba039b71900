"""What can run a network: one row a backend, each a module with the same names.

`NEEDS` (what must be installed), `available()`, `load(package)` and `describe()`. A backend that
cannot be differentiated runs packages, and leaves the explaining to torch.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from types import ModuleType

from medimg.values.errors import UsageError

#: Backend by name, in the order of preference.
BACKENDS: dict[str, str] = {"torch": "medimg.inference.backends.torch"}


def choose() -> ModuleType:
    """The first backend whose libraries are installed.

    Raises:
        UsageError: None is; what is needed is named.
    """
    for module_name in BACKENDS.values():
        # A backend's module imports its libraries at its top, so their absence shows here.
        with suppress(ImportError):
            module = import_module(module_name)
            if module.available():
                return module
    raise UsageError(f"Nothing here can run a network; one of {', '.join(BACKENDS)} is needed.")
