"""A CT in the real window: three planes, a slab, measures in a plane, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.pages.read.state import Shown
from medimg_workstation.palette import Palette, ranked
from medimg_workstation.window import MainWindow
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from medimg.display.cuts import Projection, Slab
from medimg.display.pose import apply, to_screen
from medimg.values.geometry import Plane
from tests.phantoms import fill, instance, save

pytestmark = pytest.mark.gui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
Wait = Callable[[Callable[[ReadState], bool]], None]
#: A ball of 300 HU in air: middle in LPS mm, radius.
MIDDLE, RADIUS_MM = np.array([12.0, -8.0, 30.0]), 14.0


def write_ct(folder: Path, slices: int = 48, missing: frozenset[int] = frozenset()) -> Path:
    """A CT of the abdomen, 2.5 mm a slice, 1.5 x 1.5 mm pixels."""
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[:64, :64] * 1.5 - 48.0
    for k in set(range(slices)) - missing:
        z = 2.5 * k - 30.0
        away = (columns - MIDDLE[0]) ** 2 + (rows - MIDDLE[1]) ** 2 + (z - MIDDLE[2]) ** 2
        dataset = instance("CT")
        dataset.InstanceNumber = k + 1
        dataset.ImagePositionPatient = [-48.0, -48.0, z]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing, dataset.SliceThickness = [1.5, 1.5], 2.5
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        dataset.BodyPartExamined = "ABDOMEN"
        fill(dataset, np.where(away < RADIUS_MM**2, 300, -1000) + 1024)
        save(dataset, folder / f"{k:03d}.dcm")
    return folder


def is_shown(state: ReadState) -> bool:
    return isinstance(state, Ready) and isinstance(state.image, Shown) and state.fits is not None


def place_of(window: MainWindow, viewport: int, point: np.ndarray) -> QPoint:
    """Where a place of the patient lies on a viewport's screen."""
    shown = window.read_page.images.grid.viewports[viewport]
    column, row = shown.surface().cut.to_pixels(point)[0]
    x, y = apply(to_screen(shown.look.pose, shown.frame()), (float(column), float(row)))
    return QPoint(round(x), round(y))


def test_a_ct_is_cut_measured_and_thickened(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, tmp_path: Path
) -> None:
    window.open_paths((str(write_ct(tmp_path / "ct")),))
    wait_for(is_shown)
    grid, page = window.read_page.images.grid, window.read_page
    planes = [viewport.stack.plane for viewport in grid.viewports if viewport.stack]
    assert planes == [Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL, Plane.CORONAL]
    state = window.reading.state
    assert isinstance(state, Ready) and "CT in three planes" in state.hanging.reason
    # A click with the crosshair on the ball's middle brings the other planes there.
    page.viewport.go_to_slice(24)
    QTest.keyClick(page.viewport, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    QTest.mouseClick(grid.viewports[0], LEFT, NONE, place_of(window, 0, MIDDLE))
    for viewport in grid.viewports:
        assert viewport.stack is not None
        assert abs(viewport.surface().cut.distance_mm(MIDDLE)[0]) <= viewport.stack.between_mm / 2
    # Its diameter, measured by hand in the coronal plane.
    QTest.keyClick(page.viewport, Qt.Key.Key_L)
    coronal = grid.viewports[1]
    ends = [place_of(window, 1, MIDDLE + np.array([s * RADIUS_MM, 0, 0])) for s in (-1, 1)]
    QTest.mousePress(coronal, LEFT, NONE, ends[0])
    QTest.mouseMove(coronal, ends[1])
    QTest.mouseRelease(coronal, LEFT, NONE, ends[1])
    (drawn,) = page.images.history.of(state.selected).annotations
    size = np.linalg.norm(np.subtract(*drawn.points))
    assert size == pytest.approx(2 * RADIUS_MM, abs=1.0)  # a pixel of the screen is 0.5 mm
    assert window.reading.state.hanging.active == 1  # type: ignore[union-attr]
    # The hand that drew it can take it back.
    QTest.keyClick(coronal, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.images.history.of(state.selected).annotations == ()
    # A slab of 40 mm shows the ball from 10 mm beside it.
    away = MIDDLE + np.array([0, RADIUS_MM + 6, 0])
    assert coronal.stack is not None
    coronal.go_to_slice(coronal.stack.nearest(tuple(away)))
    middle = place_of(window, 1, MIDDLE)
    assert coronal.grab().toImage().pixelColor(middle + QPoint(6, 6)).lightness() < 60
    page.images.choose_slab(Slab(40.0, Projection.MAXIMUM))
    assert coronal.grab().toImage().pixelColor(middle + QPoint(6, 6)).lightness() > 180


def test_planes_are_refused_where_slices_are_missing_and_why_is_said(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, tmp_path: Path
) -> None:
    window.open_paths((str(write_ct(tmp_path / "ct", missing=frozenset({20, 21, 33}))),))
    wait_for(is_shown)
    window.reading.show_planes()
    state = window.reading.state
    assert isinstance(state, Ready) and len(state.hanging.panes) == 1
    assert any("would lie" in bar.sentence for bar in state.bars)


def test_any_command_is_found_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> None:
    palette = Palette(window._actions, window)
    qtbot.addWidget(palette)
    QTest.keyClicks(palette.line, "light or")
    assert palette.list.item(0).text().startswith("Light or dark")
    before = window._theme.name
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert window._theme.name != before


def test_a_command_is_found_by_its_beginning_before_its_middle() -> None:
    titles = ["Zoom out", "Nearer", "Key image", "Arrow", "Move to the next image"]
    assert [titles[n] for n in ranked("im", titles)] == ["Key image", "Move to the next image"]
    assert titles[ranked("zo", titles)[0]] == "Zoom out"
    assert [titles[n] for n in ranked("kim", titles)] == ["Key image"]
    assert ranked("xyz", titles) == [] and len(ranked("", titles)) == 5
