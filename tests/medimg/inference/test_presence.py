"""Presence of an organ, planted, and measured on films and on what is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg import reading
from medimg.inference import presence
from medimg.inference.backends import open_runner
from medimg.inference.predict import predict
from medimg.inference.preprocessing import prepare
from medimg.packages.catalogue import find


def planted(marked: int, doubtful: int, sure: float = 0.99) -> np.ndarray:
    """Probabilities on 100 x 100: so many pixels marked, so many in doubt, the rest none."""
    flat = np.zeros(10_000, np.float32)
    flat[:marked] = sure
    flat[marked : marked + doubtful] = 0.4
    return flat.reshape(1, 100, 100)


def test_doubt_is_counted_beside_what_is_marked() -> None:
    """500 marked and 100 doubtful pixels are a doubt of 0.2; nothing marked is all doubt."""
    assert presence.doubt(planted(500, 100)) == pytest.approx(0.2)
    assert presence.doubt(planted(0, 100)) == float("inf")


@pytest.mark.parametrize(
    ("marked", "doubtful", "sure", "there"),
    [
        (2000, 200, 0.99, True),
        (2000, 1200, 0.99, False),
        (2000, 200, 0.85, False),
        (300, 10, 0.99, False),
        (0, 0, 0.99, False),
    ],
    ids=["sure", "in doubt", "guessed", "too small", "nothing"],
)
def test_an_organ_is_large_and_sure(marked: int, doubtful: int, sure: float, there: bool) -> None:
    """Only what is large enough, clearly bounded and surely marked was found."""
    assert presence.is_there(planted(marked, doubtful, sure)) is there


def has_lungs(path: Path) -> bool:
    """Whether the shipped package finds lungs on a file."""
    package = find("chest-xray-lungs")
    volume = reading.read(reading.scan(path).series[0])
    network = open_runner(package)
    answer = predict(prepare(volume, package), network, lambda *_: None, lambda: False)
    return presence.is_there(answer.probability)


def greyed(paths: list[Path], folder: Path) -> Iterator[Path]:
    """Pictures as grey ones of at least 256 pixels, which the gate's other rules would let pass."""
    for path in paths:
        with Image.open(path) as image:
            grey = image.convert("L")
        scale = max(1.0, 256 / min(grey.size))
        made = folder / f"{path.stem}.png"
        grey.resize((round(grey.width * scale), round(grey.height * scale))).save(made)
        yield made


def some(folder: Path, pattern: str, count: int) -> list[Path]:
    """So many files of a folder, evenly spread over their names."""
    files = sorted(folder.glob(pattern))
    return files[:: max(1, len(files) // count)][:count]


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("folder", "least"), [("cxr-nih", 0.97), ("cxr-jsrt", 0.97), ("cxr-opacity", 0.9)]
)
def test_films_have_lungs(shared_data: Path, folder: str, least: float) -> None:
    """Lungs are found on films; fewer where disease whitens them, and those are warned of only."""
    found = [has_lungs(path) for path in some(shared_data / folder, "images/*", 40)]
    print(f"{folder}: lungs on {sum(found)} of {len(found)}")
    assert sum(found) >= least * len(found)


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("general/imagenet-sample", "val/*/*"),
        ("general/coco-tiny", "images/*/*"),
        ("mri-tumour-type", "images/*"),
    ],
)
def test_nothing_else_has(shared_data: Path, folder: str, pattern: str, tmp_path: Path) -> None:
    """Of photographs and brain slices, made grey, at most one in twenty is taken for a film."""
    paths = some(shared_data / folder, pattern, 40)
    found = [has_lungs(path) for path in greyed(paths, tmp_path)]
    print(f"{folder}: lungs on {sum(found)} of {len(found)}")
    assert len(found) >= 30 and sum(found) <= 0.05 * len(found)
