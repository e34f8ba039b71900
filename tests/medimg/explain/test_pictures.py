"""Maps return to the image's own grid: a planted pattern through crop, pad, flip and resize."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from medimg.explain.pictures import Picture, on_grid
from medimg.explain.targets import class_logit
from medimg.inference.preprocessing import Prepared, prepare
from medimg.packages.manifest import Package
from tests import tiny_packages as tiny

PLACES = ((30, 50), (70, 25))
LONGEST = {"_target_": "Resize", "spatial_size": 64, "size_mode": "longest", "mode": "bilinear"}
#: Odd sizes, an odd flip and a crop that is not centred alike on both sides.
STEPS = {
    "crop": [{"_target_": "CenterSpatialCrop", "roi_size": [90, 70]}],
    "pad": [{"_target_": "SpatialPad", "spatial_size": [160, 160]}],
    "flip": [{"_target_": "Flip", "spatial_axis": 1}],
    "resize": [LONGEST],
    "all": [
        {"_target_": "CenterSpatialCrop", "roi_size": [90, 70]},
        {"_target_": "Flip", "spatial_axis": 0},
        LONGEST,
        {"_target_": "SpatialPad", "spatial_size": [64, 64]},
        {"_target_": "Flip", "spatial_axis": 1},
    ],
}


def _package(root: Path, steps: list[dict[str, object]], kind: str) -> Package:
    config = {"network_def": tiny.CONV_1X1, "preprocessing": tiny.compose(*steps)}
    return tiny.write(root, "tiny", config, kind=kind)


def _planted(shape: tuple[int, ...], *places: tuple[int, ...]) -> np.ndarray:
    """Gaussian bumps of spread 4 with 200 at their middles; the first is the brightest."""
    axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    bumps = [
        (200 - 60 * k) * np.exp(-sum((a - p) ** 2 for a, p in zip(axes, place, strict=True)) / 32)
        for k, place in enumerate(places)
    ]
    return np.maximum.reduce(bumps)


def _middle(patch: np.ndarray) -> tuple[float, float]:
    """Centre of mass (row, column)."""
    rows, columns = np.indices(patch.shape)
    return float((rows * patch).sum() / patch.sum()), float((columns * patch).sum() / patch.sum())


def _film_map(prepared: Prepared) -> np.ndarray:
    """What the network saw, taken for a map of evidence."""
    picture = Picture((), torch.from_numpy(prepared.array)[None], class_logit(0), class_logit(0))
    return on_grid([prepared.array[0]], [picture], prepared)


class TestOnGrid:
    @pytest.mark.parametrize("name", STEPS)
    def test_film(self, tmp_path: Path, name: str) -> None:
        """Two bumps, so that a turned or mirrored map cannot pass."""
        image = _planted((101, 83), *PLACES)
        volume = tiny.film(image)
        prepared = prepare(volume, _package(tmp_path, STEPS[name], "radiograph"))

        restored = _film_map(prepared)

        assert restored.shape == (1, 101, 83)
        for row, column in PLACES:
            here = np.s_[row - 12 : row + 13, column - 12 : column + 13]
            # A tenth of a pixel: a shift by half a cell of the coarser grid would be 0.8.
            assert _middle(restored[0][here]) == pytest.approx((12, 12), abs=0.1)
            assert restored[0][here].max() == pytest.approx(image[here].max() / 255, rel=0.12)

    def test_is_zero_where_the_network_did_not_look(self, tmp_path: Path) -> None:
        volume = tiny.film(np.full((101, 83), 200))
        prepared = prepare(volume, _package(tmp_path, STEPS["crop"], "radiograph"))
        restored = _film_map(prepared)
        assert not restored[0, :5].any()
        assert not restored[0, :, -5:].any()
        assert (restored[0, 20:80, 20:60] > 0.7).all()

    @pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
    def test_stack(self, tmp_path: Path, plane: str) -> None:
        """A slice of a turned and resampled stack returns to its place in the source."""
        image = _planted((30, 40, 36), (14, 12, 24), (20, 30, 10))
        volume = tiny.stack(image, plane, (1.5, 1.0, 1.0))
        steps = [
            {"_target_": "Spacing", "pixdim": [1.5, 1.5, 1.5], "mode": "bilinear"},
            {"_target_": "ResizeWithPadOrCrop", "spatial_size": [-1, 48, 48]},
        ]
        prepared = prepare(volume, _package(tmp_path, steps, "stack"))
        stack = prepared.array[0]
        chosen = [int(index) for index in np.argsort(-stack.max(axis=(1, 2)))[:3]]
        seen = torch.from_numpy(prepared.array)[None]
        pictures = [Picture((i,), seen[:, :, i], class_logit(0), class_logit(0)) for i in chosen]

        restored = on_grid([stack[i] for i in chosen], pictures, prepared)

        assert restored.shape == image.shape
        peak = np.unravel_index(int(restored.argmax()), restored.shape)
        assert np.abs(np.array(peak) - (14, 12, 24)).max() <= 1
        # Only three slices were explained: most of the volume stays empty.
        assert (restored > 0.5).sum() < (image > 0.5).sum()
