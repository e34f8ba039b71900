"""Geometry: what is read lies where the header puts it, and nowhere else."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset
from pydicom.tag import Tag

from medimg.reading import read, scan
from medimg.reading.dicom.placing import place
from medimg.values.geometry import Plane
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import CORONAL, PIXEL_MM, SAGITTAL, SIZE, Change, save, section, write_stack

CORNER = -PIXEL_MM * SIZE / 2
Triple = tuple[float, float, float]


def _write(folder: Path, places: list[Triple], orientation: tuple[float, ...]) -> None:
    for k, position in enumerate(places):
        save(section(position, orientation, number=k + 1), folder / f"{k}.dcm")


def _rotated(degrees: Triple) -> tuple[float, ...]:
    """Row and column direction of a slice turned about x, then y, then z."""
    x, y, z = (math.radians(d) for d in degrees)
    about_x = np.array([[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]])
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_z = np.array([[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]])
    turned = about_z @ about_y @ about_x
    return tuple(round(float(v), 6) for v in (*turned[:, 0], *turned[:, 1]))


def test_planes_and_oblique_stacks_lie_right(tmp_path: Path) -> None:
    oblique = _rotated((20, 15, 10))
    row, column = np.array(oblique[:3]), np.array(oblique[3:])
    centre = -0.5 * PIXEL_MM * SIZE * (row + column)
    normal = np.cross(row, column)
    stacks: dict[str, tuple[list[Triple], tuple[float, ...], Plane]] = {
        "sagittal": ([(-12 + 2.5 * k, CORNER, 25.0) for k in range(10)], SAGITTAL, Plane.SAGITTAL),
        "coronal": ([(CORNER, 12 - 2.5 * k, 25.0) for k in range(10)], CORONAL, Plane.CORONAL),
        "prone": ([(CORNER, -CORNER, -12 + 2.5 * k) for k in range(10)], (1, 0, 0, 0, -1, 0),
                  Plane.AXIAL),
        "oblique": ([tuple(float(round(v, 4)) for v in centre + 2.5 * (k - 5) * normal)
                     for k in range(10)], oblique, Plane.AXIAL),  # type: ignore[misc]
    }  # fmt: skip
    for name, (places, orientation, plane) in stacks.items():
        folder = tmp_path / name
        folder.mkdir()
        _write(folder, places, orientation)
        (series,) = scan(folder).series
        assert series.problems == (), name
        assert series.geometry.plane is plane
        assert share_wrong(read(series)) < 0.005, name


def test_gantry_tilt_keeps_the_sheared_grid(tmp_path: Path) -> None:
    tilt = math.radians(15)
    down = (0.0, round(math.cos(tilt), 6), round(-math.sin(tilt), 6))
    _write(
        tmp_path, [(CORNER, CORNER, 7 + 2.5 * (k - 6)) for k in range(12)], (1.0, 0.0, 0.0, *down)
    )
    (series,) = scan(tmp_path).series
    (problem,) = series.problems
    assert problem.kind == "gantry-tilt" and "15.0 degrees" in problem.sentence
    assert share_wrong(read(series)) < 0.002
    # Table steps stay along z: the slices were not straightened.
    affine = series.geometry.affine
    assert affine is not None
    assert affine[:3, 0] == pytest.approx([0, 0, 2.5], abs=1e-6)


def test_shear_along_rows_is_kept_and_told(tmp_path: Path) -> None:
    _write(tmp_path, [(CORNER - 0.4 * k, CORNER, 2.5 * (k - 6)) for k in range(12)],
           (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))  # fmt: skip
    (series,) = scan(tmp_path).series
    assert "sheared-stack" in {p.kind for p in series.problems}
    assert share_wrong(read(series)) < 0.002


@pytest.mark.parametrize(("stated", "kinds"), [(5.0, ["spacing-tag-differs"]), (-2.5, [])])
def test_spacing_tag_never_places_a_slice(tmp_path: Path, stated: float, kinds: list[str]) -> None:
    write_stack(tmp_path, lambda d, k: setattr(d, "SpacingBetweenSlices", stated), count=12)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == kinds
    assert series.geometry.spacing_mm == pytest.approx((2.5, 0.8, 0.8))


def _text(keyword: str, text: str) -> Change:
    """Write a decimal string that pydicom would refuse to write."""
    raw = text.encode() + b" " * (len(text) % 2)

    def change(dataset: FileDataset, k: int) -> None:
        tag = Tag(keyword)
        dataset._dict[tag] = RawDataElement(tag, "DS", len(raw), raw, 0, False, True)

    return change


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("0,8\\0,8", "bad-number", "'0,8'"),
        ("NaN\\NaN", "bad-number", "'NaN'"),
        ("0\\0", "spacing-zero", "0 x 0 mm"),
        ("0.8", "bad-number", "1 value"),
    ],
)
def test_unreadable_spacing_stays_unknown(tmp_path: Path, text: str, kind: str, shown: str) -> None:
    write_stack(tmp_path, _text("PixelSpacing", text), count=3)
    (series,) = scan(tmp_path).series
    (problem,) = series.problems
    assert problem.kind == kind and shown in problem.sentence
    assert not series.geometry.plane_spacing.is_known
    assert series.geometry.affine is None


def test_over_long_numbers_are_read(tmp_path: Path) -> None:
    write_stack(tmp_path, _text("PixelSpacing", "0.8000000000000000000001\\0.8"), count=3)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["over-long-ds"]
    assert series.geometry.plane_spacing.row_mm == pytest.approx(0.8)


def test_square_pixels_are_not_assumed(tmp_path: Path) -> None:
    save(section((CORNER, CORNER, 0.0), spacing=(0.5, 1.5)), tmp_path / "a")
    save(section((CORNER, CORNER, 2.5), spacing=(0.5, 1.5), number=2), tmp_path / "b")
    (series,) = scan(tmp_path).series
    assert series.geometry.spacing_mm == pytest.approx((2.5, 0.5, 1.5))
    assert series.geometry.plane_spacing.aspect == pytest.approx(1 / 3)
    assert share_wrong(read(series)) < 0.002


@pytest.mark.parametrize(
    ("keyword", "kind"),
    [("ImagePositionPatient", "no-position"), ("ImageOrientationPatient", "no-orientation")],
)
def test_missing_place_is_said_and_not_made_up(tmp_path: Path, keyword: str, kind: str) -> None:
    write_stack(tmp_path, lambda d, k: d.__delattr__(keyword), count=6)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == [kind]
    assert series.geometry.affine is None
    assert [f.instance_number for f in series.frames] == [1, 2, 3, 4, 5, 6]


def test_one_missing_position_names_its_file(tmp_path: Path) -> None:
    def lose(dataset: FileDataset, k: int) -> None:
        if k == 3:
            del dataset.ImagePositionPatient

    write_stack(tmp_path, lose, count=6)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["no-position"]
    assert series.problems[0].files == (str(tmp_path / "003.dcm"),)


def test_rows_and_columns_not_perpendicular(tmp_path: Path) -> None:
    angle = math.radians(80)
    skew = (1.0, 0.0, 0.0, round(math.cos(angle), 6), round(math.sin(angle), 6), 0.0)
    _write(tmp_path, [(CORNER, CORNER, 2.5 * k) for k in range(3)], skew)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["bad-orientation"]
    assert "80 degrees" in series.problems[0].sentence
    assert series.geometry.affine is None


class TestPlace:
    """`place` by positions alone."""

    Z = np.array([0.0, 0.0, 1.0])

    @staticmethod
    def at(*heights: float) -> np.ndarray:
        return np.array([(0.0, 0.0, z) for z in heights])

    def test_orders_along_the_normal(self) -> None:
        assert place(self.at(4, 0, 2), self.Z).order == (1, 2, 0)
        assert place(self.at(4, 0, 2), -self.Z).order == (0, 2, 1)

    def test_counts_what_is_missing_in_each_gap(self) -> None:
        placed = place(self.at(0, 1, 2, 3, 6, 7, 8, 9, 10, 12, 13, 14, 15), self.Z)
        assert [(gap.after, gap.missing) for gap in placed.gaps] == [(3, 2), (8, 1)]
        assert placed.are_slices_missing

    def test_drift_within_each_step_is_uneven_all_the_same(self) -> None:
        """Each step fits to 0.1 mm, and the far end would still lie 0.5 mm off."""
        steps = [1.0] * 10 + [1.09] * 10
        placed = place(self.at(0, *np.cumsum(steps)), self.Z)
        assert not placed.is_even

    def test_one_slice_has_no_step(self) -> None:
        assert place(self.at(3), self.Z).step is None
