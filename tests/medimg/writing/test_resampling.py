"""Tilted and uneven stacks on a regular grid: a field that is linear in mm comes out exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import medimg
from medimg.cli.main import main
from medimg.values.errors import InputRefused
from medimg.values.volume import Unit, Volume
from medimg.writing.resampling import resampled
from tests.phantoms import axial, fill, save

#: HU a mm along x, y and z: whole numbers at no voxel, so that a shift by half a pixel shows.
FIELD = np.array([3.0, -2.0, 5.0])
STEP_MM = 2.5


def _field(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ FIELD + 100.0


def _written(folder: Path, heights: list[float], tilt: float = 0.0) -> Volume:
    """A CT whose values are the field at each pixel's place; `tilt` mm along y a mm of height."""
    for k, height in enumerate(heights):
        dataset = axial(k)
        x, y, _ = (float(v) for v in dataset.ImagePositionPatient)
        place = np.array([x, y + tilt * height, height])
        dataset.ImagePositionPatient = [round(float(v), 6) for v in place]
        down, right = (float(v) for v in dataset.PixelSpacing)
        rows, columns = np.mgrid[: dataset.Rows, : dataset.Columns]
        points = np.stack([x + columns * right, place[1] + rows * down,
                           np.full(rows.shape, height)], axis=-1)  # fmt: skip
        fill(dataset, np.rint(_field(points)).astype(np.int64) + 1024)
        folder.mkdir(parents=True, exist_ok=True)
        save(dataset, folder / f"{k:03d}.dcm")
    (series,) = medimg.scan(folder).series
    return medimg.read(series)


def _worst(volume: Volume) -> float:
    """Largest difference from the field where the grid says that a slice reaches."""
    index = np.indices(volume.array.shape).reshape(3, -1).T.astype(float)
    off = np.abs(volume.array.reshape(-1) - _field(volume.series.geometry.to_mm(index)))
    known = np.ones(off.shape, bool) if volume.padding is None else ~volume.padding.reshape(-1)
    assert known.mean() > 0.6
    return float(off[known].max())


EVEN = [STEP_MM * k for k in range(10)]
UNEVEN = [0.0, 2.5, 5.0, 9.0, 11.5, 14.0, 15.5, 18.0]


@pytest.mark.parametrize(
    ("heights", "tilt"),
    [(EVEN, 0.33), (EVEN, -0.33), (UNEVEN, 0.0), (UNEVEN, 0.2), (EVEN[::-1], 0.33)],
    ids=["tilted", "tilted back", "uneven", "uneven and tilted", "from above"],
)
def test_values_and_places_agree_on_the_regular_grid(
    tmp_path: Path, heights: list[float], tilt: float
) -> None:
    source = _written(tmp_path, heights, tilt)
    made, said = resampled(source)
    geometry = made.series.geometry
    assert made.unit is Unit.HU and made.array.dtype == source.array.dtype
    assert geometry.spacing_mm == pytest.approx((STEP_MM, 0.8, 0.8))
    direction = geometry.direction
    assert direction is not None
    assert np.abs(direction.T @ direction - np.eye(3)).max() < 1e-9
    # Stored values and new ones are rounded, each by half a unit at most.
    assert _worst(made) <= 1.0 + 1e-6
    assert "by linear interpolation" in said and f"{len(heights)} slices" in said


def test_no_slice_is_invented_where_one_is_missing(tmp_path: Path) -> None:
    volume = _written(tmp_path, EVEN[:4] + EVEN[5:], 0.33)
    with pytest.raises(
        InputRefused, match=r"cannot be put onto a regular grid\. A slice is missing"
    ):
        resampled(volume)


def test_a_regular_stack_is_left_as_it_is(tmp_path: Path) -> None:
    volume = _written(tmp_path, EVEN)
    with pytest.raises(InputRefused, match="is regular as it is"):
        resampled(volume)


def test_convert_refuses_an_uneven_stack_and_writes_it_resampled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _written(tmp_path / "in", UNEVEN)
    out = tmp_path / "ct.nii.gz"
    assert main(["convert", str(tmp_path / "in"), "-o", str(out)]) == 1
    assert "Say --resample to put it onto a regular grid." in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "in"), "-o", str(out), "--resample"]) == 0
    assert "onto a regular grid of 8 x 64 x 64 voxels" in capsys.readouterr().err
    (series,) = medimg.scan(out).series
    assert _worst(medimg.read(series)) <= 1.0 + 1e-3


def test_a_tilted_stack_fits_into_dicom_and_metaimage_once_resampled(tmp_path: Path) -> None:
    _written(tmp_path / "in", EVEN, 0.33)
    for name in ("ct.mha", "dicom"):
        out = tmp_path / name
        assert main(["convert", str(tmp_path / "in"), "-o", str(out), "--resample"]) == 0
        (series,) = medimg.scan(out).series
        assert series.geometry.spacing_mm == pytest.approx((STEP_MM, 0.8, 0.8))


@pytest.mark.shared_data
def test_a_head_scan_with_tilt_and_two_spacings(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "ct-gantry-tilt-variable-spacing"
    series = max(medimg.scan(folder).series, key=lambda one: len(one.frames))
    source = medimg.read(series)
    made, said = resampled(source)
    assert made.unit is source.unit and "1.08 to 7 mm apart" in said
    known = ~made.padding if made.padding is not None else np.ones(made.array.shape, bool)
    assert source.array.min() <= made.array[known].min()
    assert made.array[known].max() <= source.array.max()


def test_phantom_slices_are_not_touched(tmp_path: Path) -> None:
    """Where the tilt is whole pixels and heights are the slices' own, nothing is interpolated."""
    source = _written(tmp_path, EVEN[:5], tilt=0.8 / STEP_MM)
    made, _ = resampled(source)
    for k, rows in enumerate(source.array):
        assert (made.array[k, k : k + 64] == rows).all()
