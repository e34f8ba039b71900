"""What is made ready before it is drawn: windows among it, so that no drag looks for them."""

from __future__ import annotations

import numpy as np
from medimg_workstation.pages.read import preparing

from medimg.display.windowing import PRESETS, default_window
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume


def volume(array: np.ndarray, unit: Unit, *windows: Window) -> Volume:
    geometry = Geometry((array.shape[0], array.shape[1], array.shape[2]))
    return Volume(
        array, unit, Series("s", "s", "dicom", "MR", (Frame("f"),), geometry, windows=windows)
    )


def test_a_picture_brings_the_windows_to_choose_from() -> None:
    grey = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    own = Window(10.0, 20.0, "brain")
    bare = volume(grey, Unit.ARBITRARY)
    assert preparing.picture(bare).windows == (default_window(bare),)
    assert preparing.picture(volume(grey, Unit.ARBITRARY, own)).windows == (own,)
    in_hu = preparing.picture(volume(grey, Unit.HU, own))
    assert (in_hu.window, in_hu.windows) == (own, (own, *PRESETS.values()))
    colour = preparing.picture(volume(np.zeros((1, 3, 4, 3), np.uint8), Unit.COLOUR))
    assert (colour.window, colour.windows) == (None, ())
