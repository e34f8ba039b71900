"""Predictions on the tiny networks: counted, stoppable, mirrored, brought back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from monai.inferers import SimpleInferer

from medimg.inference.backends import BACKENDS
from medimg.inference.backends import torch as backend
from medimg.inference.inferers import MirrorInferer
from medimg.inference.postprocessing import DropSmallParts, masks
from medimg.inference.predict import predict
from medimg.inference.preprocessing import prepare
from medimg.values.errors import Cancelled, PackageRefused
from tests.tiny_packages import bright, film, stack

BOX = np.zeros((64, 96), np.uint8)
BOX[10:30, 50:80] = 255


def test_mask_lies_where_the_image_is_bright(tmp_path: Path) -> None:
    """Threshold by a real network through 32 x 32 pixels, back on 64 x 96."""
    package = bright(tmp_path)
    prepared = prepare(film(BOX), package)
    prediction = predict(prepared, backend.open(package))
    found = masks(prepared, prediction.probability)
    assert [mask.shape for mask in found] == [(1, 64, 96)]
    overlap = 2 * (found[0].on(0) & (BOX > 0)).sum() / (found[0].size + (BOX > 0).sum())
    # Three columns of the image are one of the network's: Dice of the edge alone.
    assert overlap > 0.9


def test_progress_and_stop(tmp_path: Path) -> None:
    """A stop between two slices ends the run; what was told rises to where it was."""
    package = bright(tmp_path, kind="stack")
    prepared = prepare(stack(np.zeros((10, 32, 32))), package)
    seen: list[float] = []

    def progress(fraction: float | None, left_s: float | None) -> None:
        assert fraction is not None and left_s is not None
        seen.append(fraction)

    with pytest.raises(Cancelled):
        predict(prepared, backend.open(package), progress, lambda: len(seen) == 4)
    assert seen == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize("name", BACKENDS)
def test_a_row_of_the_backends_opens_a_runner(name: str, tmp_path: Path) -> None:
    """Every row is a module with the three names, and what it opens computes the network."""
    from importlib import import_module

    module = import_module(BACKENDS[name])
    assert module.available() and module.NEEDS
    runner = module.open(bright(tmp_path), "cpu")
    assert runner.describe().name == name
    image = np.linspace(0, 1, 1024, dtype=np.float32).reshape(1, 1, 32, 32)
    assert runner.run(image) == pytest.approx(40 * image - 20, abs=1e-4)
    assert runner.is_differentiable is hasattr(runner, "module")


def test_half_precision_is_computed_in_full(tmp_path: Path) -> None:
    """Weights kept in fp16 come up as float32."""
    from safetensors.torch import load_file, save_file

    from medimg.packages.manifest import WEIGHTS
    from medimg.packages.sealing import seal

    package = bright(tmp_path)
    path = package.folder / WEIGHTS
    save_file({k: v.half() for k, v in load_file(path).items()}, path)
    network = backend.open(seal(package.folder)).module
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    """Weights that do not fit are a damaged package, in words."""
    from safetensors.torch import save_file

    from medimg.packages.manifest import WEIGHTS
    from medimg.packages.sealing import seal

    package = bright(tmp_path)
    save_file({"other": torch.zeros(1)}, package.folder / WEIGHTS)
    with pytest.raises(PackageRefused, match="do not fit its network"):
        backend.open(seal(package.folder))


@pytest.mark.parametrize("mean", ["logits", "probabilities"])
def test_mirror_average_is_symmetric(mean: str) -> None:
    """An image and its mirror image give mirrored maps, by a network that is not symmetric."""
    torch.manual_seed(0)
    network = torch.nn.Conv2d(1, 1, 3, padding=1)
    inferer = MirrorInferer(SimpleInferer(), mean)
    image = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        one, other = inferer(image, network), inferer(image.flip(-1), network)
    assert torch.allclose(one, other.flip(-1), atol=1e-5)
    assert not torch.allclose(one, network(image), atol=1e-3)


def test_small_parts_are_dropped_beside_the_largest() -> None:
    """Parts of 100, 30 and 10 pixels: under 20 % of the largest goes, channel by channel."""
    image = torch.zeros(2, 1, 40, 40)
    image[0, 0, :10, :10] = 1
    image[0, 0, 20:25, :6] = 1
    image[0, 0, 30:32, 30:35] = 1
    image[1, 0, 30:32, 30:35] = 1
    kept = DropSmallParts(share=0.2)(image)
    assert kept.sum(dim=(1, 2, 3)).tolist() == [130.0, 10.0]
