"""From values to grey: PS3.3 C.11.2 by hand, polarity once, padding black."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medimg.display.windowing import (
    PRESETS,
    automatic_window,
    default_window,
    grey,
    hides,
    to_uint8,
    windows_of,
)
from medimg.reading import read, scan
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, VoiTable, Volume
from tests.phantoms import fill, radiograph, save


def _volume(values: Any, unit: Unit = Unit.ARBITRARY, **more: Any) -> Volume:
    array = np.atleast_3d(np.asarray(values)).reshape(1, 1, -1)
    names = ("padding", "voi_tables")
    given = {name: more.pop(name) for name in names if name in more}
    if "padding" in given:
        given["padding"] = np.asarray(given["padding"]).reshape(array.shape)
    series = Series(
        id="s", label="", format="dicom", modality="CT", frames=(Frame("f"),),
        geometry=Geometry(array.shape), **more,
    )  # fmt: skip
    return Volume(array, unit, series, **given)


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        # y = ((x - (c - 0.5)) / (w - 1) + 0.5), c = 100, w = 101
        ("LINEAR", [49, 49.5, 99.5, 149.5, 200], [0, 0, 0.5, 1, 1]),
        # y = (x - c) / w + 0.5
        ("LINEAR_EXACT", [49, 49.5, 100, 150.5, 200], [0, 0, 0.5, 1, 1]),
        # y = 1 / (1 + exp(-4 (x - c) / w))
        ("SIGMOID", [100, 201, -1e9], [0.5, 1 / (1 + np.exp(-4)), 0]),
    ],
)
def test_functions(function: str, values: list[float], expected: list[float]) -> None:
    window = Window(100, 101, function=function)
    result = grey(_volume(np.array(values, np.float32)), window)
    assert result.dtype == np.float32
    assert result.ravel() == pytest.approx(expected, abs=1e-6)


def test_width_of_one_is_a_threshold() -> None:
    assert grey(_volume([9, 10, 11]), Window(10, 1)).ravel().tolist() == [0, 1, 1]


def test_map_of_0_to_1_is_no_threshold() -> None:
    shares = np.array([0, 0.25, 0.5, 1], np.float32)
    assert grey(_volume(shares), Window(0.5, 1)).ravel() == pytest.approx([0, 0.25, 0.5, 1])


def test_table_is_looked_up_and_spans_its_bits() -> None:
    table = VoiTable(-1.0, 8, np.array([0, 51, 255], np.uint16))
    volume = _volume([-5, -1, 0, 1, 9], voi_tables=(table,))
    window = default_window(volume)
    assert window is not None and window.function.startswith("TABLE")
    assert grey(volume).ravel() == pytest.approx([0, 0, 0.2, 1, 1])


def test_tables_come_before_windows_before_presets() -> None:
    table = VoiTable(0.0, 8, np.array([0, 255], np.uint16), "T")
    volume = _volume([0, 1], Unit.HU, voi_tables=(table,), windows=(Window(1, 2, "own"),))
    assert [w.name for w in windows_of(volume)][:3] == ["T", "own", "Soft tissue"]


def test_polarity_is_turned_once_and_padding_stays_black() -> None:
    volume = _volume(
        [0, 100, 50],
        photometric_interpretation="MONOCHROME1",
        padding=[False, False, True],
    )
    result = grey(volume, Window(50, 100, function="LINEAR_EXACT"))
    assert result.ravel().tolist() == [1, 0, 0]


def test_missing_voxels_are_black() -> None:
    values = np.array([np.nan, np.inf, 1.0], np.float32)
    assert grey(_volume(values), Window(0.5, 1.0, function="LINEAR_EXACT")).ravel().tolist() == [
        0, 0, 1,
    ]  # fmt: skip


def test_automatic_window_leaves_padding_out() -> None:
    values = np.arange(1001).astype(np.int16)
    values[0] = -2000
    padding = values == -2000
    window = automatic_window(_volume(values, padding=padding))
    assert window.center == pytest.approx(500.5, abs=1)
    assert window.width == pytest.approx(980, abs=2)


def test_flat_image_has_a_window() -> None:
    assert np.isfinite(grey(_volume([7, 7, 7]))).all()


def test_eight_bits_are_drawn_in_full() -> None:
    volume = _volume(np.array([0, 128, 255], np.uint8))
    assert to_uint8(grey(volume)).ravel().tolist() == [0, 128, 255]


def test_ct_without_a_window_starts_with_soft_tissue() -> None:
    assert default_window(_volume([0, 1], Unit.HU)) == PRESETS["Soft tissue"]


def test_one_slice() -> None:
    array = np.arange(12, dtype=np.int16).reshape(3, 2, 2)
    series = Series("s", "", "dicom", "MR", (Frame("f"),) * 3, Geometry((3, 2, 2)))
    volume = Volume(array, Unit.ARBITRARY, series)
    assert (grey(volume, index=1)[0] == grey(volume)[1]).all()


def test_colour_gives_luma() -> None:
    array = np.array([[[[255, 0, 0], [255, 255, 255]]]], np.uint8)
    series = Series("s", "", "picture", "", (Frame("f"),), Geometry((1, 1, 2)))
    result = grey(Volume(array, Unit.COLOUR, series))
    assert result.ravel() == pytest.approx([0.299, 1.0])


def test_inverted_12_bit_film_and_its_8_bit_png_give_the_same_grey(tmp_path: Path) -> None:
    """What the eye and a model see does not depend on how a film was saved."""
    film = radiograph()
    film.PhotometricInterpretation = "MONOCHROME1"
    film.WindowCenter, film.WindowWidth = 2048, 4096
    stored = np.random.default_rng(0).integers(0, 4096, (64, 48))
    fill(film, stored)
    save(film, tmp_path / "film.dcm")
    shown = np.rint(255 * (1 - stored / 4095)).astype(np.uint8)
    Image.fromarray(shown).save(tmp_path / "film.png")
    dicom = grey(read(scan(tmp_path / "film.dcm").series[0]))
    png = grey(read(scan(tmp_path / "film.png").series[0]))
    assert np.abs(dicom - png).max() <= 0.5 / 255 + 1e-6


def test_a_window_that_hides_the_image_is_found_out() -> None:
    """A series whose file window lay beside its values was shown black, and nothing was said."""
    volume = _volume(np.arange(1000, 1400, dtype=np.int16))
    assert hides(volume, Window(5000.0, 200.0)) and hides(volume, Window(0.0, 200.0))
    assert not hides(volume, Window(1200.0, 400.0)) and not hides(volume, None)
    empty = _volume(np.zeros(400, dtype=np.int16))
    assert not hides(empty, Window(500.0, 100.0))  # no window would show more
