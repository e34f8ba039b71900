"""The rail at the left: one button a page, help at its foot."""

from __future__ import annotations

from medimg_workstation.pages import PAGES
from medimg_workstation.theme import Theme, line_height, scaled
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

WIDTH = 56


class Rail(QWidget):
    """Chooses pages."""

    page_chosen = Signal(str)
    """Another page; carries its key of `PAGES`."""
    help_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(scaled(WIDTH))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 1, 6)
        layout.setSpacing(0)
        for name, page in PAGES.items():
            made = self._button(page.title, page.icon)
            made.setCheckable(True)
            made.setObjectName(f"rail-{name}")
            made.setToolTip(f"{page.title} ({page.key})")
            made.setShortcut(page.key)
            made.clicked.connect(lambda _on=False, key=name: self.page_chosen.emit(key))
            self._group.addButton(made)
            self._buttons[name] = made
            layout.addWidget(made)
        layout.addStretch(1)
        self._help = self._button("Help", "help")
        self._help.clicked.connect(self.help_wanted)
        layout.addWidget(self._help)
        self.tint()
        theme.changed.connect(self.tint)

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        self._buttons[name].setChecked(True)

    def tint(self) -> None:
        """Draw the icons in the theme's colours."""
        for name, made in self._buttons.items():
            made.setIcon(self._theme.icon(PAGES[name].icon, "muted", on="accent"))
        self._help.setIcon(self._theme.icon("help", "muted"))

    def _button(self, title: str, icon: str) -> QToolButton:
        made = QToolButton()
        made.setProperty("kind", "rail")
        made.setText(title)
        made.setAccessibleName(title)
        made.setIconSize(QSize(20, 20))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setFixedSize(scaled(WIDTH) - 1, max(56, 20 + line_height(10) + 18))
        return made
