"""The phantoms: three twins of one film, a series in place, and headers that say what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from medimg.phantoms.flair import head
from medimg.phantoms.writing import (
    FilmFiles,
    SeriesFiles,
    recipe,
    write_flair,
    write_radiograph,
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> FilmFiles:
    return write_radiograph(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> SeriesFiles:
    return write_flair(tmp_path_factory.mktemp("flair"))


def _stored(path: Path) -> np.ndarray:
    return pydicom.dcmread(path).pixel_array.astype(np.float64)


def _windowed(path: Path) -> np.ndarray:
    dataset = pydicom.dcmread(path)
    center, width = float(dataset.WindowCenter), float(dataset.WindowWidth)
    grey = np.clip((dataset.pixel_array - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return 1 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


class TestRadiograph:
    def test_twins_show_the_same_grey(self, film: FilmFiles) -> None:
        """12-bit MONOCHROME1 and 8-bit PNG are the same picture as the MONOCHROME2."""
        plain = _windowed(film.monochrome2)
        np.testing.assert_allclose(_windowed(film.monochrome1), plain, atol=1e-12)
        png = np.asarray(Image.open(film.png)) / 255.0
        np.testing.assert_allclose(png, plain, atol=0.5 / 255 + 1e-9)

    def test_lungs_are_darker_than_what_lies_around(self, film: FilmFiles) -> None:
        grey = _windowed(film.monochrome2)
        lungs = film.lungs & ~film.opacity
        mediastinum = grey[450:650, 470:530]
        assert np.median(grey[lungs]) < 0.45 < 0.75 < np.median(mediastinum)

    def test_planted_opacity_is_brighter_than_the_lung_beside_it(self, film: FilmFiles) -> None:
        grey = _windowed(film.monochrome2)
        assert film.opacity.any()
        assert not (film.opacity & ~film.lungs).any()
        rows, columns = np.nonzero(film.opacity)
        beside = film.lungs & ~film.opacity
        beside[: rows.min()] = beside[rows.max() :] = False
        beside[:, grey.shape[1] // 2 :] = False
        assert np.mean(grey[film.opacity]) > np.mean(grey[beside]) + 0.1
        # The patient's right is at the image's left.
        assert columns.mean() < grey.shape[1] / 2

    def test_fills_twelve_bits_and_no_more(self, film: FilmFiles) -> None:
        stored = _stored(film.monochrome2)
        assert stored.max() <= 4095
        assert np.unique(stored).size > 2000


class TestFlair:
    def test_slices_stand_five_millimetres_apart_towards_the_head(
        self, series: SeriesFiles
    ) -> None:
        files = sorted(series.folder.glob("*.dcm"))
        z = [float(pydicom.dcmread(f).ImagePositionPatient[2]) for f in files]
        assert len(files) == 24
        np.testing.assert_allclose(np.diff(z), 5.0)

    def test_planted_lesion_has_the_volume_of_its_recipe(self, series: SeriesFiles) -> None:
        a, b, c = recipe("flair")["lesion"]["radii"]
        expected = 4 / 3 * np.pi * a * b * c / 1000
        # Its rough edge moves the volume by some.
        assert series.lesion.sum() * series.voxel_ml == pytest.approx(expected, rel=0.25)

    def test_lesion_is_bright_and_lies_left_in_front_above(self, series: SeriesFiles) -> None:
        files = sorted(series.folder.glob("*.dcm"))
        stack = np.stack([_stored(f) for f in files])
        slices, rows, columns = np.nonzero(series.lesion)
        assert stack[series.lesion].mean() > 1.3 * np.median(stack[stack > 200])
        # Rows run to the back, columns to the patient's left, slices to the head.
        assert rows.mean() < 128 < columns.mean()
        assert slices.mean() > 11.5

    def test_fluid_is_dark(self, series: SeriesFiles) -> None:
        """What makes it a FLAIR: the ventricles are black."""
        stack = np.stack([_stored(f) for f in sorted(series.folder.glob("*.dcm"))])
        ventricle = stack[11, 117:121, 136:140]
        assert ventricle.mean() < 0.3 * np.median(stack[11][stack[11] > 200])

    def test_is_the_same_every_time(self) -> None:
        plan = recipe("flair")
        plan["grid"] |= {"slices": 2, "rows": 64, "columns": 64, "pixel_mm": 3.6}
        np.testing.assert_array_equal(head(plan).stored, head(plan).stored)


def test_every_file_says_that_it_is_synthetic(film: FilmFiles, series: SeriesFiles) -> None:
    """In the name, the description and the comments; and UIDs are valid and differ."""
    paths = [film.monochrome2, film.monochrome1, *series.folder.glob("*.dcm")]
    datasets = [pydicom.dcmread(path) for path in paths]
    for dataset in datasets:
        assert dataset.PatientName == "PHANTOM^Synthetic"
        assert "synthetic phantom" in dataset.SeriesDescription
        assert "no patient" in dataset.ImageComments
        assert dataset.SOPInstanceUID.is_valid
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == len(datasets)
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 3
