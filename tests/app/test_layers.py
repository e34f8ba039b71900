"""What the files say of a series is drawn on it, apart from the model's, and can be hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from highdicom.seg import SegmentationTypeValues
from medimg_workstation.pages.read.marked_row import MarkedRow
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from medimg.display.pose import apply, to_screen
from tests.derived_objects import BLOCK, segmentation, stack, state

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
Wait = Callable[[Callable[[ReadState], bool]], None]
ORANGE = QColor(230, 159, 0)


def _is_laid(state: ReadState) -> bool:
    found = state.from_file if isinstance(state, Ready) else None
    return found is not None and bool(found.laid)


def _pixels(window: MainWindow) -> np.ndarray:
    """What is in the viewport, (height, width, 3)."""
    image = window.read_page.viewport.grab().toImage()
    ratio = image.devicePixelRatio()
    assert ratio == 1.0
    rgba = np.frombuffer(image.convertToFormat(image.Format.Format_RGBA8888).constBits(), np.uint8)
    return rgba.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width(), :3]


def _orange(window: MainWindow) -> np.ndarray:
    """(n, 2) of the (x, y) of orange pixels in the viewport."""
    near = np.abs(_pixels(window).astype(int) - ORANGE.getRgb()[:3]).max(axis=2) <= 2
    return np.argwhere(near)[:, ::-1]


def _row(window: MainWindow, name: str) -> MarkedRow:
    row = window.read_page.layers.findChild(MarkedRow, f"layer-{name}")
    assert row is not None
    return row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "study"
    segmentation(stack(place), [BLOCK], SegmentationTypeValues.BINARY).save_as(place / "seg.dcm")
    return place


def test_a_segment_is_drawn_where_it_was_planted(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, folder: Path
) -> None:
    window.reading.open((str(folder),))
    wait_for(_is_laid)
    page = window.read_page
    assert not page.layers.isHidden()
    qtbot.mouseClick(_row(window, "Part 1"), LEFT)
    assert BLOCK[page.viewport.look.index].any()
    frame, pose = page.viewport.frame(), page.viewport.look.pose
    matrix = to_screen(pose, frame)
    drawn = _orange(window)
    # The block spans columns 10 to 29 and rows 20 to 39; its edges are whole numbers.
    for at, edge in ((drawn.min(axis=0), (10.0, 20.0)), (drawn.max(axis=0), (30.0, 40.0))):
        assert np.abs(at - apply(matrix, edge)).max() <= 3
    middle = np.array(apply(matrix, (20.0, 30.0)))
    assert np.abs(drawn - middle).max(axis=1).min() > 20  # an outline, never filled
    page.viewport.hold_overlays(True)
    assert not len(_orange(window))
    page.viewport.hold_overlays(False)


def test_the_eye_hides_one_layer(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, folder: Path
) -> None:
    window.reading.open((str(folder),))
    wait_for(_is_laid)
    row = _row(window, "Part 1")
    qtbot.mouseClick(row, LEFT)
    assert len(_orange(window))
    eye = row.findChild(QToolButton)
    assert eye is not None
    qtbot.mouseClick(eye, LEFT)
    assert not len(_orange(window))


def test_a_presentation_state_is_a_choice(
    window: MainWindow, qtbot: QtBot, wait_for: Wait, tmp_path: Path
) -> None:
    place = tmp_path / "study"
    made = state(stack(place))
    made.ImageRotation, made.ImageHorizontalFlip = 90, "N"
    made.PresentationLUTShape = "INVERSE"
    made.save_as(place / "pr.dcm")
    window.reading.open((str(place),))
    wait_for(_is_laid)
    viewport = window.read_page.viewport
    button = window.read_page.layers.findChild(QPushButton, "state-For the round")
    assert button is not None
    assert (viewport.look.pose.quarter_turns, viewport.look.is_inverted) == (0, False)
    qtbot.mouseClick(button, LEFT)
    assert (viewport.look.pose.quarter_turns, viewport.look.is_inverted) == (1, True)
    qtbot.mouseClick(button, LEFT)
    assert (viewport.look.pose.quarter_turns, viewport.look.is_inverted) == (0, False)
