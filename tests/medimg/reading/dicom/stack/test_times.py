"""What runs through a series besides place, where headers tell it in odd ways; thin slices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medimg.reading import read, scan
from medimg.values.series import Series
from tests.phantoms import enhanced, fill, instance, save

TIMES, PLACES = 4, 5


def _write(
    folder: Path,
    number: Callable[[int, int], int],
    leave: tuple[int, ...] = (),
    sequence: str = "EP",
) -> tuple[Series, ...]:
    """A series of MR of which nothing but the instance number tells the times apart."""
    folder.mkdir()
    for t in range(TIMES):
        for z in range(PLACES):
            dataset = instance("MR")
            dataset.ScanningSequence, dataset.InstanceNumber = sequence, number(t, z)
            dataset.ImagePositionPatient = [0, 0, 3 * z]
            dataset.ImageOrientationPatient, dataset.PixelSpacing = [1, 0, 0, 0, 1, 0], [1, 1]
            fill(dataset, np.full((8, 8), 100 * (t + 1) + z))
            if number(t, z) not in leave:
                save(dataset, folder / f"{number(t, z):03d}.dcm")
    return scan(folder).series


@pytest.mark.parametrize(
    "number", [lambda t, z: 1 + t * PLACES + z, lambda t, z: 1 + z * TIMES + t]
)
def test_times_that_the_instance_number_alone_tells_apart(
    number: Callable[[int, int], int], tmp_path: Path
) -> None:
    """Most echo-planar series of GE were refused as two slices at one place."""
    found = _write(tmp_path / "x", number)
    assert len(found) == TIMES
    for t, series in enumerate(found):
        values = read(series).array[:, 0, 0].tolist()
        assert values == [100 * (t + 1) + z for z in range(PLACES)]
        assert series.part is not None and (series.part.axis, series.part.place) == ("time", t)
        told = [p.sentence for p in series.problems if p.kind == "split"]
        assert "instance number" in told[0]


def test_times_are_not_told_apart_where_a_file_is_missing(tmp_path: Path) -> None:
    (series,) = _write(tmp_path / "x", lambda t, z: 1 + t * PLACES + z, leave=(8,))
    assert "duplicate-position" in [problem.kind for problem in series.problems]
    assert series.geometry.affine is None


def test_the_trace_of_a_diffusion_series_is_no_direction(tmp_path: Path) -> None:
    """Frames of an isotropic image stood as a fourth direction beside those of three."""
    directions = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    frames = [(b, d, z) for z in range(3) for b, d in
              [(0, None), *((1000, d) for d in directions), (1000, None)]]  # fmt: skip
    made = enhanced([((0.0, 0.0, 3.0 * z), lambda group, number: None) for _, _, z in frames])
    for group, (b, direction, _) in zip(made.PerFrameFunctionalGroupsSequence, frames, strict=True):
        item = Dataset()
        item.DiffusionBValue = float(b)
        item.DiffusionDirectionality = (
            "NONE" if not b else "DIRECTIONAL" if direction else "ISOTROPIC"
        )
        if direction:
            gradient = Dataset()
            gradient.DiffusionGradientOrientation = [float(x) for x in direction]
            item.DiffusionGradientDirectionSequence = [gradient]
        group.MRDiffusionSequence = [item]
    save(made, tmp_path / "x.dcm")
    found = scan(tmp_path).series
    assert len(found) == 5
    parts = [series for series in found if series.part is not None]
    assert [series.part.count for series in parts if series.part] == [3, 3, 3]
    (trace,) = [series for series in found if "trace" in series.label]
    assert trace.part is None and len(trace.frames) == 3


@pytest.mark.parametrize(("step", "absent"), [(0.1, (30,)), (0.075, (10, 30, 50)), (0.15, (30,))])
def test_a_slice_missing_from_thin_ones_is_seen(
    step: float, absent: tuple[int, ...], tmp_path: Path
) -> None:
    """At 0.1 mm a gap of one slice was within the rounding of positions."""
    for k in range(60):
        dataset = instance("CT")
        dataset.ImagePositionPatient, dataset.InstanceNumber = [0, 0, round(k * step, 3)], k + 1
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing, dataset.RescaleSlope = [step, step], 1
        dataset.RescaleIntercept = 0
        fill(dataset, np.full((32, 32), k))
        if k not in absent:
            save(dataset, tmp_path / f"{k:03d}.dcm")
    (series,) = scan(tmp_path).series
    missing = [problem for problem in series.problems if problem.kind == "missing-slice"]
    assert len(missing) == len(absent) and series.geometry.affine is None


@pytest.mark.parametrize(("value", "left_out"), [(0.0, 12), (-99.0, 12), (None, 0)])
def test_float_padding_of_zero_is_padding(
    value: float | None, left_out: int, tmp_path: Path
) -> None:
    """A padding value of 0 counted as no padding value."""
    dataset = instance("MR")
    pixels = np.full((4, 4), 2.5, "<f4")
    pixels[:3] = -99.0 if value is None else value
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = 32
    for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, keyword)
    dataset.FloatPixelData = pixels.tobytes()
    if value is not None:
        dataset.FloatPixelPaddingValue = value
    save(dataset, tmp_path / "x.dcm")
    padding = read(scan(tmp_path).series[0]).padding
    assert (0 if padding is None else int(padding.sum())) == left_out


def test_rows_that_ge_stores_reversed_are_said(tmp_path: Path) -> None:
    """Half of the volumes of epi_pepolar are upside down, which private elements alone tell."""
    dataset = instance("MR")
    dataset.ImagePositionPatient, dataset.PixelSpacing = [0, 0, 0], [1, 1]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    fill(dataset, np.zeros((8, 8)))
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0x9C, "LO", "epi_pepolar")
    block.add_new(0xB3, "DS", "1")
    save(dataset, tmp_path / "x.dcm")
    (series,) = scan(tmp_path).series
    assert "rows-reversed" in [problem.kind for problem in series.problems]


def test_planes_of_an_ultrasound_volume_say_that_their_places_are_not_used(
    tmp_path: Path,
) -> None:
    dataset = instance("MR")
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.6.2", "US"
    dataset.NumberOfFrames = 3
    fill(dataset, np.zeros((3, 8, 8)))
    save(dataset, tmp_path / "x.dcm")
    (series,) = scan(tmp_path).series
    assert "no-position" in [problem.kind for problem in series.problems]
