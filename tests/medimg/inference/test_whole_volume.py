"""Slab by slab gives what MONAI's own pipeline gives on the whole volume, in less memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from monai.data.meta_tensor import MetaTensor
from monai.inferers.utils import sliding_window_inference
from monai.transforms.compose import Compose
from monai.transforms.spatial.array import Orientation, Spacing
from numpy.typing import NDArray
from torch import nn

from medimg.inference.regrid import between, sample
from medimg.inference.sliding import importance, slabs, tiles, windows
from medimg.inference.whole_volume import Argmax, Sliding, Threshold, run, sigmoid

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def net(classes: int, channels: int = 1) -> nn.Module:
    """A small network with a memory of its surroundings."""
    torch.manual_seed(classes)
    return nn.Sequential(
        nn.Conv3d(channels, 6, 3, padding=1), nn.Tanh(), nn.Conv3d(6, classes, 3, padding=1)
    ).eval()


def called(model: nn.Module):  # type: ignore[no-untyped-def]
    """The network on arrays."""

    def call(array: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            answer: NDArray[np.float32] = model(torch.from_numpy(array)).numpy()
        return answer

    return call


def affine_of(order: tuple[int, int, int], signs: tuple[int, int, int], tilt: float) -> NDArray:
    """An affine whose image axes run along the patient's axes in some order, slightly turned."""
    columns = np.zeros((3, 3))
    for axis, (world, sign, mm) in enumerate(zip(order, signs, (2.5, 0.9, 1.1), strict=True)):
        columns[world, axis] = sign * mm
    turn = np.array(
        [[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1.0]]
    )
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn @ columns, (-30.0, 12.0, 7.0)
    return affine


CASES = [
    ((2, 1, 0), (1, 1, 1), 0.0),
    ((2, 1, 0), (-1, 1, -1), 0.0),
    ((0, 2, 1), (1, -1, 1), 0.0),
    ((1, 2, 0), (1, 1, -1), 0.15),
]


@pytest.mark.parametrize("shape", [(20, 70, 30), (96, 24, 24)])
@pytest.mark.parametrize("mode", ["constant", "gaussian"])
@pytest.mark.parametrize("overlap", [0.25, 0.5])
def test_windows_give_what_monai_gives(
    shape: tuple[int, int, int], mode: str, overlap: float
) -> None:
    generator = np.random.default_rng(0)
    image = generator.normal(size=(1, *shape)).astype(np.float32)
    model, roi = net(3), (24, 32, 24)
    expected = sliding_window_inference(
        torch.from_numpy(image)[None], roi, 2, model, overlap=overlap, mode=mode
    )[0].detach().numpy()  # fmt: skip
    plan = windows(shape, roi, overlap)
    padded = np.pad(
        image,
        [(0, 0)] + [(b, g - s - b) for b, g, s in zip(plan.padding, plan.grid, shape, strict=True)],
    )
    found = np.full_like(expected, np.nan)
    for tile in tiles(plan, 3, 0, limit=400_000):
        for slab in slabs(
            lambda box: padded[(slice(None), *(slice(*side) for side in box))],
            called(model), plan, importance(roi, mode), tile, batch=3,
        ):  # fmt: skip
            found[(slice(None), *(slice(*side) for side in slab.box))] = slab.values
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize(("order", "signs", "tilt"), CASES)
def test_grid_is_monai_s(
    order: tuple[int, int, int], signs: tuple[int, int, int], tilt: float
) -> None:
    """Orientation and Spacing, forwards, on a box and on the whole."""
    generator = np.random.default_rng(1)
    image = generator.normal(100, 300, (21, 44, 37)).astype(np.int16)
    affine = affine_of(order, signs, tilt)
    expected = Compose([Orientation("RAS", labels=None), Spacing((1.5, 1.5, 2.0))])(
        MetaTensor(
            torch.from_numpy(image.astype(np.float32))[None],
            affine=torch.from_numpy(LPS_TO_RAS @ affine),
        )
    )[0].numpy()
    grid = between(affine, image.shape, "RAS", (1.5, 1.5, 2.0))
    assert grid.shape == expected.shape
    whole = sample(image, grid, [(0, n) for n in grid.shape])
    np.testing.assert_allclose(whole, expected, atol=0.05)
    part = sample(image, grid, [(3, 9), (5, 20), (2, 8)])
    np.testing.assert_allclose(part, whole[3:9, 5:20, 2:8], atol=1e-3)


@pytest.mark.parametrize(("order", "signs", "tilt"), CASES)
@pytest.mark.parametrize("limit", [1 << 30, 150_000])
def test_labels_are_monai_s(
    order: tuple[int, int, int], signs: tuple[int, int, int], tilt: float, limit: int
) -> None:
    """Preprocess, slide, softmax, invert, decide: the same labels, tiled or not."""
    generator = np.random.default_rng(2)
    image = generator.normal(0, 200, (20, 50, 41)).astype(np.int16)
    affine, model, roi = affine_of(order, signs, tilt), net(4), (16, 24, 16)
    steps = Compose([Orientation("RAS", labels=None), Spacing((1.5, 1.5, 2.0))])
    prepared = steps(
        MetaTensor(
            torch.from_numpy(image.astype(np.float32))[None],
            affine=torch.from_numpy(LPS_TO_RAS @ affine),
        )
    )
    scaled = (prepared + 200) / 400
    with torch.inference_mode():
        logits = sliding_window_inference(
            scaled.as_tensor()[None].float(), roi, 1, model, overlap=0.25, mode="gaussian"
        )[0]
    back = MetaTensor(
        logits.softmax(0), meta=prepared.meta, applied_operations=prepared.applied_operations
    )
    expected = steps.inverse(back).argmax(0).numpy()
    grid = between(affine, image.shape, "RAS", (1.5, 1.5, 2.0))
    decision = Argmax(np.zeros(image.shape, np.uint8))
    run(
        [image], grid, called(model), Sliding(roi, 0.25, "gaussian", 2), decision, 4,
        greys=lambda window: (window + 200) / 400, limit=limit,
    )  # fmt: skip
    assert (decision.labels == expected).mean() > 0.9999


def test_overlapping_classes_are_thresholded() -> None:
    image = np.random.default_rng(3).normal(size=(12, 20, 18)).astype(np.float32)
    affine = np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]
    model = net(2)
    grid = between(affine, image.shape, "LPS", (0, 0, 0))
    decision = Threshold(np.zeros((2, *image.shape), bool))
    run([image], grid, called(model), Sliding((32, 32, 32)), decision, 2, activation=sigmoid)
    padded = np.pad(image.transpose(2, 1, 0), ((7, 7), (6, 6), (10, 10)))
    with torch.inference_mode():
        whole = model(torch.from_numpy(padded)[None, None])[0].sigmoid().numpy() > 0.5
    expected = whole[:, 7:25, 6:26, 10:22].transpose(0, 3, 2, 1)
    assert (decision.masks == expected).mean() > 0.9999


@pytest.mark.parametrize("classes", [8, 104])
def test_memory_does_not_grow_with_classes(classes: int) -> None:
    """Peak stays below the volume in float32 and two slabs of output."""
    image = np.zeros((160, 64, 64), np.int16)
    affine = np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]
    limit = 8 << 20

    def network(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(batch), classes, *batch.shape[2:]), np.float32)

    decision = Argmax(np.zeros(image.shape, np.uint8))
    grid = between(affine, image.shape, "LPS", (0, 0, 0))
    tracemalloc.start()
    run([image], grid, network, Sliding((16, 16, 16)), decision, classes, limit=limit)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < image.size * 4 + 2 * limit
