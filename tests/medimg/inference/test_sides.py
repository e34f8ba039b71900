"""Right and left by place, and only where they can be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medimg.inference.sides import split
from medimg.packages.manifest import Label, Side, Sides
from medimg.values.masks import Mask
from tests.tiny_packages import PLANES, film, stack

SIDES = Sides(
    right=Side(name="Right lung", code="right-lung"), left=Side(name="Left lung", code="left-lung")
)
LUNGS = Label(name="Lungs", code="lungs", kind="anatomy", sides=SIDES)


def two_lungs() -> np.ndarray:
    """Image left 20 x 8, image right 16 x 6 pixels."""
    mask = np.zeros((1, 40, 60), bool)
    mask[0, 5:25, 10:18] = True
    mask[0, 8:24, 40:46] = True
    return mask


@pytest.mark.parametrize(
    ("orientation", "right_at_left", "noted"),
    [(("L", "F"), True, False), (("R", "F"), False, False), (("", ""), True, True)],
)
def test_sides(orientation: tuple[str, str], right_at_left: bool, noted: bool) -> None:
    """Rows that run to the patient's left put the right lung at the image's left."""
    volume = film(np.zeros((40, 60)), patient_orientation=orientation)
    named, note = split(LUNGS, Mask.of(two_lungs()), volume)
    assert [code for _, code, _ in named] == ["right-lung", "left-lung"]
    right = named[0][2].whole()
    assert right[0, 10, 12] == right_at_left
    assert right.sum() == (160 if right_at_left else 96)
    assert bool(note) == noted


def test_one_part_keeps_its_name() -> None:
    """Fused lungs are not guessed apart."""
    mask = two_lungs()
    mask[0, 12, 18:40] = True
    named, note = split(LUNGS, Mask.of(mask), film(np.zeros((40, 60))))
    assert [name for name, _, _ in named] == ["Lungs"]
    assert "not told apart" in note


def test_crumb_goes_to_the_nearer_side() -> None:
    """A crumb is neither a second lung nor lost."""
    mask = two_lungs()
    mask[0, 30, 11] = True
    named, _ = split(LUNGS, Mask.of(mask), film(np.zeros((40, 60))))
    assert named[0][2].whole()[0, 30, 11]
    assert sum(part.size for _, _, part in named) == mask.sum()


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("flipped", [False, True])
def test_sides_of_a_volume_come_from_its_place_in_the_patient(plane: str, flipped: bool) -> None:
    """A large organ at the patient's right and a small one at the left, whichever way axes run."""
    volume = stack(np.zeros((24, 24, 24)), plane)
    affine = np.array(volume.series.geometry.affine)
    if flipped:
        affine[0, :3] *= -1
    geometry = replace(volume.series.geometry, affine=affine)
    volume = replace(volume, series=replace(volume.series, geometry=geometry))
    index = np.stack(np.meshgrid(*[np.arange(24)] * 3, indexing="ij"), axis=-1)
    left_mm = index @ affine[0, :3]
    middle = np.median(left_mm)
    mask = np.abs(left_mm - middle) > 2
    mask &= ~((left_mm > middle) & (index.sum(axis=-1) % 24 < 8))  # the left one has holes
    named, note = split(LUNGS, Mask.of(mask), volume)
    assert [code for _, code, _ in named] == ["right-lung", "left-lung"] and not note
    assert left_mm[named[0][2].whole()].max() < middle < left_mm[named[1][2].whole()].min()
