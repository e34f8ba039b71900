"""What runs a network: an array in, an array out, whatever library computes it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medimg.values.analysis import Backend

Floats = NDArray[np.float32]


class Runner(Protocol):
    """A network of a package, opened by one backend on one device."""

    @property
    def is_differentiable(self) -> bool:
        """Whether it is a network of torch, with the attribute `module`, as explanations need."""
        ...

    def run(self, array: Floats) -> Floats:
        """One forward pass, (batch, channel, *spatial) to (batch, channel, …)."""
        ...

    def describe(self) -> Backend:
        """What computes, for the record."""
        ...
