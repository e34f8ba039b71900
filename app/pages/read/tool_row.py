"""The row of tools above the image: one icon each, names on hover, and the window's preset."""

from __future__ import annotations

from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.text import label, line, row
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QComboBox, QToolButton, QWidget

from medimg.display.corner_text import window_text
from medimg.display.wording import number
from medimg.values.series import Window


class ToolRow(QWidget):
    """Buttons of actions; a window box that names each preset with its numbers."""

    window_chosen = Signal(object)
    """The reader chose a `Window` of the list."""

    def __init__(self, theme: Theme, groups: tuple[tuple[QAction, ...], ...]) -> None:
        super().__init__()
        self.setObjectName("tools")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(max(40, line_height() + 20))
        self._windows: tuple[Window, ...] = ()
        buttons: list[QWidget | int | None] = []
        for i, group in enumerate(groups):
            if i:
                separator = line(upright=True)
                separator.setFixedHeight(20)
                buttons += [2, separator, 2]
            buttons += [_tool_button(action) for action in group]
        self._box = QComboBox()
        self._box.setObjectName("window-box")
        self._box.setAccessibleName("Window")
        self._box.setMinimumWidth(210)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._box.activated.connect(self._choose)
        name = label("Window", "muted")
        name.setFixedWidth(56)
        name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = row(*buttons, None, name, self._box, gap=3, margins=(8, 0, 8, 0))
        self.setLayout(layout)

    def show_windows(self, windows: tuple[Window, ...], current: Window | None) -> None:
        """List the windows of an image and name the one in force."""
        if windows != self._windows:
            self._windows = windows
            self._box.clear()
            for window in windows:
                self._box.addItem(_title(window))
        self._box.setEnabled(bool(windows))
        if current in windows:
            if self._box.count() > len(windows):
                self._box.removeItem(len(windows))
            self._box.setCurrentIndex(windows.index(current))
        elif current is not None:
            words = _title(current)
            if self._box.count() > len(windows):
                self._box.setItemText(len(windows), words)
            else:
                self._box.addItem(words)
            self._box.setCurrentIndex(len(windows))
        self._box.setToolTip(window_text(current))

    def _choose(self, place: int) -> None:
        if place < len(self._windows):
            self.window_chosen.emit(self._windows[place])


def _title(window: Window) -> str:
    digits = 0 if window.width >= 20 else 2
    numbers = f"{number(window.width, digits)} / {number(window.center, digits)}"
    name = window.name or "File window"
    return f"{name[0].upper()}{name[1:]} {numbers}"


def _tool_button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setFixedSize(32, 32)
    button.setIconSize(QSize(20, 20))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setAccessibleName(action.text())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def exclusive(parent: QWidget, actions: tuple[QAction, ...]) -> QActionGroup:
    """Let one of some checkable actions be on at a time."""
    group = QActionGroup(parent)
    for action in actions:
        group.addAction(action)
    return group
