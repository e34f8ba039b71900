"""Tables of actions, tools, pages, icons and settings hold together."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from medimg_workstation.actions import ACTIONS, MENUS, TOOL_ROW
from medimg_workstation.dialogs import KeysDialog
from medimg_workstation.pages import PAGES, Page
from medimg_workstation.pages.batch.view import STATES
from medimg_workstation.pages.read.image_area import ImageArea
from medimg_workstation.pages.read.presenter import ReadPresenter
from medimg_workstation.pages.read.report import KINDS
from medimg_workstation.pages.read.why import BADGES, WhySection
from medimg_workstation.rail import Rail
from medimg_workstation.settings import Settings
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.commands import ImageCommands
from medimg_workstation.viewport.grid import ViewportGrid
from medimg_workstation.viewport.tools import TOOLS
from medimg_workstation.widgets.painted import DECISIONS
from medimg_workstation.window import MainWindow
from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from medimg.results import EXPORTS

#: Class of each part of the window that an action may name.
PARTS = {
    "": MainWindow,
    "image": ImageCommands,
    "images": ImageArea,
    "grid": ViewportGrid,
    "why": WhySection,
    "reading": ReadPresenter,
}
ICONS = files("medimg_resources") / "icons"


def test_no_key_does_two_things() -> None:
    keys = [key for action in ACTIONS.values() for key in action.keys]
    keys += [page.key for page in PAGES.values()]
    portable = [QKeySequence(key).toString() for key in keys]
    assert all(portable)
    assert len(set(portable)) == len(portable)


def test_every_action_has_its_method_and_menu() -> None:
    for name, action in ACTIONS.items():
        part, _, method = action.call.rpartition(".")
        named = method if part else f"do_{method}"
        assert callable(getattr(PARTS[part], named, None)), name
        assert not action.menu or action.menu in MENUS, name


def test_the_tool_row_and_tools_are_actions_with_icons() -> None:
    for name in (name for group in TOOL_ROW for name in group):
        assert ACTIONS[name].icon, name
    for name, tool in TOOLS.items():
        assert ACTIONS[name].argument == name
        assert ACTIONS[name].keys[0] == tool.key


@pytest.mark.parametrize(
    "icon",
    sorted(
        {a.icon for a in ACTIONS.values() if a.icon}
        | {p.icon for p in PAGES.values()}
        | {icon for _, icon in (*BADGES.values(), *DECISIONS.values(), *STATES.values())}
    ),
)
def test_an_icon_is_there_in_one_weight_and_takes_its_colour(icon: str) -> None:
    text = (ICONS / f"{icon}.svg").read_text("utf-8")
    assert 'viewBox="0 0 20 20"' in text and 'stroke-width="1.5"' in text
    assert not re.search(r"#[0-9A-Fa-f]{3,8}", text)


def test_the_export_dialog_offers_the_exports_there_are() -> None:
    assert set(KINDS) == set(EXPORTS)


def test_settings_outside_of_the_table_are_refused(tmp_path: object) -> None:
    settings = Settings(QSettings(f"{tmp_path}/s.ini", QSettings.Format.IniFormat))
    assert settings.get("theme") == "dark"
    settings.put("theme", "light")
    assert settings.get("theme") == "light"
    with pytest.raises(KeyError):
        settings.put("patient", "name")


def test_a_page_is_a_row_for_rail_and_keys_and_a_view_in_the_window(
    theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, window: MainWindow
) -> None:
    """Rail and list of keys read the table; the window builds the views of just these pages."""
    assert set(window._pages) == set(PAGES)
    monkeypatch.setitem(PAGES, "dummy", Page("Dummy", "help", "Ctrl+9"))
    rail = Rail(theme)
    qtbot.addWidget(rail)
    button = rail.findChild(QToolButton, "rail-dummy")
    assert button is not None
    with qtbot.waitSignal(rail.page_chosen) as chosen:
        button.click()
    assert chosen.args == ["dummy"]
    keys = KeysDialog(rail)
    assert "Page Dummy" in {label.text() for label in keys.findChildren(QLabel)}
