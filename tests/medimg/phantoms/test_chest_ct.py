"""The calculated chest CT: its truth agrees with its pixels, and its variants are what they say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest

import medimg
from medimg.phantoms.chest_ct import INTERCEPT, Chest, chest, cut, thick
from medimg.phantoms.dicom import Scan
from medimg.phantoms.solids import Space
from medimg.phantoms.writing import recipe, write_chest_ct


@cache
def coarse() -> Chest:
    """The same chest on an eighth of the voxels, for what does not need fine ones."""
    plan = recipe("chest_ct")
    plan["grid"] |= {"slices": 96, "rows": 112, "columns": 144, "pixel_mm": 2.5, "slice_mm": 3.0}
    return chest(plan)


def _hu(made: Chest) -> np.ndarray:
    return made.stored.astype(np.float64) + INTERCEPT


def test_share_of_a_ball_adds_up_to_its_volume() -> None:
    """A ball of 20 mm in voxels of 1.5 mm, to half a percent; a solid of revolution likewise."""
    space = Space.centred((40, 40, 40), (1.5, 1.25, 1.25))
    known = 4 / 3 * np.pi * 10.0**3 / 1000
    ball = space.ball((0.4, -1.3, 2.2), 10.0).sum() * space.voxel_ml
    assert ball == pytest.approx(known, rel=0.005)
    solid = space.share(space.superellipsoid((0.4, -1.3, 2.2), (12.0, 8.0, 10.0)))
    assert solid.sum() * space.voxel_ml == pytest.approx(4 / 3 * np.pi * 0.96, rel=0.01)


def test_lungs_are_those_of_an_adult_and_right_is_right() -> None:
    made = coarse()
    assert 1.5 < made.lung_ml[1] / 1000 < made.lung_ml[0] / 1000 < 3.0
    columns = np.arange(made.stored.shape[2])
    right, left = (
        np.average(columns, weights=m.sum(axis=(0, 1))) for m in (made.right_lung, made.left_lung)
    )
    # Columns run to the patient's left.
    assert right < len(columns) / 2 < left
    assert not (made.right_lung & made.left_lung).any()


def test_truth_agrees_with_the_pixels() -> None:
    """Mean HU of a lung, and its volume, from the noisy image and the mask."""
    made, ml = coarse(), float(np.prod(coarse().spacing_mm)) / 1000
    for mask, volume_ml, mean in zip(
        (made.right_lung, made.left_lung), made.lung_ml, made.lung_hu, strict=True
    ):
        assert mask.sum() * ml == pytest.approx(volume_ml, rel=0.01)
        assert _hu(made)[mask].mean() == pytest.approx(mean, abs=4.0)
    assert np.median(_hu(made)[made.airways]) < -950


def test_nodules_have_the_volume_of_their_diameter() -> None:
    """5, 8 and 20 mm; the second touches the chest wall, the third is ground glass with a core."""
    made = chest(recipe("chest_ct"))
    hu, ml = _hu(made), float(np.prod(made.spacing_mm)) / 1000
    assert [nodule.diameter_mm for nodule in made.nodules] == [5.0, 8.0, 20.0]
    for nodule in made.nodules:
        assert nodule.volume_ml == pytest.approx(np.pi * nodule.diameter_mm**3 / 6000)
        assert nodule.mask.sum() * ml == pytest.approx(nodule.volume_ml, rel=0.05)
    solid, wall, mixed = (hu[nodule.mask] for nodule in made.nodules)
    assert np.median(solid) > -200 and np.median(wall) > -100
    assert np.percentile(mixed, 50) == pytest.approx(-620, abs=30)
    assert mixed.max() > 0
    around = made.nodules[1].mask | made.right_lung
    assert (~around & _grown(made.nodules[1].mask)).any()
    assert not (~made.left_lung & _grown(made.nodules[2].mask)).any()


def _grown(mask: np.ndarray) -> np.ndarray:
    """A mask with its face neighbours."""
    grown = mask.copy()
    for axis in range(3):
        grown |= np.roll(mask, 1, axis) | np.roll(mask, -1, axis)
    return grown


def test_variants_keep_place_and_content(tmp_path: Path) -> None:
    """Thick slices average; a cut keeps its place; both still say what a whole lung holds."""
    made = coarse()
    slabs, part = thick(made, 3), cut(made, slice(20, 80), slice(30, None))
    assert slabs.spacing_mm[0] == slabs.thickness_mm == 9.0
    assert slabs.origin[2] == pytest.approx(made.origin[2] + 3.0)
    np.testing.assert_allclose(slabs.stored[4], made.stored[12:15].mean(axis=0), atol=0.5)
    np.testing.assert_array_equal(part.stored, made.stored[20:80, :, 30:])
    assert part.origin[0] == pytest.approx(made.origin[0] + 75.0)
    assert part.lung_ml == made.lung_ml


def test_series_reads_back_in_place_and_in_hu(tmp_path: Path) -> None:
    made = coarse()
    scan = Scan(name="told", kernel="BONE", contrast="CALCULATED", part="", windows=((40, 400),))
    folder = write_chest_ct(tmp_path, made, scan, without=(7,)).folder
    (series,) = medimg.scan(folder).series
    assert [problem.kind for problem in series.grave] == ["missing-slice"]
    assert ("Kernel", "BONE") in series.acquisition and series.contrast is True
    header = pydicom.dcmread(folder / "slice-001.dcm")
    assert header.PatientName == "PHANTOM^Synthetic" and "BodyPartExamined" not in header
    whole = write_chest_ct(tmp_path / "whole", made).folder
    (series,) = medimg.scan(whole).series
    volume = medimg.read(series)
    np.testing.assert_array_equal(volume.array, _hu(made))
    np.testing.assert_allclose(series.geometry.to_mm(np.zeros(3))[0], made.origin, atol=1e-3)
    assert not series.grave


def test_is_the_same_every_time() -> None:
    plan = recipe("chest_ct")
    plan["grid"] |= {"slices": 24, "rows": 32, "columns": 40, "pixel_mm": 8.0, "slice_mm": 12.0}
    np.testing.assert_array_equal(chest(plan).stored, chest(plan).stored)
