"""What goes in comes back to its own place, through every spatial step that packages use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.inference.preprocessing import prepare
from medimg.inference.reference import chain
from tests.tiny_packages import bright, compose, film, stack, write

SPATIAL = {
    "crop": [{"_target_": "CenterSpatialCrop", "roi_size": [40, 48]}],
    "pad": [{"_target_": "SpatialPad", "spatial_size": [80, 96]}],
    "flip": [{"_target_": "Flip", "spatial_axis": 1}],
    "resize": [{"_target_": "Resize", "spatial_size": [32, 96]}],
    "all": [
        {"_target_": "Resize", "spatial_size": [96, 96]},
        {"_target_": "Flip", "spatial_axis": 0},
        {"_target_": "ResizeWithPadOrCrop", "spatial_size": [88, 112]},
        {"_target_": "ScaleIntensity", "minv": 0.0, "maxv": 1.0},
    ],
}


def planted() -> np.ndarray:
    """(50, 64): an L, unlike itself however it is turned, inside of what a crop keeps."""
    image = np.zeros((50, 64), np.uint8)
    image[12:34, 20:26] = 255
    image[28:34, 20:44] = 255
    return image


@pytest.mark.parametrize("name", SPATIAL)
def test_planted_pattern_returns_to_its_place(tmp_path: Path, name: str) -> None:
    """A pattern seen on the network's grid lies where it was planted after `restore`."""
    config = {"network_def": {}, "preprocessing": compose(*SPATIAL[name])}
    package = write(tmp_path, "planted", config, state={})
    image = planted()
    prepared = prepare(film(image), package)
    back = prepared.restore(prepared.array[0])
    assert back.shape == (1, 50, 64)
    again = prepared.restore(prepared.array[0])
    assert np.array_equal(again, back), "a second way back differs from the first"
    # Interpolation softens an edge of one pixel; everything else is exact.
    wrong = (back[0] > 0.5) != (image > 127)
    assert wrong.sum() <= (0 if name in ("crop", "pad", "flip") else 70)
    assert np.corrcoef(back[0].ravel(), image.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal"])
def test_stack_of_any_plane_is_seen_axial_and_returns(tmp_path: Path, plane: str) -> None:
    """A voxel planted at an LPS place arrives there on the axial grid, and comes back."""
    config = {
        "network_def": {},
        "preprocessing": compose({"_target_": "Spacing", "pixdim": [-1.0, 1.0, 1.0]}),
    }
    package = write(tmp_path, "planes", config, kind="stack", state={})
    values = np.zeros((20, 24, 28), np.float32)
    values[4:7, 5:9, 18:23] = 1.0
    volume = stack(values, plane, (1.0, 1.0, 1.0))
    prepared = prepare(volume, package)
    seen = np.argwhere(prepared.array[0] > 0.5).mean(axis=0)
    affine = prepared.affine
    assert affine is not None
    lps = affine[:3, :3] @ seen + affine[:3, 3]
    planted_lps = volume.series.geometry.to_mm(np.array([[5.0, 6.5, 20.0]]))[0]
    assert np.allclose(lps, planted_lps, atol=1e-4)
    # Rows go to the back, columns to the left, slices to the head.
    assert np.allclose(np.diag(affine[[2, 1, 0], :3]) > 0, [True, True, True])
    back = prepared.restore(prepared.array[0])
    assert np.array_equal(back > 0.5, values > 0.5)
    assert bool(prepared.notes) == (plane != "axial")


def test_channels_come_back_one_by_one(tmp_path: Path) -> None:
    """Maps with channels keep them; what the network did not see is zero."""
    config = {"network_def": {}, "preprocessing": compose(*SPATIAL["crop"])}
    prepared = prepare(film(planted()), write(tmp_path, "two", config, state={}))
    back = prepared.restore(np.stack([np.ones((40, 48)), np.full((40, 48), 2.0)]))
    assert back.shape == (2, 1, 50, 64)
    assert back[:, 0, 25, 32].tolist() == [1.0, 2.0]
    assert back[:, 0, 0, 0].tolist() == [0.0, 0.0]


def test_training_and_product_share_one_chain(tmp_path: Path) -> None:
    """A bare array with the same affine gives what the volume gives."""
    package = bright(tmp_path, kind="stack")
    values = np.random.default_rng(1).random((4, 40, 40), dtype=np.float32)
    volume = stack(values)
    bare = chain(package)(values, volume.series.geometry.affine)
    assert np.allclose(prepare(volume, package).array, bare.numpy(), atol=1e-6)


def test_spatial_part_leaves_values_alone(tmp_path: Path) -> None:
    """Masks pass the geometry of a chain and none of its grey-value steps."""
    config = {"preprocessing": compose(*SPATIAL["all"])}
    mask = (planted() > 0).astype(np.float32) * 7
    moved = chain(config).spatial(mask)
    assert moved.shape == (1, 88, 112)
    assert float(moved.max()) == pytest.approx(7.0)


def test_unknown_pixel_size_takes_the_assumed_field_of_view(tmp_path: Path) -> None:
    """240 mm over 60 pixels are 4 mm; a note says that they were assumed."""
    config = {
        "network_def": {},
        "preprocessing": compose({"_target_": "Spacing", "pixdim": [-1.0, 2.0, 2.0]}),
    }
    more = "[preparation]\nassumed_field_of_view_mm = 240.0\n"
    package = write(tmp_path, "assumed", config, kind="stack", state={}, more=more)
    volume = stack(np.ones((3, 60, 60), np.float32))
    bare = type(volume.series.geometry)((3, 60, 60))
    series = type(volume.series)(
        id="p", label="", format="picture", modality="", frames=(), geometry=bare
    )
    prepared = prepare(type(volume)(volume.array, volume.unit, series), package)
    assert prepared.array.shape == (1, 3, 119, 119)
    assert any("240 mm" in note for note in prepared.notes)
