"""Overlay planes: drawn apart, equal to pydicom's, and no part of the values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset

import medimg
from medimg.reading import layers, read, scan
from medimg.values.layers import Layer
from tests.phantoms import fill, instance, save

SIDE = 8


def _image(frames: int = 1) -> FileDataset:
    dataset = instance("CR")
    shape = (frames, SIDE, SIDE) if frames > 1 else (SIDE, SIDE)
    fill(dataset, np.full(shape, 100))
    if frames > 1:
        dataset.NumberOfFrames = frames
    return dataset


def _plane(
    dataset: FileDataset, bits: np.ndarray, group: int = 0x6000, origin: tuple[int, int] = (1, 1)
) -> None:
    dataset.add_new((group, 0x0010), "US", bits.shape[-2])
    dataset.add_new((group, 0x0011), "US", bits.shape[-1])
    dataset.add_new((group, 0x0040), "CS", "G")
    dataset.add_new((group, 0x0050), "SS", list(origin))
    dataset.add_new((group, 0x0100), "US", 1)
    dataset.add_new((group, 0x0102), "US", 0)
    packed = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
    dataset.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))


def _layers(folder: Path) -> tuple[Layer, ...]:
    found = scan(folder)
    (series,) = found.series
    return layers(series, found.objects)


def test_as_pydicom_has_it() -> None:
    path = get_testdata_file("examples_overlay.dcm")
    found = scan(path)
    (layer,) = layers(found.series[0], found.objects)
    whole = layer.mask.whole()[0]
    assert (whole == pydicom.dcmread(path).overlay_array(0x6000).astype(bool)).all()
    assert layer.name == "Siemens MedCom Object Graphics"
    assert [o.title for o in found.objects] == ["Overlay: plane 1"]


def test_bits_beside_the_values(tmp_path: Path) -> None:
    """An old overlay in bit 12 of the pixels is drawn, and the values are those of 12 bits."""
    dataset = _image()
    drawn = np.eye(SIDE, dtype=bool)
    fill(dataset, np.full((SIDE, SIDE), 100) | drawn.astype(int) << 12)
    dataset.BitsStored, dataset.HighBit = 12, 11
    for element, vr, value in (
        (0x0010, "US", SIDE), (0x0011, "US", SIDE), (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]), (0x0100, "US", 16), (0x0102, "US", 12),
    ):  # fmt: skip
        dataset.add_new((0x6002, element), vr, value)
    save(dataset, tmp_path / "x")
    (layer,) = _layers(tmp_path)
    assert (layer.mask.whole()[0] == drawn).all()
    assert layer.number == 2
    assert (read(scan(tmp_path).series[0]).array == 100).all()


@pytest.mark.parametrize("origin", [(1, 1), (4, 3), (-1, 0), (7, 7)])
def test_a_plane_that_begins_elsewhere(tmp_path: Path, origin: tuple[int, int]) -> None:
    bits = np.ones((4, 5), bool)
    dataset = _image()
    _plane(dataset, bits, origin=origin)
    save(dataset, tmp_path / "x")
    (layer,) = _layers(tmp_path)
    expected = np.zeros((SIDE, SIDE), bool)
    for row in range(4):
        for column in range(5):
            r, c = row + origin[0] - 1, column + origin[1] - 1
            if 0 <= r < SIDE and 0 <= c < SIDE:
                expected[r, c] = True
    assert (layer.mask.whole()[0] == expected).all()


def test_planes_of_single_frames(tmp_path: Path) -> None:
    """Two planes for the third and fourth of five frames (NumberOfFramesInOverlay)."""
    bits = np.zeros((2, SIDE, SIDE), bool)
    bits[0, 1], bits[1, 2] = True, True
    dataset = _image(5)
    _plane(dataset, bits)
    dataset.add_new((0x6000, 0x0015), "IS", 2)
    dataset.add_new((0x6000, 0x0051), "US", 3)
    save(dataset, tmp_path / "x")
    (layer,) = _layers(tmp_path)
    assert layer.slices == (2, 3)
    assert layer.mask.on(2)[1].all() and layer.mask.on(3)[2].all()


def test_a_plane_that_breaks_off_is_said(tmp_path: Path) -> None:
    dataset = _image()
    _plane(dataset, np.ones((SIDE, SIDE), bool))
    dataset[0x60003000].value = b"\xff\xff"
    save(dataset, tmp_path / "x")
    (layer,) = _layers(tmp_path)
    assert layer.mask is None and "16 of 64 bits" in layer.problems[0].sentence


@pytest.mark.shared_data
def test_six_planes_of_a_test_image(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "pr" / "overlay.dcm")
    made = layers(found.series[0], found.objects)
    assert [(one.number, int(one.mask.size)) for one in made if one.mask is not None] == [
        (1, 532), (2, 537), (3, 603), (4, 606),
    ]  # fmt: skip
