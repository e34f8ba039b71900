"""A card is as tall as its text at every width, and its text is laid out once a width."""

from __future__ import annotations

import pytest
from medimg_workstation.pages.packages.card_text import CardText
from medimg_workstation.theme import Theme
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
TEXT = "# Card\n\n" + "\n\n".join(f"## Part {n}\n\n{'Words of a card. ' * 40}" for n in range(20))


def test_a_card_is_as_tall_as_its_text(qtbot: QtBot, theme: Theme) -> None:
    area = QScrollArea()
    area.setWidgetResizable(True)
    card = CardText(theme, TEXT)
    area.setWidget(card)
    qtbot.addWidget(area)
    heights = []
    for width in (900, 500, 300):
        area.resize(width, 400)
        area.show()
        QApplication.processEvents()
        document = card.document()
        assert document.textWidth() == card.viewport().width()
        assert card.height() == round(document.size().height()) + 4
        heights.append(card.height())
    assert heights == sorted(heights) and heights[0] < heights[-1] / 2


def test_a_change_of_height_alone_lays_nothing_out(qtbot: QtBot, theme: Theme) -> None:
    card = CardText(theme, TEXT)
    qtbot.addWidget(card)
    card.resize(600, 100)
    card.show()
    QApplication.processEvents()
    laid: list[object] = []
    card.document().documentLayout().documentSizeChanged.connect(laid.append)
    card.setFixedHeight(300)
    QApplication.processEvents()
    assert not laid
