"""Mosaics: every slice cut out and placed as nibabel and dcm2niix place it, or not cut at all."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pytest

import medimg
from medimg.reading import read, scan
from medimg.reading.dicom.header.csa import values
from medimg.values.problems import Stops
from medimg.writing.converting import convert
from medimg.writing.stack import Stack
from tests.faults.mosaics import csa_header, mosaic
from tests.faults.truth import Slice
from tests.orientations import SHAPE, STEPS_MM, Case, End, by_nibabel, cases, judged, value_at
from tests.phantoms import save

LIFT = 1024


def _written(case: Case) -> Path:
    """An orientation as one mosaic of six tiles on a sheet of nine; the others are empty."""
    units = case.affine[:3, :3] / STEPS_MM
    cosines = tuple(float(x) for x in (*units[:, 2], *units[:, 1]))
    stored = (value_at(case.places.reshape(-1, 3)).reshape(SHAPE) + LIFT).astype(np.uint16)
    slices = [
        Slice(one, tuple(float(x) for x in case.places[k, 0, 0]), cosines, STEPS_MM[1:])
        for k, one in enumerate(stored)
    ]
    case.folder.mkdir(parents=True)
    return save(mosaic(stored, slices), case.folder / "x.dcm")


@pytest.fixture(scope="module")
def upright(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    made = [one for one in cases(tmp_path_factory.mktemp("mosaics")) if one.group != "sheared"]
    for case in made:
        _written(case)
    return made


def _true(points: np.ndarray) -> np.ndarray:
    return value_at(points) + LIFT


def test_every_orientation_is_cut_to_its_place(upright: list[Case]) -> None:
    """48 along the axes and 8 oblique: slices follow the stated normal, not the crossed rows."""
    assert len(upright) == 56
    for case in upright:
        (series,) = scan(case.folder).series
        assert [p.kind for p in series.problems] == ["mosaic"], case.name
        assert series.geometry.shape == SHAPE
        affine = series.geometry.affine
        assert affine is not None
        assert judged(read(series).array, affine, _true) is End.RIGHT, case.name


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
def test_dcm2niix_cuts_them_alike(upright: list[Case], tmp_path: Path) -> None:
    for case in upright:
        out = tmp_path / case.name
        out.mkdir()
        call = ["dcm2niix", "-z", "n", "-f", "x", "-o", str(out), str(case.folder)]
        subprocess.run(call, capture_output=True, check=True)
        assert judged(*by_nibabel(out / "x.nii"), _true) is End.RIGHT, case.name


@pytest.mark.shared_data
def test_real_mosaic_lies_where_other_readers_place_it(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dicom" / "mr-mosaic-siemens"
    (series,) = scan(folder).series
    volume = read(series)
    assert volume.array.shape == (40, 64, 64)
    (file,) = folder.glob("*.dcm")
    whole = pydicom.dcmread(file).pixel_array
    assert np.array_equal(volume.array[0], whole[:64, :64])
    assert np.array_equal(volume.array[39], whole[320:384, 256:320])
    assert series.geometry.spacing_mm == pytest.approx((3.6, 3.203125, 3.203125), abs=1e-6)
    convert(Stack((volume,)), tmp_path / "ours.nii")
    if shutil.which("dcm2niix") is None:
        pytest.skip("dcm2niix is not installed")
    call = ["dcm2niix", "-z", "n", "-f", "theirs", "-o", str(tmp_path), str(folder)]
    subprocess.run(call, capture_output=True, check=True)
    ours, our_affine = by_nibabel(tmp_path / "ours.nii")
    theirs, their_affine = by_nibabel(tmp_path / "theirs.nii")
    index = np.argwhere(theirs > np.quantile(theirs, 0.9))
    points = index @ their_affine[:3, :3].T + their_affine[:3, 3]
    found = np.linalg.solve(our_affine[:3, :3], (points - our_affine[:3, 3]).T).T
    assert np.abs(found - np.rint(found)).max() < 1e-3
    own = ours[tuple(np.rint(found).astype(int).T)]
    assert len(index) > 1000 and np.array_equal(own, theirs[tuple(index.T)])


@pytest.fixture(scope="module")
def csareader() -> Iterator[ModuleType]:
    with warnings.catch_warnings(action="ignore"):  # nibabel's, on being imported
        from nibabel.nicom import csareader
    yield csareader


@pytest.mark.shared_data
def test_csa_header_reads_as_nibabel_reads_it(shared_data: Path, csareader: ModuleType) -> None:
    (file,) = (shared_data / "dicom" / "mr-mosaic-siemens").glob("*.dcm")
    header = pydicom.dcmread(file, stop_before_pixels=True)[0x00291010].value
    theirs: dict[str, Any] = csareader.read(header)["tags"]
    ours = values(header, theirs)
    assert len(theirs) == 100 and set(ours) == set(theirs)
    for name, tag in theirs.items():
        items = [item for item in tag["items"] if item not in ("", b"")]
        texts = ours[name][: len(items)]
        if items and isinstance(items[0], float | int):
            assert [float(text) for text in texts] == pytest.approx(items), name
        elif name != "MrPhoenixProtocol":
            assert list(texts) == items, name


def test_csa_header_that_lies_ends_in_words(csareader: ModuleType) -> None:
    """Every cut and 3 000 flipped bytes: values, or a ValueError; never another, never for long."""
    whole = csa_header({"NumberOfImagesInMosaic": [12], "SliceNormalVector": [0.0, 0.6, 0.8]})
    assert values(whole, ("SliceNormalVector",)) == {"SliceNormalVector": ("0.0", "0.6", "0.8")}
    assert csareader.read(whole)["tags"]["SliceNormalVector"]["items"] == ["0.0", "0.6", "0.8"] or (
        csareader.read(whole)["tags"]["SliceNormalVector"]["items"] == [0.0, 0.6, 0.8]
    )
    spoilt = [whole[:n] for n in range(len(whole))]
    chance = np.random.default_rng(5)
    for _ in range(3000):
        one = bytearray(whole)
        one[int(chance.integers(len(one)))] = int(chance.integers(256))
        spoilt.append(bytes(one))
    refused = 0
    for header in spoilt:
        try:
            values(header, ("NumberOfImagesInMosaic", "SliceNormalVector"))
        except ValueError:
            refused += 1
    assert len(whole) <= refused < len(spoilt)


def _plain(folder: Path) -> pydicom.Dataset:
    stored = np.arange(4 * 8 * 8, dtype=np.uint16).reshape(4, 8, 8)
    slices = [
        Slice(one, (0.0, 0.0, 3.0 * k), (1, 0, 0, 0, 1, 0), (1.0, 1.0))
        for k, one in enumerate(stored)
    ]
    return mosaic(stored, slices)


def test_tiles_that_do_not_fill_the_sheet_are_not_cut(tmp_path: Path) -> None:
    made = _plain(tmp_path)
    made[0x0019100A].value = 9
    made[0x00291010].value = csa_header(
        {"NumberOfImagesInMosaic": [9], "SliceNormalVector": [0, 0, 1]}
    )
    save(made, tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert series.geometry.shape == (1, 16, 16) and series.stops(Stops.VOLUME)
    assert "16 x 16 pixels are not 3 tiles" in series.problems[0].sentence


def test_private_elements_of_another_creator_mean_nothing(tmp_path: Path) -> None:
    made = _plain(tmp_path)
    made[0x00290010].value = "SOMEBODY ELSE"
    save(made, tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert "no CSA header" in series.problems[0].sentence


def test_header_block_that_an_archive_moved_is_found(tmp_path: Path) -> None:
    """Elements of another maker took the first block of the group."""
    made = _plain(tmp_path)
    header = made[0x00291010].value
    del made[0x00291010], made[0x00291008]
    made[0x00290010].value = "ARCHIVE"
    made.add_new(0x00290011, "LO", "SIEMENS CSA HEADER")
    made.add_new(0x00291110, "OB", header)
    save(made, tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert series.geometry.shape == (4, 8, 8)


def test_new_files_of_a_mosaic_name_no_frames_of_it(tmp_path: Path) -> None:
    """The instance has one frame: a reference to its third would lead nowhere."""
    save(_plain(tmp_path), tmp_path / "x")
    (series,) = scan(tmp_path).series
    out = tmp_path / "new"
    convert(Stack((medimg.read(series),)), out)
    for file in out.iterdir():
        (source,) = pydicom.dcmread(file).SourceImageSequence
        assert "ReferencedFrameNumber" not in source
