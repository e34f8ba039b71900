"""Measures of planted shapes, checked by geometry and by scikit-image."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from skimage.measure import find_contours

from medimg.inference.measuring import region_of
from medimg.values.findings import Region, RegionKind
from medimg.values.geometry import Geometry
from medimg.values.masks import Mask
from medimg.values.problems import Problem
from medimg.values.series import Series
from medimg.values.volume import Unit, Volume
from tests.tiny_packages import film, stack


def measured(mask: np.ndarray, volume: Volume) -> Region:
    return region_of("r", "R", "flair-change", RegionKind.FINDING, Mask.of(mask), volume)


def longest_outline(mask: np.ndarray, pixel: tuple[float, float]) -> float:
    """The longest diameter by scikit-image's outlines, all pairs of points of each compared."""
    outlines = find_contours(np.pad(mask, 1).astype(float), 0.5, fully_connected="high")
    return float(max(pdist(outline * pixel).max() for outline in outlines))


def test_ball_of_ten_ml() -> None:
    """A ball of 10.0 ml on voxels of 2 x 1 x 1 mm: 26.7 mm across, 10 ml within 1 %."""
    radius = (10_000 * 3 / 4 / np.pi) ** (1 / 3)
    z, y, x = np.ogrid[:20, :60, :70]
    mask = ((z - 9) * 2.0) ** 2 + (y - 30.0) ** 2 + (x - 20.0) ** 2 <= radius**2
    region = measured(mask, stack(np.zeros(mask.shape)))
    assert region.volume_ml == pytest.approx(10.0, rel=0.01)
    assert region.longest_mm == pytest.approx(2 * radius, abs=1.0)
    assert region.centroid == pytest.approx((9, 30, 20), abs=1e-6)
    assert region.best_slice == 9
    assert region.withheld == ""


def test_longest_diameter_is_that_of_the_outline() -> None:
    """Diameters of random blobs agree with scikit-image's outlines, all pairs of each compared."""
    generator = np.random.default_rng(3)
    for _ in range(20):
        mask = np.zeros((1, 40, 40), bool)
        rows, columns = generator.integers(5, 35, (2, 4))
        for row, column in zip(rows, columns, strict=True):
            mask[0, row - 4 : row + 4, column - 2 : column + 5] = True
        truth = longest_outline(mask[0], (1.0, 1.0))
        region = measured(mask, film(mask[0]))
        assert region.longest_px == pytest.approx(truth, abs=1e-6)
        # 0.5 mm pixels at the detector
        assert region.longest_mm == pytest.approx(truth / 2, abs=1e-6)


def test_two_lesions_are_not_one_diameter() -> None:
    """Two bars of 10 and 6 pixels, 30 apart in one slice: the longest is 10, not the way across."""
    mask = np.zeros((1, 60, 60), bool)
    mask[0, 5, 5:15] = True
    mask[0, 45, 40:46] = True
    region = measured(mask, film(mask[0]))
    assert region.longest_px == pytest.approx(10.0)


@pytest.mark.parametrize("side", [1, 2], ids=["pixels", "squares of two"])
def test_ten_thousand_specks_do_not_take_gigabytes(side: int) -> None:
    """10 529 specks in one slice took 2.6 GB and 8 s: each was held as a whole image."""
    mask = np.zeros((1, 512, 512), bool)
    for row in range(side):
        for column in range(side):
            mask[0, row:510:4, column:510:4] = True
    mask[0, 300:303, 401:404] = True  # one part is a little larger than the others
    tracemalloc.start()
    region = measured(mask, film(mask[0]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
    assert region.longest_px == pytest.approx(longest_outline(mask[0], (1.0, 1.0)))


def test_skipping_small_parts_changes_no_diameter() -> None:
    """On random masks with oblong pixels the longest part is that of all parts, each measured."""
    generator = np.random.default_rng(5)
    for density in (0.05, 0.2, 0.35, 0.5):
        mask = generator.random((1, 40, 50)) < density
        volume = stack(np.zeros(mask.shape), spacing_mm=(2.0, 1.0, 3.0))
        region = measured(mask, volume)
        truth = longest_outline(mask[0], (1.0, 3.0))
        assert region.longest_mm == pytest.approx(truth, abs=1e-6)


def test_one_pixel_has_a_size() -> None:
    """One pixel is one pixel across, not zero."""
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 4, 5] = True
    region = measured(mask, film(mask[0]))
    assert region.longest_px == 1.0
    assert region.centroid == (0.0, 4.0, 5.0)


def test_non_square_pixels_are_measured_in_mm() -> None:
    """A bar of 10 columns of 3 mm is longer than one of 20 rows of 1 mm."""
    mask = np.zeros((2, 30, 30), bool)
    mask[0, 5, 5:15] = True
    mask[1, 5:25, 5] = True
    volume = stack(np.zeros(mask.shape), spacing_mm=(2.0, 1.0, 3.0))
    region = measured(mask, volume)
    assert region.longest_mm == pytest.approx(30.0, abs=0.1)
    assert region.longest_px == pytest.approx(20.0, abs=0.1)


def test_ml_are_withheld_on_a_gap_and_without_mm() -> None:
    """No ml across a gap, none of unknown voxels, none of one image; each says why."""
    mask = np.zeros((4, 9, 9), bool)
    mask[1:3, 3:6, 3:6] = True
    gap = Problem("missing-slice", "Slice 2 is missing.")
    with_gap = measured(
        mask,
        stack(np.zeros(mask.shape), problems=(gap,)),
    )
    assert with_gap.volume_ml is None and "slice missing" in with_gap.withheld
    series = Series(
        id="p", label="", format="nifti", modality="", frames=(), geometry=Geometry(mask.shape)
    )
    unknown = Volume(np.zeros(mask.shape), Unit.ARBITRARY, series)
    region = measured(mask, unknown)
    assert (region.volume_ml, region.area_mm2, region.longest_mm) == (None, None, None)
    assert "unknown" in region.withheld


def test_a_slice_without_a_mark_between_two_others_stopped_the_run() -> None:
    mask = np.zeros((3, 12, 12), dtype=bool)
    mask[0, 2:5, 2:8] = mask[2, 4:6, 4:6] = True
    region = measured(mask, stack(np.zeros(mask.shape), spacing_mm=(2.0, 1.0, 1.0)))
    assert region.longest_px == pytest.approx(measured(mask[:1], film(mask[0])).longest_px)
