"""Planes through a planted phantom in 48 orientations, oblique and leaning: letters and places."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from medimg.display.cuts import (
    CutStack,
    Projection,
    Slab,
    letters,
    line_of,
    patient_plane,
    reason_against_planes,
    stored,
    tilted,
    world_affine,
)
from medimg.display.sampling import box_on, is_on_grid, sample, shifted_affine
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.series import Series
from tests.orientations import SHAPE, Case, cases, value_at

#: Letters (left, right, top, bottom) of each plane, as radiologists look.
TRUE_LETTERS = {
    Plane.AXIAL: "RLAP",
    Plane.CORONAL: "RLHF",
    Plane.SAGITTAL: "APHF",
}
ALL = list(cases(Path("unused")))
ALONG_AXES = [case for case in ALL if case.group == "along axes"]
OTHERS = [case for case in ALL if case.group != "along axes"]
#: Points of the patient inside every phantom, LPS mm.
POINTS = ((0.4, 1.1, -0.7), (1.9, -1.0, 2.0), (-1.6, 0.2, 0.3))


def geometry(case: Case) -> Geometry:
    return Geometry(SHAPE, PlaneSpacing(MeasuredAt.PATIENT, 0.8, 1.2), case.affine, "1.2.3")


def array(case: Case) -> np.ndarray:
    """The phantom: at each voxel the value of its place in the patient."""
    return value_at(case.places.reshape(-1, 3)).reshape(SHAPE).astype(np.int16)


def stacks(case: Case) -> list[CutStack]:
    return [patient_plane(geometry(case), plane) for plane in TRUE_LETTERS]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_every_plane_shows_the_letters_of_its_patient(case: Case) -> None:
    for plane, true in TRUE_LETTERS.items():
        seen = letters(patient_plane(geometry(case), plane).first)
        assert seen.left + seen.right + seen.top + seen.bottom == true


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_the_same_point_lies_under_the_crosshair_in_all_views(case: Case) -> None:
    voxel = np.linalg.norm(case.affine[:3, :3], axis=0)
    for point in POINTS:
        for stack in [*stacks(case), stored(geometry(case))]:
            cut = stack.cut(stack.nearest(point))
            column, row = cut.to_pixels(np.array(point))[0]
            back = np.array(cut.to_mm((column, row)))
            # In the plane the crosshair is exact; across it the nearest cut is half a step away.
            off = np.abs(np.linalg.solve(case.affine[:3, :3], back - point))
            assert off.max() <= 0.5 + 1e-6 or np.linalg.norm(back - point) <= voxel.min() / 2


@pytest.mark.parametrize("case", ALONG_AXES, ids=lambda case: case.name)
def test_each_pixel_of_a_plane_has_the_value_of_its_place(case: Case) -> None:
    pixels = array(case)
    for stack in stacks(case):
        assert is_on_grid(case.affine, stack.first)
        for index in range(stack.count):
            cut = stack.cut(index)
            found = sample(pixels, case.affine, cut)
            assert found.inside is None
            assert np.array_equal(found.values, value_at(centres(cut)).reshape(cut.shape))


def centres(cut) -> np.ndarray:  # type: ignore[no-untyped-def]
    """LPS of all pixel centres, (n, 3)."""
    rows, columns = np.mgrid[: cut.shape[0], : cut.shape[1]] + 0.5
    ones = np.ones(rows.size)
    return np.stack([columns.ravel(), rows.ravel(), ones], axis=1) @ cut.matrix.T


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_an_oblique_or_leaning_volume_is_interpolated_at_its_place(case: Case) -> None:
    """The field is linear in x, y and z, so that linear interpolation gives it exactly."""
    field = np.rint(case.places @ [7.0, 11.0, 13.0] * 50).astype(np.int32)
    for stack in stacks(case):
        cut = stack.cut(stack.nearest((0.0, 0.0, 0.0)))
        found = sample(field, case.affine, cut)
        places = centres(cut)
        index = np.linalg.solve(case.affine[:3, :3], (places - case.affine[:3, 3]).T).T
        deep = ((index >= 0) & (index <= np.array(SHAPE) - 1)).all(axis=1).reshape(cut.shape)
        true = (places @ [7.0, 11.0, 13.0] * 50).reshape(cut.shape)
        assert deep.sum() > 20
        assert np.abs(found.values - true)[deep].max() <= 2
        assert found.inside is None or not (deep & ~found.inside).any()


def test_a_slab_takes_the_strongest_the_weakest_and_the_mean() -> None:
    affine = np.diag([2.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]
    pixels = np.zeros((9, 5, 5), dtype=np.int16)
    pixels[3, 2, 2], pixels[5, 2, 2] = 90, -30
    stack = stored(Geometry(pixels.shape, PlaneSpacing(MeasuredAt.PATIENT, 1, 1), affine))
    cut = stack.cut(4)
    assert sample(pixels, affine, cut).values[2, 2] == 0
    found = {p: sample(pixels, affine, cut, Slab(6.0, p)).values[2, 2] for p in Projection}
    assert found == {Projection.MEAN: 20, Projection.MAXIMUM: 90, Projection.MINIMUM: -30}
    thin = sample(pixels, affine, cut, Slab(3.0, Projection.MAXIMUM))
    assert thin.values[2, 2] == 0
    wide = sample(pixels, affine, stack.cut(0), Slab(100.0, Projection.MAXIMUM))
    assert wide.values[2, 2] == 90


def test_a_slab_through_a_turned_volume_is_as_thick_as_it_says() -> None:
    case = next(c for c in ALL if c.group == "oblique")
    pixels = np.zeros(SHAPE, dtype=np.int16)
    pixels[3, 7, 5] = 1000
    point = case.affine[:3, :3] @ np.array([3, 7, 5]) + case.affine[:3, 3]
    stack = patient_plane(geometry(case), Plane.CORONAL)
    for away, is_seen in ((0.0, True), (2.0, True), (5.0, False)):
        moved = (point[0], point[1] + away, point[2])
        cut = stack.cut(stack.nearest(moved))
        found = sample(pixels, case.affine, cut, Slab(6.0, Projection.MAXIMUM))
        assert bool(found.values.max() > 300) is is_seen


def test_reference_lines_cross_at_the_crosshair() -> None:
    for case in ALL:
        axial, coronal, sagittal = (stack.cut(stack.nearest(POINTS[0])) for stack in stacks(case))
        across, along = line_of(axial, coronal), line_of(axial, sagittal)
        assert across is not None and along is not None
        # The coronal plane is seen as a row, the sagittal one as a column.
        assert across[0][1] == pytest.approx(across[1][1])
        assert along[0][0] == pytest.approx(along[1][0])
        crossing = np.array(axial.to_mm((along[0][0], across[0][1])))
        for plane in (axial, coronal, sagittal):
            assert abs(plane.distance_mm(crossing)[0]) < 1e-6
        assert line_of(axial, axial) is None


def test_a_turned_crosshair_keeps_its_planes_at_right_angles() -> None:
    grid = geometry(ALONG_AXES[0])
    axial, coronal, sagittal = stacks(ALONG_AXES[0])
    turned = [tilted(s, grid, tuple(axial.first.normal), 30.0) for s in (coronal, sagittal)]
    assert abs(turned[0].first.normal @ turned[1].first.normal) < 1e-9
    assert abs(turned[0].first.normal @ axial.first.normal) < 1e-9
    angle = np.degrees(np.arccos(turned[0].first.normal @ coronal.first.normal))
    assert angle == pytest.approx(30.0)
    seen = letters(turned[0].first)
    assert (seen.top, seen.bottom) == ("H", "F") and len(seen.left) == 2


def test_planes_are_refused_in_words_where_they_would_lie() -> None:
    flat = Series("s", "PA", "dicom", "DX", (), Geometry((1, 4, 4)))
    assert "one image" in reason_against_planes(flat)
    gapped = Series("s", "CT", "dicom", "CT", (), Geometry((5, 4, 4)))
    assert "would lie" in reason_against_planes(gapped)
    with pytest.raises(ValueError, match="place in the patient"):
        patient_plane(gapped.geometry, Plane.AXIAL)
    whole = Series("s", "CT", "dicom", "CT", (), geometry(ALONG_AXES[0]))
    assert reason_against_planes(whole) == ""


def test_a_stack_without_a_place_is_cut_in_pixels_of_its_true_shape() -> None:
    grid = Geometry((3, 4, 5), PlaneSpacing(aspect=2.0))
    cut = stored(grid).cut(2)
    pixels = np.arange(60).reshape(3, 4, 5)
    assert np.array_equal(sample(pixels, world_affine(grid), cut).values, pixels[2])
    assert cut.spacing_mm == (2.0, 1.0)
    assert cut.to_mm((0.5, 0.5)) == (0.0, 0.0, 2.0)


@pytest.mark.parametrize("case", ALL[::7], ids=lambda case: case.name)
def test_a_boxed_mask_is_found_on_the_part_of_a_cut_that_it_touches(case: Case) -> None:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2:4, 5:9, 4:7] = True
    part, affine = mask[2:4, 5:9, 4:7], shifted_affine(case.affine, (2, 5, 4))
    for stack, index in product(stacks(case), range(0, 12, 3)):
        cut = stack.cut(min(index, stack.count - 1))
        whole = sample(mask, case.affine, cut, is_nearest=True).values
        box = box_on(cut, affine, part.shape)
        if box is None:
            assert not whole.any()
            continue
        outside = whole.copy()
        outside[box[0] : box[1], box[2] : box[3]] = False
        assert not outside.any()
