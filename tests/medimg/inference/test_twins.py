"""Our steps in numpy give what MONAI's own on torch give, forwards and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from medimg.inference import decisions, inferring, reference, transforms
from medimg.inference.backends import torch as torch_backend
from medimg.inference.configuration import read
from medimg.inference.postprocessing import masks, probabilities
from medimg.inference.predict import forward
from medimg.inference.preprocessing import Prepared, prepared_array
from medimg.inference.transforms import Image
from medimg.packages.catalogue import find
from medimg.packages.manifest import Package
from tests.tiny_packages import PLANES, compose, stack, write

FILMS = {
    "percentiles": {"_target_": "ScaleIntensityRangePercentiles", "lower": 1, "upper": 99,
                    "b_min": 0, "b_max": 1, "clip": True},
    "range": {"_target_": "ScaleIntensityRange", "a_min": 0.2, "a_max": 0.7, "b_min": -1,
              "b_max": 1},
    "smaller": {"_target_": "Resize", "spatial_size": 40, "size_mode": "longest",
                "mode": "bilinear", "anti_aliasing": True},
    "larger": {"_target_": "Resize", "spatial_size": [150, 170], "mode": "bilinear"},
    "pad": {"_target_": "SpatialPad", "spatial_size": [101, 140]},
    "pad or crop": {"_target_": "ResizeWithPadOrCrop", "spatial_size": [41, 150]},
}  # fmt: skip
STACKS = {
    "orientation": {"_target_": "Orientation", "axcodes": "RAS"},
    "finer": {"_target_": "Spacing", "pixdim": [-1, 0.7, 0.6], "mode": "bilinear",
              "padding_mode": "zeros"},
    "coarser": {"_target_": "Spacing", "pixdim": [3.0, 1.6, 1.7], "mode": "bilinear",
                "padding_mode": "border"},
    "resize": {"_target_": "Resize", "spatial_size": [-1, 20, 24], "mode": "bilinear"},
    "pad or crop": {"_target_": "ResizeWithPadOrCrop", "spatial_size": [-1, 20, 60]},
    "grey": {"_target_": "ForegroundGrey"},
}  # fmt: skip


def smooth(*shape: int) -> np.ndarray:
    """An image with fine and coarse parts, unlike itself however it is turned."""
    grid = np.indices(shape).astype(np.float64)
    waves = sum(np.sin(axis / (2.5 + i) + i) for i, axis in enumerate(grid))
    noise = np.random.default_rng(0).normal(0, 0.1, shape)
    return ((waves + noise + len(shape)) / (2 * len(shape))).astype(np.float32)


def package_of(folder: Path, kind: str, *steps: dict[str, Any]) -> Package:
    config = {"network_def": {}, "preprocessing": compose(*steps)}
    return write(folder, "twin", config, kind=kind, state={})


def compare(package: Package, image: np.ndarray, affine: np.ndarray | None = None) -> None:
    assert transforms.steps_of(read(package)) is not None, "this would be MONAI twice"
    ours, our_way = prepared_array(package, image, affine)
    theirs, their_way = reference.prepared_array(package, image, affine)
    assert ours.values.shape == theirs.values.shape
    assert ours.values == pytest.approx(theirs.values, abs=2e-5)
    if affine is not None:
        assert ours.affine == pytest.approx(theirs.affine, abs=1e-4)
    map_ = np.stack([smooth(*ours.grid), 1 - smooth(*ours.grid)])
    assert our_way(map_) == pytest.approx(their_way(map_), abs=2e-5)


@pytest.mark.parametrize("name", FILMS)
def test_a_step_on_a_film_is_monai_s(name: str, tmp_path: Path) -> None:
    compare(package_of(tmp_path, "radiograph", FILMS[name]), smooth(93, 128))


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", STACKS)
def test_a_step_on_a_stack_is_monai_s(name: str, plane: str, tmp_path: Path) -> None:
    affine = stack(np.zeros((9, 40, 48)), plane, (2.0, 0.9, 1.1)).series.geometry.affine
    compare(package_of(tmp_path, "stack", STACKS[name]), smooth(9, 40, 48), affine)


@pytest.mark.parametrize("package_id", ["chest-xray-lungs", "chest-xray-opacity"])
@pytest.mark.parametrize("size", [(500, 411), (180, 224)])
def test_a_film_is_prepared_for_a_shipped_package_as_by_monai(
    package_id: str, size: tuple[int, int]
) -> None:
    compare(find(package_id), smooth(*size))


@pytest.mark.parametrize("plane", PLANES)
def test_a_stack_is_prepared_for_a_shipped_package_as_by_monai(plane: str) -> None:
    values = np.where(smooth(9, 60, 50) > 0.4, 500 * smooth(9, 60, 50), 0).astype(np.float32)
    affine = stack(values, plane, (4.0, 2.0, 2.2)).series.geometry.affine
    compare(find("brain-mri-glioma"), values, affine)


STEPS = {
    "sigmoid": [{"_target_": "Activations", "sigmoid": True}],
    "softmax": [{"_target_": "Activations", "softmax": True}],
    "threshold": [{"_target_": "AsDiscrete", "threshold": 0.3}],
    "argmax": [{"_target_": "AsDiscrete", "argmax": True, "to_onehot": 3}],
    "parts": [
        {"_target_": "AsDiscrete", "threshold": 0.8},
        {"_target_": "KeepLargestConnectedComponent", "num_components": 2},
    ],
    "holes": [{"_target_": "AsDiscrete", "threshold": 0.4}, {"_target_": "FillHoles"}],
    "small": [
        {"_target_": "AsDiscrete", "threshold": 0.8},
        {"_target_": "DropSmallParts", "share": 0.3},
    ],
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", STEPS)
def test_a_step_after_the_network_is_monai_s(name: str, channels: int, tmp_path: Path) -> None:
    config = {
        "network_def": {},
        "preprocessing": compose(),
        "postprocessing": compose(*STEPS[name]),
    }
    package = write(tmp_path, "twin", config, state={})
    output = np.random.default_rng(3).random((channels, 60, 50), dtype=np.float32)
    image = np.stack([smooth(60, 50) * (1 - 0.1 * c) for c in range(channels)])
    found = decisions.steps_of(read(package))
    assert found is not None, "this would be MONAI twice"
    first, rest = found
    given = output.copy()
    for step in first:
        given = step(given)
    ours = image
    for step in rest:
        ours = step(ours)
    probability, their_rest = reference.postprocess(package, output.copy())
    assert given == pytest.approx(probability, abs=1e-6)
    if rest:
        theirs = their_rest(image.copy())
        assert ours.shape == theirs.shape and (ours == theirs).all()


INFERERS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "simple": ({"_target_": "SimpleInferer"}, (1, 30, 40)),
    "slices": ({"_target_": "SliceInferer", "roi_size": [30, 40], "sw_batch_size": 3,
                "spatial_dim": 0}, (1, 8, 30, 40)),
    "windows": ({"_target_": "SlidingWindowInferer", "roi_size": [6, 16, 16], "overlap": 0.5,
                 "sw_batch_size": 2, "mode": "gaussian"}, (1, 10, 30, 40)),
    "small image": ({"_target_": "SlidingWindowInferer", "roi_size": [16, 16, 16]}, (1, 9, 14, 40)),
    "mirror": ({"_target_": "MirrorInferer", "inferer": {"_target_": "SimpleInferer"}},
               (1, 30, 40)),
    "mirrored probabilities": ({"_target_": "MirrorInferer", "mean": "probabilities",
                                "inferer": {"_target_": "SimpleInferer"}}, (1, 30, 40)),
}  # fmt: skip


@pytest.mark.parametrize("name", INFERERS)
def test_an_inferer_is_monai_s_and_counts_its_calls(name: str, tmp_path: Path) -> None:
    config, shape = INFERERS[name]
    package = write(
        tmp_path,
        "twin",
        {"network_def": {}, "preprocessing": compose(), "inferer": config},
        state={},
    )
    calls: list[int] = []
    weight = np.random.default_rng(0).random(shape[-1], dtype=np.float32)

    def network(images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        # Sees its place within the window, so that windows must stand where MONAI's stand.
        return np.concatenate([images * weight[: images.shape[-1]], images**2 - 0.5], axis=1)

    image = smooth(*shape)[None]
    found = inferring.inferer_of(read(package), shape)
    assert found is not None, "this would be MONAI twice"
    ours = found.run(image, network)
    assert found.calls(shape) == len(calls)
    assert ours == pytest.approx(reference.infer(package, image, network), abs=2e-5)


def test_what_has_no_twin_is_left_to_monai(tmp_path: Path) -> None:
    """Another transform, or an argument that a twin does not have, and nothing is guessed."""
    for number, step in enumerate(
        (
            {"_target_": "Flip", "spatial_axis": 1},
            {"_target_": "Resize", "spatial_size": [8, 8], "mode": "area"},
            {"_target_": "SpatialPad", "spatial_size": [80, 96], "mode": "reflect"},
            {"_target_": "Resize", "spatial_size": "@size"},
        )
    ):
        config = {"preprocessing": compose(step), "size": [8, 8]}
        assert transforms.steps_of(config) is None, number
    slid = {"_target_": "SliceInferer", "roi_size": [16, 16], "spatial_dim": 0}
    assert inferring.inferer_of({"inferer": slid}, (1, 4, 32, 32)) is None
    package = package_of(tmp_path, "radiograph", {"_target_": "Flip", "spatial_axis": 1})
    film = smooth(20, 30)
    found, way = prepared_array(package, film)
    assert (found.values[0] == film[:, ::-1]).all()
    assert (way(found.values)[0] == film).all()


def test_the_way_back_can_be_gone_twice() -> None:
    steps = transforms.steps_of({"preprocessing": compose(FILMS["pad"], FILMS["smaller"])})
    assert steps is not None
    found, way = transforms.run(steps, Image(smooth(93, 128)[None]))
    assert (way(found.values) == way(found.values)).all()


@pytest.mark.parametrize(
    "package_id", ["chest-xray-opacity", "chest-xray-lungs", "brain-mri-glioma"]
)
def test_a_shipped_package_answers_as_monai_s_own_pipeline(package_id: str) -> None:
    """From the image to the marks: all of it by MONAI on torch, and all of it as the product."""
    package = find(package_id)
    with safe_open(package.folder / "vectors" / "phantom.safetensors", "np") as file:
        image = file.get_tensor("image").astype(np.float32)
    network = torch_backend.open(package, "cpu")
    theirs, their_way = reference.prepared_array(package, image)
    output = reference.infer(package, theirs.values[None], network.run)[0]
    expected, rest = reference.postprocess(package, output)
    ours, way = prepared_array(package, image)
    found, _ = forward(package, network, ours.values)
    probability = probabilities(found, package)
    assert probability == pytest.approx(expected, abs=1e-4)
    if found.ndim > 1:
        shape = image.shape if image.ndim == 3 else (1, *image.shape)
        prepared = Prepared(package, ours.values, ours.affine, way, shape)
        marked = masks(prepared, probability)[0].whole().reshape(image.shape)
        truth = rest(their_way(expected))[0] > 0.5
        assert truth.any() and 2 * (marked & truth).sum() / (marked.sum() + truth.sum()) > 0.9999
