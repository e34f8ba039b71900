"""Several viewports: linked by place in the patient, each with its lines, tools and drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.canvas import SERIES_MIME, Viewport
from medimg_workstation.viewport.grid import ViewportGrid
from medimg_workstation.viewport.state import Look, Picture
from medimg_workstation.work import Work
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medimg.display.cuts import Projection, Slab, patient_plane, stored, through
from medimg.display.levels import levels
from medimg.display.pose import apply, to_screen
from medimg.display.sampling import warm
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume
from tests.app.stalls import BUSY_MS, measured
from tests.orientations import SHAPE, Case, cases

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
PLANES = (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL)
WINDOW = Window(50.0, 100.0)


def picture(
    array: np.ndarray, affine: np.ndarray, frame_of_reference: str = "1.2", name: str = "s"
) -> Picture:
    geometry = Geometry(
        array.shape, PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0), affine, frame_of_reference
    )
    series = Series(name, name, "dicom", "CT", (Frame("f"),), geometry)
    return Picture(levels(Volume(array, Unit.HU, series)))


def hang(grid: ViewportGrid, shown: Picture) -> None:
    """Three planes of one image."""
    geometry = shown.levels.volume.series.geometry
    grid.show_layout(1, 3, 0)
    for viewport, plane in zip(grid.viewports, PLANES, strict=True):
        stack = patient_plane(geometry, plane)
        viewport.show_picture(shown, Look(stack.count // 2, WINDOW), stack)
    grid.settle()


@pytest.fixture
def grid(qtbot: QtBot, theme: Theme) -> ViewportGrid:
    made = ViewportGrid()
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    return made


def place_of(viewport: Viewport, point: np.ndarray) -> QPoint:
    """Where an LPS point lies on a viewport's screen."""
    column, row = viewport.surface().cut.to_pixels(point)[0]
    matrix = to_screen(viewport.look.pose, viewport.frame())
    x, y = apply(matrix, (float(column), float(row)))
    return QPoint(round(x), round(y))


ORIENTED = [case for case in cases(Path("unused")) if case.group != "oblique"][::9]


@pytest.mark.parametrize("case", ORIENTED, ids=lambda case: case.name)
def test_the_crosshair_shows_the_same_point_in_every_plane(grid: ViewportGrid, case: Case) -> None:
    """One bright voxel is planted; a click on it in one plane brings it up in the others."""
    array = np.zeros(SHAPE, dtype=np.int16)
    array[4, 9, 3] = 100
    point = case.affine[:3, :3] @ np.array([4, 9, 3]) + case.affine[:3, 3]
    hang(grid, picture(array, case.affine))
    grid.choose_tool("crosshair")
    first, *others = grid.viewports
    assert first.stack is not None
    first.go_to_slice(first.stack.nearest(tuple(point)))
    QTest.mouseClick(first, LEFT, NONE, place_of(first, point))
    voxel = np.linalg.norm(case.affine[:3, :3], axis=0)
    for viewport in grid.viewports:
        assert viewport.look.point is not None and viewport.stack is not None
        off = np.linalg.solve(case.affine[:3, :3], np.array(viewport.look.point) - point)
        # A pixel of the screen is a twentieth of a voxel here.
        assert np.abs(off).max() <= 0.5 + 0.1
        cut = viewport.stack.cut(viewport.look.index)
        assert abs(cut.distance_mm(np.array(viewport.look.point))[0]) <= voxel.max() / 2
    for viewport in others:
        image = viewport.grab().toImage()
        at = place_of(viewport, point)
        assert image.pixelColor(at).lightness() > 100


def test_planes_of_one_space_are_drawn_as_lines_in_the_others(grid: ViewportGrid) -> None:
    array = np.zeros((20, 20, 20), dtype=np.int16)
    hang(grid, picture(array, np.eye(4)[[2, 1, 0, 3]]))
    axial = grid.viewports[0]
    image = axial.grab().toImage()
    column = [image.pixelColor(150, y) for y in range(image.height())]
    assert any(c.green() > 150 and c.red() < 120 for c in column)  # the coronal plane's line


