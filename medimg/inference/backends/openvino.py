"""OpenVINO on the CPU, in float32: several times faster than torch, and loaded in a tenth of it.

Networks are converted once on each computer (`conversion`). The precision is always given:
OpenVINO takes bfloat16 by itself where the processor has it, and the answers would then depend on
the computer.
"""

from __future__ import annotations

import logging
import platform
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

# It reports the use of the library to its maker. The import is optional, and here it fails.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino  # noqa: E402

from medimg.inference.backends.conversion import NotConvertible, converted  # noqa: E402
from medimg.inference.runner import Floats, Runner  # noqa: E402
from medimg.packages.manifest import Package, load  # noqa: E402
from medimg.values.analysis import Backend  # noqa: E402

NEEDS = ("openvino",)
_LOG = logging.getLogger(__name__)
PRECISION = "f32"
_NAMED = ("openvino", "numpy")
#: One image is shared by all cores; of several, each core takes its own.
_ONE: dict[str, Any] = {"INFERENCE_PRECISION_HINT": PRECISION, "PERFORMANCE_HINT": "LATENCY"}
_MANY: dict[str, Any] = {"INFERENCE_PRECISION_HINT": PRECISION, "PERFORMANCE_HINT": "THROUGHPUT"}


def available() -> bool:
    """Whether all that this backend needs is installed."""
    return all(find_spec(name) is not None for name in NEEDS)


@dataclass(slots=True, eq=False)
class OpenVinoRunner:
    """A converted network, compiled for each size of image that it is given.

    A network that cannot be converted is run by torch.
    """

    package: Package
    is_differentiable: bool = False
    _compiled: dict[tuple[tuple[int, ...], bool], Any] = field(default_factory=dict)
    _torch: Runner | None = None

    def run(self, array: Floats) -> Floats:
        """One forward pass, (batch, channel, *spatial) to (batch, channel, …)."""
        array = np.ascontiguousarray(array, dtype=np.float32)
        if self._torch is None:
            try:
                return self._converted(array)
            except NotConvertible as error:
                _LOG.warning("%s It is run by torch.", error)
                from medimg.inference.backends import torch

                self._torch = torch.open(self.package, "cpu")
        return self._torch.run(array)

    def _converted(self, array: Floats) -> Floats:
        if len(array) == 1:
            request = self._of(array.shape[1:], many=False)
            result: Floats = np.array(request.infer({0: array}, share_inputs=True)[0])
            return result
        queue = self._of(array.shape[1:], many=True)
        found: list[Floats] = [np.empty(0, np.float32)] * len(array)

        def keep(request: Any, place: int) -> None:
            found[place] = np.array(request.get_output_tensor().data)

        queue.set_callback(keep)
        for place in range(len(array)):
            queue.start_async({0: array[place : place + 1]}, place, share_inputs=True)
        queue.wait_all()
        return np.concatenate(found)

    def _of(self, shape: tuple[int, ...], *, many: bool) -> Any:
        """The request, or the queue of requests, for images of one size."""
        key = (shape, many)
        if key not in self._compiled:
            core = openvino.Core()
            model = core.read_model(converted(self.package, shape))
            model.reshape([1, *shape])
            compiled = core.compile_model(model, "CPU", _MANY if many else _ONE)
            queue = openvino.AsyncInferQueue
            self._compiled[key] = queue(compiled) if many else compiled.create_infer_request()
        return self._compiled[key]

    def describe(self) -> Backend:
        """What computes, for the record; true once it has run."""
        if self._torch is not None:
            return self._torch.describe()
        versions = tuple((library, version(library)) for library in _NAMED)
        return Backend("openvino", f"cpu ({platform.machine()}), {PRECISION}", versions)


def open(package: Package, device: str = "auto") -> OpenVinoRunner:
    """Open a package's network; it is converted at the first run on this computer.

    The hashes have been checked by `packages.catalogue.verify`.

    Args:
        device: "cpu" or "auto"; this backend has no other.
    """
    return _open(package.folder, package.seal)


@lru_cache(maxsize=4)
def _open(folder: Path, seal: str) -> OpenVinoRunner:
    # The seal names the content, so a package that was replaced is not taken from the cache.
    return OpenVinoRunner(load(folder))
