"""The viewport under a real hand: mouse, wheel, keys, what is painted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.state import Look, Outlined, Overlays, Picture
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medimg.display.levels import levels
from medimg.display.overlays import colours
from medimg.values.findings import Region, RegionKind
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.masks import Mask
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume

pytestmark = pytest.mark.gui
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CENTRE = QPoint(200, 200)


def picture() -> Picture:
    array = np.zeros((9, 100, 100), dtype=np.int16)
    array[:, 25:75, 25:75] = 100
    geometry = Geometry(array.shape, PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0))
    series = Series("s", "FLAIR", "dicom", "MR", (Frame("f"),), geometry)
    return Picture(levels(Volume(array, Unit.ARBITRARY, series)))


@pytest.fixture
def viewport(qtbot: QtBot, theme: Theme) -> Viewport:
    made = Viewport()
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show_picture(picture(), Look(index=4, window=Window(50.0, 100.0)))
    made.show()
    return made


@pytest.fixture
def drag(viewport: Viewport) -> Callable[..., None]:
    def made(dx: int, dy: int, button: Qt.MouseButton = LEFT) -> None:
        QTest.mousePress(viewport, button, pos=CENTRE)
        QTest.mouseMove(viewport, CENTRE + QPoint(dx, dy))
        QTest.mouseRelease(viewport, button, pos=CENTRE + QPoint(dx, dy))

    return made


def grab(viewport: Viewport) -> QImage:
    return viewport.grab().toImage()


def test_a_drag_changes_the_window_and_tells(
    viewport: Viewport, drag: Callable[..., None], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(viewport.look_changed) as told:
        drag(80, -40)
    window = told.args[0].window
    assert window.width == pytest.approx(120.0) and window.center == pytest.approx(40.0)


def test_a_right_drag_zooms_and_a_right_click_asks_for_the_menu(
    viewport: Viewport, drag: Callable[..., None], qtbot: QtBot
) -> None:
    drag(0, -150, RIGHT)
    assert viewport.look.pose.zoom == pytest.approx(8.0)
    with qtbot.waitSignal(viewport.menu_wanted):
        drag(0, 0, RIGHT)
    assert viewport.look.pose.zoom == pytest.approx(8.0)


def wheel(viewport: Viewport, notches: int, keys: Qt.KeyboardModifier) -> None:
    place = QPointF(CENTRE)
    delta = QPoint(0, 120 * notches)
    event = QWheelEvent(
        place, place, QPoint(), delta, LEFT & RIGHT, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(viewport, event)


def test_the_wheel_scrolls_and_stops_at_the_ends(viewport: Viewport) -> None:
    wheel(viewport, -1, Qt.KeyboardModifier.NoModifier)
    assert viewport.look.index == 5
    wheel(viewport, 40, Qt.KeyboardModifier.NoModifier)
    assert viewport.look.index == 0
    wheel(viewport, 1, Qt.KeyboardModifier.ControlModifier)
    assert viewport.look.index == 0
    assert viewport.look.pose.zoom == pytest.approx(4.0 * 1.15)


def test_a_length_can_be_drawn(viewport: Viewport, drag: Callable[..., None], qtbot: QtBot) -> None:
    viewport.choose_tool("length")
    with qtbot.waitSignal(viewport.annotation_drawn) as told:
        drag(80, 0)
    (made,) = told.args
    # Pixel edges are whole numbers on the screen, voxel centres in the volume's world.
    assert np.allclose(made.points, [(49.5, 49.5, 4.0), (69.5, 49.5, 4.0)])


def test_the_window_is_what_is_painted(viewport: Viewport) -> None:
    inside, outside = QPoint(150, 150), QPoint(60, 150)
    image = grab(viewport)
    assert image.pixelColor(inside).lightness() > 240
    assert image.pixelColor(outside).lightness() < 10
    viewport.change(is_inverted=True)
    assert grab(viewport).pixelColor(inside).lightness() < 10


def test_a_region_is_drawn_in_its_colour_and_vanishes_while_held(viewport: Viewport) -> None:
    mask = np.zeros((9, 100, 100), dtype=bool)
    mask[4, 25:75, 25:75] = True
    region = Region(
        "r",
        "R",
        "lungs",
        RegionKind.FINDING,
        Mask.of(mask),
        None,
        1,
        None,
        1.0,
        None,
        (4, 50, 50),
        4,
    )
    square = np.array([[25, 25], [75, 25], [75, 75], [25, 75], [25, 25]], dtype=np.float32)
    outlined = Outlined(region, colours([region])[0], {4: (square,)})
    viewport.show_overlays(Overlays(regions=(outlined,)))
    rim = QPoint(100, 150)
    assert grab(viewport).pixelColor(rim).getRgb()[:3] == outlined.colour
    viewport.hold_overlays(True)
    assert grab(viewport).pixelColor(rim).saturation() < 10
    viewport.hold_overlays(False)
    viewport.go_to_slice(5)
    assert grab(viewport).pixelColor(rim).saturation() < 10


def test_an_empty_viewport_says_what_to_do(viewport: Viewport) -> None:
    viewport.show_message("No images open", "Drop a folder here.")
    assert "Drop a folder" in viewport.accessibleDescription()
    drag_does_nothing = viewport.look
    QTest.mousePress(viewport, LEFT, pos=CENTRE)
    assert viewport.look == drag_does_nothing
