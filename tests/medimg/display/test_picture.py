"""A picture with overlays, pixel by pixel, and the PNG of a volume."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from medimg.display.overlays import EvidenceStyle
from medimg.display.picture import Evidence, Marked, picture
from medimg.display.show import show
from medimg.values.errors import UsageError
from medimg.values.findings import RegionKind
from medimg.values.geometry import Geometry, PlaneSpacing
from medimg.values.series import Frame, Series
from medimg.values.volume import Unit, Volume

ORANGE = (230, 159, 0)


def square(size: int = 60) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    mask[10:50, 10:50] = True
    return mask


def test_without_overlays_grey_stays_grey() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (picture(image) == image[..., None]).all()


@pytest.mark.parametrize(("kind", "share"), [(RegionKind.FINDING, 0.25), (RegionKind.ANATOMY, 0.1)])
def test_a_region_is_outlined_in_full_and_filled_faintly(kind: RegionKind, share: float) -> None:
    image = np.full((60, 60), 100, dtype=np.uint8)
    out = picture(image, [Marked(square(), ORANGE, kind)])
    assert tuple(out[10, 30]) == tuple(out[11, 30]) == ORANGE
    expected = [100 + (c - 100) * share for c in ORANGE]
    assert out[30, 30] == pytest.approx(expected, abs=1)
    assert tuple(out[5, 5]) == (100, 100, 100)


def test_fills_step_back_under_evidence_and_zero_evidence_changes_nothing() -> None:
    image = np.full((60, 60), 100, dtype=np.uint8)
    values = np.zeros((60, 60), dtype=np.float32)
    values[0:5, 0:5] = 1.0
    evidence = Evidence(values, 1.0, False, EvidenceStyle(0.6, 0.0))
    out = picture(image, [Marked(square(), ORANGE, RegionKind.FINDING)], evidence)
    expected = [100 + (c - 100) * 0.05 for c in ORANGE]
    assert out[30, 30] == pytest.approx(expected, abs=1)
    assert tuple(out[55, 55]) == (100, 100, 100)
    assert out[2, 2, 0] > 180


def test_show_makes_pixels_square_and_keeps_to_the_size() -> None:
    array = np.zeros((3, 10, 20), dtype=np.uint8)
    geometry = Geometry((3, 10, 20), PlaneSpacing(aspect=4.0))
    volume = Volume(
        array, Unit.ARBITRARY, Series("s", "s", "picture", "MR", (Frame("f"),), geometry)
    )
    with Image.open(io.BytesIO(show(volume, size=80))) as image:
        assert image.size == (40, 80)
    with pytest.raises(UsageError, match="no slice 4"):
        show(volume, index=3)
