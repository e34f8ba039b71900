"""The series list: a 4-D item is one card until it is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medimg_workstation.pages.read.series_list import SeriesCard, SeriesList
from medimg_workstation.theme import Theme
from pytestqt.qtbot import QtBot

from medimg.reading import scan
from tests.phantoms import write_stack


def test_volumes_of_an_item_unfold_when_it_is_opened(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    for place in range(3):
        write_stack(
            tmp_path / f"{place}",
            lambda d, k, place=place: setattr(d, "TemporalPositionIdentifier", place + 1),  # type: ignore[misc]
            count=4,
            modality="MR",
        )
    found = scan(tmp_path)
    other = replace(found.series[0], id="another", label="another", part=None)
    found = replace(found, series=(*found.series, other))
    shown = SeriesList(theme)
    qtbot.addWidget(shown)
    shown.show_scan(found, found.series)
    shown.show()

    def cards(selected: str) -> list[str]:
        shown.show_parts(selected, {}, frozenset())
        found = shown.findChildren(SeriesCard)
        return [card.accessibleName() for card in found if card.isVisible()]

    assert len(cards("another")) == 2
    assert len(cards(found.series[1].id)) == 4


def test_the_reason_of_a_split_is_in_the_tooltip(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    for te in (10, 20):
        write_stack(
            tmp_path / f"{te}",
            lambda d, k, te=te: setattr(d, "EchoTime", te),  # type: ignore[misc]
            count=4,
            modality="MR",
        )
    card = SeriesCard(theme, scan(tmp_path).series[0])
    qtbot.addWidget(card)
    assert "contrast changes with the echo" in card.toolTip()
