"""Index and millimetres, written out by hand for stacks that lie in known ways."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing, affine_from

#: Columns are the unit LPS vectors of slice, row and column index.
AXIAL = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float)
SAGITTAL = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float)
CORONAL = np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]], dtype=float)


def grid(direction: np.ndarray, origin: tuple[float, float, float] = (0, 0, 0)) -> Geometry:
    """Ten slices 5 mm apart, rows 2 mm, columns 1 mm."""
    affine = affine_from(np.array(origin), direction, (5.0, 2.0, 1.0))
    return Geometry((10, 20, 30), PlaneSpacing(MeasuredAt.PATIENT, 2.0, 1.0), affine)


class TestToMm:
    def test_first_voxel_is_the_origin(self) -> None:
        """Index 0 is a voxel's centre, so (0, 0, 0) lies at the origin, not half a voxel off."""
        np.testing.assert_array_equal(grid(AXIAL, (7, -8, 9)).to_mm([[0, 0, 0]]), [[7, -8, 9]])

    @pytest.mark.parametrize(
        ("direction", "index", "expected"),
        [
            # one step along the slice, the row, the column index
            (AXIAL, (1, 0, 0), (0, 0, 5)),
            (AXIAL, (0, 1, 0), (0, 2, 0)),
            (AXIAL, (0, 0, 1), (1, 0, 0)),
            # sagittal: columns run to the back, rows run down (LPS z falls)
            (SAGITTAL, (1, 0, 0), (5, 0, 0)),
            (SAGITTAL, (0, 1, 0), (0, 0, -2)),
            (SAGITTAL, (0, 0, 1), (0, 1, 0)),
            (CORONAL, (1, 0, 0), (0, 5, 0)),
            (CORONAL, (0, 1, 0), (0, 0, -2)),
            (CORONAL, (0, 0, 1), (1, 0, 0)),
        ],
    )
    def test_steps(
        self, direction: np.ndarray, index: tuple[int, ...], expected: tuple[float, ...]
    ) -> None:
        """Each index moves along its own axis by its own spacing."""
        np.testing.assert_allclose(grid(direction).to_mm([index]), [expected])

    def test_there_and_back(self) -> None:
        """`to_index` undoes `to_mm` on a sheared grid too (a tilted gantry)."""
        affine = grid(AXIAL, (1, 2, 3)).affine
        assert affine is not None
        sheared = affine.copy()
        sheared[1, 0] = 1.3
        tilted = Geometry((10, 20, 30), affine=sheared)
        points = np.array([[0, 0, 0], [9, 19, 29], [3.5, 2.25, 7.75]])
        np.testing.assert_allclose(tilted.to_index(tilted.to_mm(points)), points, atol=1e-9)

    def test_unknown_place(self) -> None:
        """A radiograph has no place in the patient, and none is made up."""
        film = Geometry((1, 20, 30))
        with pytest.raises(ValueError, match="no place"):
            film.to_mm([[0, 0, 0]])
        with pytest.raises(ValueError, match="no place"):
            film.to_index([[0, 0, 0]])


class TestFacts:
    @pytest.mark.parametrize(
        ("direction", "plane"),
        [(AXIAL, Plane.AXIAL), (SAGITTAL, Plane.SAGITTAL), (CORONAL, Plane.CORONAL)],
    )
    def test_plane(self, direction: np.ndarray, plane: Plane) -> None:
        """The plane is named by the slices' normal."""
        assert grid(direction).plane is plane

    def test_oblique_is_named_by_the_nearest(self) -> None:
        """Twenty degrees of tilt leave an axial stack axial; fifty make it coronal."""
        for degrees, plane in ((20, Plane.AXIAL), (50, Plane.CORONAL)):
            c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
            assert grid(turn @ AXIAL).plane is plane

    def test_spacing_and_volume(self) -> None:
        """5 x 2 x 1 mm is 0.01 ml."""
        assert grid(AXIAL).spacing_mm == pytest.approx((5, 2, 1))
        assert grid(AXIAL).voxel_ml == pytest.approx(0.01)

    def test_direction_has_unit_columns(self) -> None:
        """Directions carry no spacing."""
        np.testing.assert_allclose(grid(SAGITTAL).direction, SAGITTAL)

    def test_one_slice_has_no_volume(self) -> None:
        """A single slice has a place and no thickness between slices: ml are withheld."""
        assert Geometry((1, 4, 4), affine=np.eye(4)).voxel_ml is None

    def test_unknown_has_no_numbers(self) -> None:
        """Without an affine nothing is 1.0 by default."""
        film = Geometry((1, 4, 4))
        assert (film.spacing_mm, film.direction, film.voxel_ml) == (None, None, None)
        assert film.plane is Plane.UNKNOWN


class TestRefusals:
    @pytest.mark.parametrize("shape", [(0, 4, 4), (4, 4), (1, 2, 3, 4)])
    def test_bad_shape(self, shape: tuple[int, ...]) -> None:
        """A grid is three positive numbers."""
        with pytest.raises(ValueError, match="shape"):
            Geometry(shape)

    @pytest.mark.parametrize(
        "affine", [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan), np.diag([1.0, 1, 0, 1])]
    )
    def test_bad_affine(self, affine: np.ndarray) -> None:
        """A flat, short or undefined affine is refused when it is built."""
        with pytest.raises(ValueError, match="affine"):
            Geometry((2, 2, 2), affine=affine)

    def test_affine_cannot_be_written(self) -> None:
        """A geometry does not change under whoever holds it, nor with the array it came from."""
        source = np.eye(4)
        geometry = Geometry((2, 2, 2), affine=source)
        source[0, 3] = 99
        assert geometry.affine is not None
        assert geometry.affine[0, 3] == 0
        with pytest.raises(ValueError, match="read-only"):
            geometry.affine[0, 3] = 1


class TestPlaneSpacing:
    def test_aspect_is_height_over_width(self) -> None:
        """Rows 2 mm apart and columns 1 mm: a pixel is drawn twice as high as wide."""
        assert PlaneSpacing(MeasuredAt.DETECTOR, 2.0, 1.0).aspect == 2.0

    def test_unknown_keeps_a_known_aspect(self) -> None:
        """A pixel may be oblong although its millimetres are not known."""
        spacing = PlaneSpacing(aspect=1.5)
        assert spacing.aspect == 1.5
        assert not spacing.is_known

    def test_millimetres_need_a_place(self) -> None:
        """Millimetres that do not say what they are measured at are refused."""
        with pytest.raises(ValueError, match="measured at"):
            PlaneSpacing(MeasuredAt.UNKNOWN, 1.0, 1.0)
        with pytest.raises(ValueError, match="measured at"):
            PlaneSpacing(MeasuredAt.DETECTOR)

    def test_zero_is_no_spacing(self) -> None:
        """A spacing of zero is refused, not divided by."""
        with pytest.raises(ValueError, match="positive"):
            PlaneSpacing(MeasuredAt.PATIENT, 0.0, 1.0)
