"""`bench infer`: forward passes of the shipped packages' networks, on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.inference.backends import openvino as openvino_backend
from medimg.inference.backends import torch as torch_backend
from medimg.inference.backends.conversion import converted
from medimg.packages.catalogue import find
from tests.bench.measure import Race, Variant
from tests.bench.sizes import Sizes

Floats = NDArray[np.float32]
#: Side of the images of each package's network.
SIDES = {"chest-xray-opacity": 224, "chest-xray-lungs": 224, "brain-mri-glioma": 192}
BATCHES = (1, 16)
#: Largest difference, as a share of the largest output, that counts as the same answer.
TOLERANCE = 1e-4
_FILE = "image.npy"


class Near:
    """An answer that equals another one within rounding."""

    def __init__(self, output: Floats) -> None:
        self.output = output

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Near) or self.output.shape != other.output.shape:
            return False
        worst = float(np.abs(self.output - other.output).max())
        return worst <= TOLERANCE * float(np.abs(self.output).max())

    __hash__ = None  # type: ignore[assignment]


def races(root: Path, sizes: Sizes) -> Iterator[Race]:
    """One race per package and batch."""
    for package_id, side in SIDES.items():
        for batch in BATCHES:
            name = f"{package_id}/{batch}"
            folder = root / name.replace("/", "-")
            folder.mkdir()
            yield Race(
                title=f"infer: {package_id}, batch {batch}, {side} x {side}, float32",
                area="infer",
                name=name,
                folder=folder,
                count=batch,
                unit="images",
                variants=variants(name),
                renew=partial(_renew, folder, (batch, 1, side, side)),
            )


def variants(name: str) -> tuple[Variant, ...]:
    """MONAI's way, torch eager, first."""
    package_id = name.partition("/")[0]
    return (
        Variant("torch eager", partial(_torch, package_id), Near, prepare=_image),
        Variant("torch channels_last", partial(_channels_last, package_id), Near, prepare=_image),
        Variant("OpenVINO f32, one request", partial(_bare, package_id), Near, prepare=_image),
        Variant("ours", partial(_ours, package_id), Near, prepare=_image),
    )


def _renew(folder: Path, shape: tuple[int, ...], number: int) -> None:
    image = np.random.default_rng(number).random(shape, dtype=np.float32)
    np.save(folder / _FILE, image)


def _image(folder: Path) -> Floats:
    image: Floats = np.load(folder / _FILE)
    return image


def _torch(package_id: str, image: Floats) -> Floats:
    return torch_backend.open(find(package_id), "cpu").run(image)


@cache
def _turned(package_id: str) -> Any:
    import torch

    module = torch_backend._load.__wrapped__(find(package_id).folder, find(package_id).seal, "cpu")
    return module.to(memory_format=torch.channels_last)


def _channels_last(package_id: str, image: Floats) -> Floats:
    import torch

    given = torch.from_numpy(image).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        output: Floats = _turned(package_id)(given).numpy()
    return output


@cache
def _request(package_id: str, shape: tuple[int, ...]) -> Any:
    core = openvino_backend.openvino.Core()
    model = core.read_model(converted(find(package_id), shape[1:]))
    model.reshape(list(shape))
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(model, "CPU", options).create_infer_request()


def _bare(package_id: str, image: Floats) -> Floats:
    found: Floats = np.array(_request(package_id, image.shape).infer({0: image})[0])
    return found


@cache
def _runner(package_id: str) -> openvino_backend.OpenVinoRunner:
    return openvino_backend.open(find(package_id))


def _ours(package_id: str, image: Floats) -> Floats:
    return _runner(package_id).run(image)
