"""Small windows: the list of keys, what this program is."""

from __future__ import annotations

from medimg_workstation.actions import ACTIONS
from medimg_workstation.pages import PAGES
from medimg_workstation.widgets.text import button, column, label, row
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QWidget

from medimg import __version__
from medimg.values.notice import RESEARCH_NOTICE

#: Gestures that no action carries.
_MOUSE = (
    ("Left drag", "the chosen tool; window and level at first: right is wider, up is brighter"),
    ("Middle drag", "pan"),
    ("Right drag", "zoom; a right click opens the windows"),
    ("Wheel", "next slice; on a single image and with Ctrl: zoom"),
    ("Hold Space", "hide all overlays"),
)


class KeysDialog(QDialog):
    """Every key, from the one table of actions."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(560, 640)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        rows = [(", ".join(a.keys), a.text.rstrip("…")) for a in ACTIONS.values() if a.keys]
        rows += [(page.key, f"Page {page.title}") for page in PAGES.values()]
        for i, (keys, text) in enumerate([*_MOUSE, *rows]):
            grid.addWidget(label(keys, "strong", wrap=True), i, 0)
            grid.addWidget(label(text, wrap=True), i, 1)
        body = QWidget()
        body.setLayout(grid)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        close = button("Close", self.accept)
        self.setLayout(
            column(
                label("Keys and mouse", "title"),
                area,
                row(None, close),
                gap=12,
                margins=(20, 16, 20, 16),
            )
        )


class AboutDialog(QDialog):
    """Name, version, notice."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About")
        words = (
            "Reads radiographs, CT and MR, runs checked packages on them and shows why they "
            "said so. Everything stays on this computer."
        )
        close = button("Close", self.accept)
        self.setLayout(
            column(
                label("MedImg Workstation", "title"),
                label(f"Version {__version__} · Apache-2.0", "muted"),
                label(words, wrap=True),
                label(RESEARCH_NOTICE, "strong", "warn"),
                row(None, close),
                gap=10,
                margins=(20, 16, 20, 16),
            )
        )
        self.setMinimumWidth(420)