def test_scrolling_is_linked_by_place_and_not_by_number(grid: ViewportGrid) -> None:
    thin = picture(np.zeros((40, 8, 8), np.int16), np.diag([1.0, 1, 1, 1])[[2, 1, 0, 3]], name="a")
    upside = np.array([[0, 0, 1.0, 0], [0, 1, 0, 0], [-5, 0, 0, 35], [0, 0, 0, 1]])
    thick = picture(np.zeros((8, 8, 8), np.int16), upside, name="b")
    other = picture(np.zeros((8, 8, 8), np.int16), upside, "9.9", "c")
    grid.show_layout(1, 3, 0)
    for viewport, shown in zip(grid.viewports, (thin, thick, other), strict=True):
        viewport.show_picture(shown, Look(0, WINDOW), stored(shown.levels.volume.series.geometry))
    grid.settle()
    grid.viewports[0].go_to_slice(25)
    assert grid.viewports[1].look.index == 2  # z = 25 mm of 35 - 5 k
    assert grid.viewports[2].look.index == 0  # another frame of reference
    grid.toggle_link()
    grid.viewports[0].go_to_slice(5)
    assert grid.viewports[1].look.index == 2


def test_zoom_is_linked_in_millimetres(grid: ViewportGrid) -> None:
    fine = picture(np.zeros((4, 64, 64), np.int16), np.diag([1.0, 0.5, 0.5, 1])[[2, 1, 0, 3]])
    coarse = picture(np.zeros((4, 16, 16), np.int16), np.diag([1.0, 2.0, 2.0, 1])[[2, 1, 0, 3]])
    grid.show_layout(1, 2, 0)
    for viewport, shown in zip(grid.viewports, (fine, coarse), strict=True):
        viewport.show_picture(shown, Look(0, WINDOW), stored(shown.levels.volume.series.geometry))
    grid.settle()
    leading, following = grid.viewports
    leading.change(pose=replace(leading.look.pose, zoom=8.0, pan=(40.0, -24.0)))
    assert following.look.pose.zoom == pytest.approx(32.0)
    middles = [
        v.surface().place(v.look.pose, (v.width() / 2, v.height() / 2)) for v in grid.viewports
    ]
    assert np.allclose(middles[0][:2], middles[1][:2], atol=1e-6)


def test_magnified_images_are_smooth_and_blocks_are_drawn_on_request(
    qtbot: QtBot, theme: Theme
) -> None:
    """Images drawn at more than four times their size came as squares."""
    array = np.zeros((1, 8, 8), dtype=np.int16)
    array[0, :, 4:] = 100
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(400, 400)
    viewport.show_picture(picture(array, np.eye(4)[[2, 1, 0, 3]]), Look(0, WINDOW))

    def greys() -> set[int]:
        image = viewport.grab().toImage()
        return {image.pixelColor(x, 260).lightness() for x in range(150, 250)}

    assert len(greys()) > 20
    viewport.change(is_blocky=True)
    assert greys() <= {0, 255}


