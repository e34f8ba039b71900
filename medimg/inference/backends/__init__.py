"""What can run a network: one row a backend, each a module with the same names.

`NEEDS` (what must be installed), `available()`, `load(package)` and `describe()`. A backend that
cannot be differentiated runs packages, and leaves the explaining to torch.
"""

from __future__ import annotations

#: Backend by name, in the order of preference.
BACKENDS: dict[str, str] = {"torch": "medimg.inference.backends.torch"}
