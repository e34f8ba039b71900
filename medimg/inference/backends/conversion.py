"""Networks of torch converted for OpenVINO, once on each computer, kept in the user's folder."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import openvino

from medimg import __version__
from medimg.packages.catalogue import sha256
from medimg.packages.manifest import INFERENCE, WEIGHTS, Package
from medimg.values.errors import MedimgError
from medimg.values.folders import data_folder

#: Conversions of one package that are kept: older ones are of other versions or image sizes.
KEPT = 4
#: What is being written takes a second; what is older was ended by force.
STALE_S = 60.0
#: Largest difference from torch, as a share of the largest output, with which it is accepted.
TOLERANCE = 1e-3
_MODEL = "network.xml"
_PARTIAL = ".partial-"


class NotConvertible(MedimgError):
    """A network cannot be converted, or computes something else afterwards."""


def root() -> Path:
    """Where conversions are kept."""
    return data_folder() / "converted"


def key_of(package: Package, shape: tuple[int, ...]) -> str:
    """What a conversion depends on: weights, network, image size, versions, processor."""
    parts = (
        *(sha256(package.folder / name) for name in (WEIGHTS, INFERENCE)),
        "x".join(map(str, shape)),
        __version__,
        version("openvino"),
        version("torch"),
        platform.machine(),
        platform.processor(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def converted(package: Package, shape: tuple[int, ...]) -> Path:
    """The converted network of a package, made if it is not there.

    Args:
        shape: (channel, *spatial) of the images that it is given.

    Raises:
        NotConvertible: It cannot be converted; nothing is left of the attempt.
        PackageRefused: Weights and network do not fit.
        OSError: It cannot be written.
    """
    folder = root() / package.id / key_of(package, shape)
    if not (folder / _MODEL).is_file():
        model = _convert(package, shape)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
        try:
            openvino.save_model(model, partial / _MODEL, compress_to_fp16=False)
            _publish(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder / _MODEL


def _publish(partial: Path, folder: Path) -> None:
    """Give a finished conversion its name, in one step; another process may have been first."""
    try:
        partial.rename(folder)
    except OSError:
        if not (folder / _MODEL).is_file():
            raise


def _sweep(folder: Path) -> None:
    """Remove what was ended by force, and the oldest conversions."""
    now = time.time()
    found = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found:
        if path.name.startswith(_PARTIAL) and now - path.stat().st_mtime > STALE_S:
            shutil.rmtree(path, ignore_errors=True)
    whole = [path for path in found if not path.name.startswith(_PARTIAL)]
    for path in whole[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _convert(package: Package, shape: tuple[int, ...]) -> openvino.Model:
    """Trace the network, convert it, and compare one answer."""
    import torch

    from medimg.inference.backends.torch import open as open_torch

    module = open_torch(package, "cpu").module
    image = np.random.default_rng(0).random((1, *shape), dtype=np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(image)).numpy()
    try:
        model = openvino.convert_model(module, example_input=torch.from_numpy(image))
        model.reshape([1, *shape])
        precise = {"INFERENCE_PRECISION_HINT": "f32"}
        found = openvino.Core().compile_model(model, "CPU", precise)(image)[0]
    except Exception as error:  # its converter raises whatever an operation makes it raise
        raise NotConvertible(
            f"The network of {package.id} cannot be converted for OpenVINO: "
            f"{str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__}"
        ) from error
    worst = float(np.abs(found - expected).max()) if found.shape == expected.shape else np.inf
    if not worst <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise NotConvertible(
            f"The network of {package.id} gives another answer after its conversion for OpenVINO "
            f"(largest difference {worst:.3g})."
        )
    return model