def test_an_oblique_cut_is_drawn_at_once_and_whole_at_rest(qtbot: QtBot, theme: Theme) -> None:
    rng = np.random.default_rng(0)
    shown = picture(rng.integers(0, 100, (60, 400, 400)).astype(np.int16),
                    np.diag([3.0, 0.7, 0.7, 1])[[2, 1, 0, 3]])  # fmt: skip
    c, s = float(np.cos(0.4)), float(np.sin(0.4))
    stack = through(
        shown.levels.volume.series.geometry, (c, s, 0.0), (0.0, 0.0, -1.0), (-s, c, 0.0)
    )
    warm()  # as preparing an image does
    work = Work()
    viewport = Viewport(work=work)
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    look = Look(stack.count // 2, WINDOW, slab=Slab(20.0, Projection.MAXIMUM))
    viewport.show_picture(shown, look, stack)
    viewport.show()
    with measured() as stalls:
        coarse = viewport.grab().toImage()
        qtbot.waitUntil(lambda: viewport.grab().toImage() != coarse, timeout=20_000)
    assert stalls.longest_ms < BUSY_MS * 2
    work.finish()


def test_a_series_dragged_from_the_list_is_told_with_its_viewport(
    grid: ViewportGrid, qtbot: QtBot
) -> None:
    grid.show_layout(1, 2, 0)
    mime = QMimeData()
    mime.setData(SERIES_MIME, b"the series")
    target, copy = grid.viewports[1], Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(9, 9), copy, mime, LEFT, NONE)
    assert QApplication.sendEvent(target, enter) and enter.isAccepted()
    with qtbot.waitSignal(grid.series_dropped) as told:
        QApplication.sendEvent(target, QDropEvent(QPointF(9, 9), copy, mime, LEFT, NONE))
    assert told.args == [1, "the series"]


def test_a_double_click_shows_one_viewport_alone_and_all_again(grid: ViewportGrid) -> None:
    hang(grid, picture(np.zeros((9, 9, 9), np.int16), np.eye(4)[[2, 1, 0, 3]]))
    seen: Callable[[], list[bool]] = lambda: [v.isVisible() for v in grid.viewports]  # noqa: E731
    QTest.mouseDClick(grid.viewports[0], LEFT)
    assert seen() == [True, False, False]
    QTest.mouseDClick(grid.viewports[0], LEFT)
    assert seen() == [True, True, True]


def test_turning_the_crosshair_makes_the_other_planes_oblique_about_it(
    grid: ViewportGrid,
) -> None:
    """A slanted rod is planted; the turned coronal plane shows it in its whole length."""
    rows, columns = np.mgrid[:40, :40] - 20.0
    away = np.abs(columns * np.sin(np.radians(30)) - rows * np.cos(np.radians(30)))
    array = np.zeros((40, 40, 40), dtype=np.int16)
    array[18:23] = np.where(away < 1.5, 100, 0)
    hang(grid, picture(array, np.eye(4)[[2, 1, 0, 3]]))
    axial, coronal, _ = grid.viewports
    axial.change(point=(20.0, 20.0, 20.0))
    grid.choose_tool("crosshair")
    middle = place_of(axial, np.array([20.0, 20.0, 20.0]))
    reach = 80.0
    ends = [
        middle + QPoint(round(reach * np.cos(a)), round(reach * np.sin(a)))
        for a in np.radians([0.0, 30.0])
    ]
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mousePress(axial, LEFT, control, ends[0])
    QTest.mouseMove(axial, ends[1])
    QTest.mouseRelease(axial, LEFT, control, ends[1])
    assert coronal.stack is not None and axial.look.point == (20.0, 20.0, 20.0)
    across = np.array(coronal.stack.first.right)
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(30.0, abs=1.0)
    image = coronal.grab().toImage()
    along = [
        image.pixelColor(place_of(coronal, np.array([20.0, 20.0, 20.0]) + s * across + [0, 0, 1]))
        for s in (-12.0, -6.0, 6.0, 12.0)
    ]
    assert min(colour.lightness() for colour in along) > 120


def test_playing_runs_through_the_images_and_begins_again(grid: ViewportGrid, qtbot: QtBot) -> None:
    shown = picture(np.zeros((4, 8, 8), np.int16), np.eye(4)[[2, 1, 0, 3]])
    grid.show_layout(1, 1, 0)
    grid.active.show_picture(shown, Look(2, WINDOW))
    grid.settle()
    seen: list[int] = []
    grid.look_changed.connect(lambda place: seen.append(grid.viewports[place].look.index))
    grid.play(200)
    qtbot.waitUntil(lambda: len(seen) >= 6)
    grid.play(0)
    assert seen[:6] == [3, 0, 1, 2, 3, 0] and not grid.is_playing
