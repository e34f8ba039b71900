"""Long and short axis, density and classes, against shapes whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.inference.axes import axes_of, density_of
from medimg.values.nodule import DIAMETER_CLASSES, VOLUME_CLASSES, NoduleMeasures, class_of


def ellipse(long: float, short: float, degrees: float) -> np.ndarray:
    rows, columns = np.mgrid[:121, :121] - 60.0
    angle = np.radians(degrees)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = -columns * np.sin(angle) + rows * np.cos(angle)
    return (along / (long / 2)) ** 2 + (across / (short / 2)) ** 2 <= 1


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 140])
def test_axes_of_an_ellipse(degrees: float) -> None:
    axes = axes_of(ellipse(60, 36, degrees), 0.5, 0.5)
    assert axes.long_mm == pytest.approx(30, abs=0.6)
    assert axes.short_mm == pytest.approx(18, abs=0.6)


def test_axes_respect_pixels_that_are_not_square() -> None:
    axes = axes_of(ellipse(40, 40, 0), 0.5, 1.0)
    assert axes.long_mm == pytest.approx(40, abs=1.1)
    assert axes.short_mm == pytest.approx(20, abs=0.6)


def test_one_pixel_is_one_pixel_across() -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    axes = axes_of(mask, 0.7, 0.7)
    assert axes.long_mm == pytest.approx(0.7)
    assert axes.short_mm == pytest.approx(0.7, abs=0.15)


def test_the_short_axis_of_a_crescent_stays_inside_it() -> None:
    rows, columns = np.mgrid[:101, :101] - 50.0
    ring = (np.hypot(rows, columns) <= 40) & (np.hypot(rows, columns) >= 30) & (rows >= 0)
    assert axes_of(ring, 1.0, 1.0).short_mm < 30


def test_density_leaves_out_the_edge() -> None:
    mask = np.zeros((3, 20, 20), bool)
    mask[:, 5:15, 5:15] = True
    hu = np.full(mask.shape, -850, np.float32)
    hu[mask] = -600
    hu[:, 6:14, 6:14] = 40
    mean, share, largest = density_of(hu, mask)
    assert share == 1.0 and largest == 3 * 64 and mean == pytest.approx((64 * 40 - 36 * 600) / 100)


@pytest.mark.parametrize(
    ("value", "classes", "words"),
    [
        (5.9, DIAMETER_CLASSES, "under 6 mm"),
        (6.0, DIAMETER_CLASSES, "6 to 8 mm"),
        (8.0, DIAMETER_CLASSES, "6 to 8 mm"),
        (8.1, DIAMETER_CLASSES, "over 8 mm"),
        (99.0, VOLUME_CLASSES, "under 100 mm³"),
        (100.0, VOLUME_CLASSES, "100 to 250 mm³"),
        (250.0, VOLUME_CLASSES, "100 to 250 mm³"),
        (251.0, VOLUME_CLASSES, "over 250 mm³"),
    ],
)
def test_classes_are_cut_as_published(value: float, classes: tuple, words: str) -> None:
    assert class_of(value, classes) == words


@pytest.mark.parametrize(
    ("share", "mm3", "words"),
    [
        (0.9, 500.0, "solid"),
        (0.4, 50.0, "part-solid"),
        (0.06, 268.0, "part-solid"),
        (0.06, 20.0, "ground glass"),
    ],
)
def test_a_solid_part_makes_a_nodule_part_solid(share: float, mm3: float, words: str) -> None:
    assert NoduleMeasures(1.0, 1.0, 1.0, 9.0, 6.0, 3, -500.0, share, mm3).density_class == words


def test_a_nodule_without_a_volume_has_no_volume_class() -> None:
    measures = NoduleMeasures(None, None, None, 9.0, 6.0, 3, -20.0, 0.95)
    assert measures.volume_class == ""
    assert measures.mean_diameter_mm == 7.5 and measures.diameter_class == "6 to 8 mm"
    assert measures.density_class == "solid"
