"""What is drawn equals what `grey` says, however it is reduced and looked up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medimg.display.levels import Box, draw, levels, table, visible_box
from medimg.display.windowing import grey, to_uint8
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume

WINDOW = Window(300.0, 700.0)


def volume(array: np.ndarray, photometric: str = "MONOCHROME2", **kw: object) -> Volume:
    shape = (array.shape[0], array.shape[1], array.shape[2])
    series = Series("s", "s", "dicom", "DX", (Frame("f"),), Geometry(shape))
    series = replace(series, photometric_interpretation=photometric)
    return Volume(array, Unit.ARBITRARY, series, **kw)  # type: ignore[arg-type]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32])
def test_a_drawn_slice_is_the_grey_of_the_one_path(
    photometric: str, function: str, dtype: type
) -> None:
    rng = np.random.default_rng(1)
    array = rng.integers(-200 if dtype is not np.uint16 else 0, 900, (3, 40, 30)).astype(dtype)
    padding = rng.random((3, 40, 30)) < 0.1
    whole = volume(array, photometric, padding=padding)
    window = replace(WINDOW, function=function)
    expected = to_uint8(grey(whole, window, 1))[0]
    assert (draw(levels(whole), 1, window, zoom=1.0).pixels == expected).all()


def test_a_film_is_halved_by_averaging_values() -> None:
    array = np.zeros((1, 2400, 1800), dtype=np.uint16)
    array[0, ::2] = 600
    prepared = levels(volume(array))
    assert [v.array.shape for v in prepared.volumes] == [
        (1, 2400, 1800),
        (1, 1200, 900),
        (1, 600, 450),
    ]
    assert (prepared.volumes[1].array == 300).all()
    drawn = draw(prepared, 0, WINDOW, zoom=0.5)
    assert (drawn.box, drawn.pixels.shape) == (Box(0, 2400, 0, 1800), (1200, 900))
    assert draw(prepared, 0, WINDOW, zoom=0.56).pixels.shape == (2400, 1800)


def test_a_part_is_the_same_part_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    prepared = levels(volume(rng.integers(0, 900, (1, 2401, 1803)).astype(np.uint16)))
    corners = np.array([[300.0, 700.0], [900.0, 1100.0]])
    box = visible_box(corners, (2401, 1803))
    assert box == Box(top=512, bottom=1280, left=256, right=1024)
    for zoom, factor in ((1.0, 1), (0.5, 2), (0.2, 4)):
        whole = draw(prepared, 0, WINDOW, zoom).pixels
        part = draw(prepared, 0, WINDOW, zoom, box=box)
        assert part.box == box
        rows = slice(box.top // factor, box.bottom // factor)
        columns = slice(box.left // factor, box.right // factor)
        assert (part.pixels == whole[rows, columns]).all()


def test_what_lies_outside_of_the_image_still_has_a_box() -> None:
    far = np.array([[-900.0, -900.0], [-500.0, -400.0]])
    assert visible_box(far, (100, 100)) == Box(0, 1, 0, 1)
    beyond = np.array([[5000.0, 5000.0], [6000.0, 6000.0]])
    assert visible_box(beyond, (100, 100)) == Box(99, 100, 99, 100)


def test_padding_stays_black_when_halved() -> None:
    array = np.full((1, 1200, 1200), 500, dtype=np.int16)
    padding = np.zeros((1, 1200, 1200), dtype=bool)
    padding[0, :600] = True
    pixels = draw(levels(volume(array, "MONOCHROME1", padding=padding)), 0, WINDOW, 0.5).pixels
    assert (pixels[:300] == 0).all() and (pixels[300:] > 0).all()


def test_a_table_covers_each_value_once() -> None:
    array = np.array([[[-5, 4]]], dtype=np.int16)
    prepared = levels(volume(array))
    lookup = table(prepared, Window(0.0, 10.0, function="LINEAR_EXACT"))
    assert lookup is not None and lookup.shape == (10,)
    assert (np.diff(lookup.astype(int)) >= 0).all()


def test_colour_is_drawn_as_it_is() -> None:
    array = np.random.default_rng(0).integers(0, 255, (1, 5, 6, 3)).astype(np.uint8)
    colour = replace(volume(np.zeros((1, 5, 6), np.uint8)), array=array, unit=Unit.COLOUR)
    assert (draw(levels(colour), 0, None, 1.0).pixels == array[0]).all()
