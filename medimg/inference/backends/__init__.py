"""What can run a network: one row a backend, each a module with `NEEDS`, `available`, `load`."""

from __future__ import annotations

#: Backend by name, in the order of preference.
BACKENDS: dict[str, str] = {"torch": "medimg.inference.backends.torch"}
