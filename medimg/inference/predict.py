"""Run a network over a prepared image, with progress, time left and a stop between calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.inference.configuration import read
from medimg.inference.inferring import inferer_of
from medimg.inference.postprocessing import probabilities
from medimg.inference.preprocessing import Prepared
from medimg.inference.runner import Runner
from medimg.packages.manifest import Package
from medimg.values.errors import Cancelled

Floats = NDArray[np.float32]
#: Fraction done, or None; seconds left, or None.
Progress = Callable[[float | None, float | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network said.

    Attributes:
        output: (channels,) for a classifier, (channels, slices) for one that judges each slice,
            (channels, *grid) for a segmentation; as the network gave it, on the prepared grid.
        probability: The same after the package's activations.
        calls: Forward passes.
    """

    output: Floats
    probability: Floats
    calls: int
    seconds: float


def predict(
    prepared: Prepared,
    runner: Runner,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Prediction:
    """Run the package's inferer on a prepared image.

    Args:
        prepared: Array (1, …) and its package.
        runner: The package's network.
        progress: Called after each forward pass.
        cancelled: Asked before each forward pass.

    Raises:
        Cancelled: `cancelled` said so.
    """
    begin = time.monotonic()
    output, calls = forward(prepared.package, runner, prepared.array, progress, cancelled)
    seconds = time.monotonic() - begin
    return Prediction(output, probabilities(output, prepared.package), calls, seconds)


def forward(
    package: Package,
    runner: Runner,
    image: Floats,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Floats, int]:
    """The network's output on one prepared (channel, …) image, and the forward passes it took."""
    inferer = inferer_of(read(package), image.shape)
    expected = inferer.calls(image.shape) if inferer else None
    counted = _Counted(runner, expected, progress, cancelled)
    if inferer is not None:
        return inferer.run(image[None], counted)[0], counted.calls
    from medimg.inference import reference

    return reference.infer(package, image[None], counted)[0], counted.calls


class _Counted:
    """A runner that counts its calls, and stops when asked."""

    def __init__(
        self,
        runner: Runner,
        expected: int | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.runner = runner
        self.expected = expected
        self.progress = progress
        self.cancelled = cancelled
        self.calls = 0
        self.begin = time.monotonic()

    def __call__(self, windows: Floats) -> Floats:
        if self.cancelled and self.cancelled():
            raise Cancelled("The run was cancelled.")
        output = self.runner.run(windows)
        self.calls += 1
        if self.progress:
            self.progress(*self._state())
        return output

    def _state(self) -> tuple[float | None, float | None]:
        if self.expected is None:
            return None, None
        fraction = min(self.calls / self.expected, 1.0)
        elapsed = time.monotonic() - self.begin
        return fraction, elapsed / fraction * (1.0 - fraction)
