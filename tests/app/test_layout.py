"""The window at three text sizes and with other faces: no text is cut, faces are its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from medimg_workstation.pages.read import preparing
from medimg_workstation.pages.read.findings import FindingsSection
from medimg_workstation.pages.read.series_list import WIDTH, WRAPPED, badge_room, card_height
from medimg_workstation.settings import Settings
from medimg_workstation.theme import FAMILY, SYMBOLS, Theme, face, load_faces, scaled
from medimg_workstation.widgets.painted import BarKey, Chip
from medimg_workstation.window import MainWindow
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QRawFont
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from medimg.values.problems import PROBLEMS
from tests.medimg.results.planted import film
from tests.sources import ROOT, python_files

pytestmark = pytest.mark.gui

#: A face that the program does not bring stands for any other: Qt falls back to one that is there.
CASES = [(FAMILY, 90), (FAMILY, 100), (FAMILY, 125), ("DejaVu Sans", 100), ("Noto Sans", 125)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]} {case[1]} %")
def sized(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Theme]:
    """A theme of one face and text size; the usual one is back in force afterwards."""
    family, percent = request.param
    qapp.setStyle("Fusion")
    theme = Theme(text_percent=percent, family=family)
    theme.apply()
    yield theme
    Theme().apply()


def cut(widget: QWidget) -> Iterator[str]:
    """Texts that stand in a label or button lower than their line."""
    for part in widget.findChildren(QWidget):
        if not part.isVisible() or not isinstance(part, QLabel | QAbstractButton):
            continue
        words = part.text()
        room = part.contentsRect().height()
        if words and room < QFontMetrics(part.font()).height() - 1:
            yield f"{words!r}: {room} px for {QFontMetrics(part.font()).height()}"


def test_no_line_of_the_window_is_cut(
    sized: Theme, qtbot: QtBot, settings: Settings, packages: object
) -> None:
    """Bars and rows of a fixed height cut their words under a face with higher lines."""
    window = MainWindow(sized, settings)
    qtbot.addWidget(window)
    window.resize(1600, 900)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: not list(cut(window)))
    window.close()


def test_four_badges_were_higher_than_their_card(sized: Theme) -> None:
    """With Noto Sans on the computer, four problems took 45 pixels of a card that gave 44."""
    width = scaled(WIDTH) - 16
    for kind in PROBLEMS.values():
        badge = f"{kind.title} +2"
        room = badge_room(width, badge)
        needed = QFontMetrics(face(11)).boundingRect(room, int(WRAPPED), badge)
        assert needed.height() <= room.height(), badge
        assert room.bottom() < card_height(width, badge), badge


def test_painted_words_fit_their_pills(sized: Theme, qtbot: QtBot) -> None:
    """Chip and key are as high as their line."""
    for made, size in ((Chip(sized, "not flagged", "muted", "circle"), 12), (BarKey(sized), 11)):
        qtbot.addWidget(made)
        assert made.height() >= QFontMetrics(face(size)).height()


def test_a_finding_has_room_for_its_three_lines(sized: Theme, qtbot: QtBot) -> None:
    section = FindingsSection(sized)
    qtbot.addWidget(section)
    section.show_result(preparing.result([film()]))
    section.resize(scaled(360), 400)
    section.show()
    qtbot.waitUntil(lambda: not list(cut(section)))
    assert section.findChild(QLabel, "finding-figure") is not None


def test_the_window_brings_its_face(theme: Theme) -> None:
    """Whatever the computer has, the three weights are ours."""
    assert {FAMILY, SYMBOLS} <= set(load_faces())
    for weight in (400, 500, 600):
        found = QFontInfo(face(13, weight))
        assert (found.family(), found.weight(), found.pixelSize()) == (FAMILY, weight, 13)


def test_every_sign_that_the_program_writes_is_in_its_faces(theme: Theme) -> None:
    """A sign from another face would be drawn differently on each computer."""
    fonts = [QRawFont.fromFont(QFont(name)) for name in (FAMILY, SYMBOLS)]
    missing = set()
    for file in python_files("app", "medimg/display"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                missing |= {
                    (sign, file.relative_to(ROOT).as_posix())
                    for sign in node.value
                    if sign.isprintable() and not any(f.supportsCharacter(ord(sign)) for f in fonts)
                }
    assert not missing
