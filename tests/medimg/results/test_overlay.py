"""The picture: overlays on the image, words in the margins only."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from medimg.display.overlays import colours
from medimg.results import overlay
from medimg.results.overlay import _MARGIN, _SIDE
from medimg.values.errors import InputRefused
from tests.medimg.results.planted import film, renamed


def drawn(analysis) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(overlay.make(analysis).data)))


def test_nothing_but_overlays_lies_over_the_image() -> None:
    value = film()
    grey = np.full_like(value.key_images[0].grey, 100)
    plain = replace(
        value, regions=(), explanations=(), key_images=(replace(value.key_images[0], grey=grey),)
    )
    picture = drawn(plain)
    rows, columns = grey.shape
    height, width = round(rows * _SIDE / columns), _SIDE
    left = (picture.shape[1] - width) // 2
    assert (picture[_MARGIN : _MARGIN + height, left : left + width] == 100).all()


def test_a_region_is_outlined_in_its_colour_where_it_lies() -> None:
    value = replace(film(), explanations=())
    picture = drawn(value).astype(int)
    left = (picture.shape[1] - _SIDE) // 2
    scale = _SIDE / value.key_images[0].grey.shape[1]
    # The planted disc: centre (90, 60), radius 40, so its right rim is at column 100.
    row, column = round(90.5 * scale) + _MARGIN, round(99.5 * scale) + left
    assert np.abs(picture[row, column] - colours(value.regions)[0]).max() < 30


def test_no_name_stands_on_it() -> None:
    value = film()
    assert (drawn(value) == drawn(renamed(value, "OTHER^Name"))).all()


def test_without_a_kept_slice_there_is_no_picture() -> None:
    with pytest.raises(InputRefused, match="contains no picture"):
        overlay.make(replace(film(), key_images=()))
