"""Run a network over a prepared image, with progress, time left and a stop between calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.data.utils import dense_patch_slices
from monai.inferers.inferer import (
    Inferer,
    SimpleInferer,
    SliceInferer,
    SlidingWindowInferer,
)
from monai.utils.misc import ensure_tuple, ensure_tuple_rep, fall_back_tuple
from numpy.typing import NDArray
from torch import Tensor

from medimg.inference.configuration import build, read
from medimg.inference.inferers import MirrorInferer
from medimg.inference.postprocessing import probabilities
from medimg.inference.preprocessing import Prepared
from medimg.inference.runner import Runner
from medimg.packages.manifest import Package
from medimg.values.errors import Cancelled, PackageRefused

#: Fraction done, or None; seconds left, or None.
Progress = Callable[[float | None, float | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network said.

    Attributes:
        output: (channels,) for a classifier, (channels, *grid) for a segmentation; as the
            network gave it, on the prepared grid.
        probability: The same after the package's activations.
        calls: Forward passes.
    """

    output: NDArray[np.float32]
    probability: NDArray[np.float32]
    calls: int
    seconds: float


def inferer_of(package: Package) -> Inferer:
    """Build the inferer that the package's configuration names; one forward pass if none.

    Raises:
        PackageRefused: It is not an inferer.
    """
    config = read(package)
    inferer = build(config.get("inferer"), config) or SimpleInferer()
    if not isinstance(inferer, Inferer):
        raise PackageRefused(f'"inferer" of {package.id} is not an inferer.')
    return inferer


def predict(
    prepared: Prepared,
    runner: Runner,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Prediction:
    """Run the package's inferer on a prepared image.

    Args:
        prepared: Tensor (1, …) and its package.
        runner: The package's network.
        progress: Called after each forward pass.
        cancelled: Asked before each forward pass.

    Raises:
        Cancelled: `cancelled` said so.
    """
    begin = time.monotonic()
    output, calls = forward(prepared.package, runner, prepared.tensor, progress, cancelled)
    seconds = time.monotonic() - begin
    return Prediction(output, probabilities(output, prepared.package), calls, seconds)


def forward(
    package: Package,
    runner: Runner,
    image: MetaTensor,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[NDArray[np.float32], int]:
    """The network's output on one prepared (channel, …) image, and the forward passes it took."""
    inferer = inferer_of(package)
    counted = _Counted(runner, expected_calls(inferer, image), progress, cancelled)
    with torch.inference_mode():
        output = inferer(image.as_tensor()[None], counted)[0].numpy()
    return output, counted.calls


def expected_calls(inferer: Inferer, tensor: Tensor) -> int | None:
    """Forward passes that an inferer will make on one (1, …) image; None where unknown."""
    if isinstance(inferer, MirrorInferer):
        once = expected_calls(inferer.inferer, tensor)
        return None if once is None else 2 * once
    if isinstance(inferer, SlidingWindowInferer):
        windows = _windows(list(tensor.shape[1:]), inferer)
        return -(-windows // inferer.sw_batch_size)
    return 1 if isinstance(inferer, SimpleInferer) else None


def _windows(sizes: list[int], inferer: SlidingWindowInferer) -> int:
    window = ensure_tuple(inferer.roi_size)
    if isinstance(inferer, SliceInferer):
        window = tuple(inferer.orig_roi_size)
        window = (*window[: inferer.spatial_dim], 1, *window[inferer.spatial_dim :])
    window = fall_back_tuple(window, sizes)
    padded = [max(size, side) for size, side in zip(sizes, window, strict=True)]
    overlaps = ensure_tuple_rep(inferer.overlap, len(sizes))
    # MONAI's own step: a window as large as the image moves once, others by what overlap leaves.
    interval = [
        side if side == size else max(int(side * (1 - overlap)), 1)
        for side, size, overlap in zip(window, padded, overlaps, strict=True)
    ]
    return len(dense_patch_slices(padded, window, interval))


class _Counted:
    """A runner for MONAI's inferers that counts its calls, and stops when asked."""

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

    def __call__(self, windows: Tensor) -> Tensor:
        if self.cancelled and self.cancelled():
            raise Cancelled("The run was cancelled.")
        output = torch.from_numpy(self.runner.run(windows.numpy()))
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
