"""Many outlines on one slice: 31 structures took 53 ms of the window's thread, dashed."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.paint import polygon
from medimg_workstation.viewport.state import Laid, Look, Overlays, Picture
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medimg.display.levels import levels
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.layers import Layer, LayerKind, Shape
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume
from tests.app.stalls import BUSY_MS, stall_ms

pytestmark = pytest.mark.gui
SLICES, SIDE = 12, 512


def structure(number: int) -> Laid:
    """A wavy outline of 1000 points on each slice, as structure sets have them."""
    turn = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    radius = (20 + number % 5 * 20) * (1 + 0.02 * np.sin(40 * turn))
    centre = np.array([100 + 50 * (number % 7), 100 + 60 * (number // 7)])
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None] + centre
    shapes = tuple(Shape(k, (ring + k).astype(np.float32), is_closed=True) for k in range(SLICES))
    layer = Layer(f"S{number}", LayerKind.CONTOUR, "o", number, shapes=shapes, is_own_series=False)
    return Laid(f"o {number}", layer, (230, 159, 0), {s.index: (s,) for s in shapes})


@pytest.fixture
def viewport(qtbot: QtBot, theme: Theme) -> Viewport:
    array = np.zeros((SLICES, SIDE, SIDE), dtype=np.int16)
    geometry = Geometry(array.shape, PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0))
    series = Series("s", "CT", "dicom", "CT", (Frame("f"),), geometry)
    made = Viewport()
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show_picture(
        Picture(levels(Volume(array, Unit.HU, series))), Look(window=Window(40.0, 400.0))
    )
    made.show_overlays(Overlays(layers=tuple(structure(n) for n in range(31))))
    made.show()
    qtbot.waitExposed(made)
    QApplication.processEvents()
    return made


def test_31_structures_do_not_hold_the_window_up(viewport: Viewport) -> None:
    costs = []
    for index in range(1, SLICES):
        viewport.go_to_slice(index)
        costs.append(stall_ms(viewport.repaint))
    assert median(costs) < BUSY_MS


def test_a_window_that_is_dragged_does_not_draw_the_structures_anew(viewport: Viewport) -> None:
    viewport.go_to_slice(3)
    first = stall_ms(viewport.repaint)
    costs = []
    for width in range(300, 330):
        viewport.change(window=Window(40.0, float(width)))
        costs.append(stall_ms(viewport.repaint))
    assert median(costs) < first


def test_polygons_of_a_stream_are_those_of_points() -> None:
    points = np.array([[0.25, 1.5], [1e6, -3.0], [7.0, 0.125]], dtype=np.float32)
    assert list(polygon(points)) == [QPointF(float(x), float(y)) for x, y in points]
