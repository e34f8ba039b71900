"""Outlining from clicks, on planted spheres: a plain threshold stands where the network goes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medimg.inference.outlining.inputs import stride_of
from medimg.inference.outlining.walks import outline
from medimg.inference.outlining.window import Clicks

SPACING = (1.25, 0.7, 0.7)
SHAPE = (40, 120, 120)
MIDDLE = (20.0, 60.0, 60.0)


def above_a_threshold(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits that are positive in soft tissue (HU above -400) of the slice in the middle."""
    return (inputs[:, 2] ** 2 - 600 / 1400) * 100


def planted(
    *spheres: tuple[tuple[float, float, float], float],
    spacing: tuple[float, float, float] = SPACING,
    shape: tuple[int, int, int] = SHAPE,
) -> NDArray[np.float32]:
    """Air with spheres of 40 HU: middle as an index, diameter in mm."""
    hu = np.full(shape, -850, np.float32)
    axes = np.meshgrid(*(np.arange(size) for size in shape), indexing="ij")
    for middle, diameter in spheres:
        away = sum(
            ((axis - at) * mm) ** 2 for axis, at, mm in zip(axes, middle, spacing, strict=True)
        )
        hu[away <= (diameter / 2) ** 2] = 40
    return hu


def ml(mask: NDArray[np.bool_], spacing: tuple[float, float, float] = SPACING) -> float:
    return float(mask.sum() * np.prod(spacing)) / 1000


def whole(hu: NDArray[np.float32], clicks: Clicks) -> NDArray[np.bool_]:
    found = outline(hu, SPACING, clicks, above_a_threshold)
    mask = np.zeros(hu.shape, bool)
    at = tuple(slice(a, a + n) for a, n in zip(found.offset, found.mask.shape, strict=True))
    mask[at] = found.mask
    return mask


# A hard threshold on interpolated pixels cuts a small sphere's corners.
@pytest.mark.parametrize(("diameter", "within"), [(5.0, 0.15), (8.0, 0.08), (20.0, 0.03)])
def test_a_sphere_has_its_volume(diameter: float, within: float) -> None:
    hu = planted((MIDDLE, diameter))
    mask = whole(hu, Clicks((MIDDLE,)))
    assert ml(mask) == pytest.approx(ml(hu > 0), rel=within)


def test_the_outline_does_not_run_into_a_neighbour() -> None:
    hu = planted((MIDDLE, 8.0), ((20.0, 60.0, 80.0), 8.0))
    mask = whole(hu, Clicks((MIDDLE,)))
    assert not mask[:, :, 72:].any() and mask[20, 60, 60]


def test_a_click_on_air_outlines_nothing() -> None:
    found = outline(planted((MIDDLE, 8.0)), SPACING, Clicks(((20, 60, 75),)), above_a_threshold)
    assert not found.mask.any() and found.score < 0.5


def test_a_second_plus_click_adds_a_part_that_the_first_missed() -> None:
    hu = planted((MIDDLE, 8.0), ((20.0, 60.0, 80.0), 8.0))
    mask = whole(hu, Clicks((MIDDLE, (20.0, 60.0, 80.0))))
    assert ml(mask) == pytest.approx(ml(hu > 0), rel=0.1)


def test_a_minus_click_is_outside() -> None:
    hu = planted((MIDDLE, 12.0))
    mask = whole(hu, Clicks((MIDDLE,), minus=((20.0, 60.0, 66.0),)))
    assert mask[20, 60, 60] and not mask[20, 60, 66]


def test_the_outline_stays_within_the_box() -> None:
    hu = planted((MIDDLE, 20.0))
    mask = whole(hu, Clicks(box=((16.0, 52.0, 52.0), (24.0, 68.0, 68.0))))
    places = np.argwhere(mask)
    assert places.min(axis=0).tolist() == [16, 52, 52] and places.max(axis=0).tolist() == [
        24,
        68,
        68,
    ]


def test_thin_slices_are_all_outlined() -> None:
    spacing = (0.5, 0.7, 0.7)
    assert stride_of(spacing[0]) == 2
    hu = planted(((40.0, 60.0, 60.0), 8.0), spacing=spacing, shape=(80, 120, 120))
    found = outline(hu, spacing, Clicks(((40.0, 60.0, 60.0),)), above_a_threshold)
    assert ml(found.mask, spacing) == pytest.approx(ml(hu > 0, spacing), rel=0.12)
    places = np.flatnonzero(found.mask.any(axis=(1, 2)))
    assert (np.diff(places) == 1).all()


def test_the_end_of_the_scan_is_said() -> None:
    found = outline(
        planted(((0.0, 60.0, 60.0), 8.0)), SPACING, Clicks(((0, 60, 60),)), above_a_threshold
    )
    assert found.is_cut
    inside = outline(planted((MIDDLE, 8.0)), SPACING, Clicks((MIDDLE,)), above_a_threshold)
    assert not inside.is_cut and not inside.is_large


def test_what_is_larger_than_the_network_sees_is_said() -> None:
    found = outline(planted((MIDDLE, 60.0)), SPACING, Clicks((MIDDLE,)), above_a_threshold)
    assert found.is_large


def test_without_click_or_box_there_is_nothing_to_outline() -> None:
    with pytest.raises(ValueError, match="click or a box"):
        outline(planted((MIDDLE, 8.0)), SPACING, Clicks(), above_a_threshold)
