"""Printed text is found on any ground; anatomy, noise and scales are not taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medimg.privacy.lettering import lettering

TEXTS = ("QUUXLEY ZORBLATT", "ID: QX77123456", "23.08.1947 13:47", "St. Zorblatt Hospital")


def ground(kind: str) -> NDArray[np.uint8]:
    """A picture without text, (400, 500)."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[0:400, 0:500]
    plain = {
        "black": np.zeros((400, 500)),
        "white": np.full((400, 500), 235.0),
        "ramp": columns / 500 * 90 + 20,
        "body": 120 * np.exp(-(((rows - 200) / 150) ** 2 + ((columns - 250) / 180) ** 2)),
        "speckle": random.gamma(2.0, 20.0, (400, 500)),
    }[kind]
    noisy = plain + random.normal(0, 4, plain.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def written(image: NDArray[np.uint8], text: str, size: int, ink: int) -> NDArray[np.uint8]:
    picture = Image.fromarray(image)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(picture).text((12, 8), text, fill=ink, font=font)
    return np.asarray(picture)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [10, 12, 16, 24, 36])
@pytest.mark.parametrize(("kind", "ink"), [("black", 255), ("white", 0), ("ramp", 255)])
def test_text_is_found(kind: str, ink: int, size: int, text: str) -> None:
    """Any size from 10 to 36 points, light on dark and dark on light."""
    boxes = lettering(written(ground(kind), text, size, ink))
    assert boxes
    assert all(box.y < 60 for box in boxes), "found where nothing is written"


@pytest.mark.parametrize("text", TEXTS[:2])
@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("size", [12, 24, 48])
def test_text_that_is_turned_is_found(size: int, quarters: int, text: str) -> None:
    """A plate that was laid on its side shows the name along its edge."""
    image = np.rot90(written(ground("body"), text, size, 255), quarters)
    boxes = lettering(image)
    assert boxes
    beside = np.rot90(written(np.zeros((400, 500), np.uint8), text, size, 255), quarters) > 0
    assert all(
        beside[box.y : box.y + box.height, box.x : box.x + box.width].any() for box in boxes
    ), "found where nothing is written"


@pytest.mark.parametrize(("size", "quarters"), [(60, 0), (100, 1), (200, 0)])
def test_text_that_is_large_is_found(size: int, quarters: int) -> None:
    """Films of 3 000 pixels bear names of 100 pixels' height and more."""
    wide = np.tile(ground("ramp"), (1, 5))
    assert lettering(np.rot90(written(wide, TEXTS[0], size, 255), quarters))


def test_text_beside_a_few_far_brighter_pixels_is_found() -> None:
    """Metal of 30 000 HU does not hide a text of 2 000."""
    image = written(ground("body"), TEXTS[0], 16, 255).astype(np.int16) * 8
    image[200:204, 300:304] = 30_000
    assert lettering(image)


def test_text_in_one_colour_alone_is_found() -> None:
    """Yellow on red is bright on bright in the brightest colour, and sharp in green."""
    image = np.zeros((200, 400, 3), np.uint8)
    image[..., 0] = 255
    image[..., 1] = written(np.zeros((200, 400), np.uint8), TEXTS[0], 16, 255)
    assert lettering(image)


@pytest.mark.parametrize("kind", ["black", "white", "ramp", "body", "speckle"])
def test_picture_without_text_is_clean(kind: str) -> None:
    """Noise, slopes and speckle have no base line."""
    assert not lettering(ground(kind))


def test_text_over_hounsfield_values_and_in_colour() -> None:
    """16 bits and colour are scaled by their own range."""
    image = written(ground("body"), TEXTS[0], 16, 255)
    assert lettering(image.astype(np.int16) * 12 - 1024)
    assert lettering(np.stack([image, image // 2, image // 3], axis=2))


@pytest.mark.parametrize("image", [np.zeros((64, 64)), np.zeros((2, 9)), np.full((64, 64), np.nan)])
def test_empty_picture(image: NDArray[Any]) -> None:
    """Nothing is written on nothing."""
    assert lettering(image) == ()


@pytest.mark.slow
@pytest.mark.shared_data
def test_share_of_real_films_that_are_taken_for_text(shared_data: Path) -> None:
    """Of 60 chest films without words and 60 MR slices, at most 2 are held back for nothing."""
    films = sorted((shared_data / "cxr-paediatric" / "images").iterdir())[:60]
    slices = sorted((shared_data / "mri-glioma-seg" / "images").iterdir())[:600:10]
    assert len(films) == len(slices) == 60
    wrong = [p.name for p in films + slices if lettering(np.asarray(Image.open(p)))]
    assert len(wrong) <= 2, wrong
