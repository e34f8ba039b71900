"""The row of tools above the image: one icon each, names on hover, and the window's preset."""

from __future__ import annotations

from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.text import line, row
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QComboBox, QMenu, QSizePolicy, QToolButton, QWidget

from medimg.display.corner_text import window_text
from medimg.display.cuts import Projection, Slab
from medimg.display.wording import number
from medimg.values.series import Window

#: Slabs to choose from.
SLABS = (
    Slab(),
    *(Slab(mm, Projection.MEAN) for mm in (3.0, 5.0, 10.0)),
    *(Slab(mm, Projection.MAXIMUM) for mm in (5.0, 10.0, 20.0, 40.0)),
    *(Slab(mm, Projection.MINIMUM) for mm in (5.0, 10.0, 20.0)),
)


class ToolRow(QWidget):
    """Buttons of actions; a window box that names each preset with its numbers."""

    window_chosen = Signal(object)
    """The reader chose a `Window` of the list."""
    slab_chosen = Signal(object)
    """The reader chose a `Slab`."""

    def __init__(self, theme: Theme, groups: tuple[tuple[QAction, ...], ...]) -> None:
        super().__init__()
        self.setObjectName("tools")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(max(40, line_height() + 20))
        self._windows: tuple[Window, ...] = ()
        self._groups = tuple(_Group(group, is_first=not i) for i, group in enumerate(groups))
        self._more = QToolButton()
        self._more.setFixedSize(32, 32)
        self._more.setText("…")
        self._more.setToolTip("More tools")
        self._more.setAccessibleName("More tools")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(QMenu(self._more))
        self._box = QComboBox()
        self._box.setObjectName("window-box")
        self._box.setAccessibleName("Window")
        self._box.setMinimumWidth(150)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._box.activated.connect(self._choose)
        self._slab = QComboBox()
        self._slab.setObjectName("slab-box")
        self._slab.setAccessibleName("Slab")
        self._slab.setToolTip("Thickness of the cuts, and what is drawn of it")
        for slab in SLABS:
            self._slab.addItem(_slab_title(slab))
        self._slab.setMinimumWidth(96)
        self._slab.activated.connect(lambda place: self.slab_chosen.emit(SLABS[place]))
        parts = (*self._groups, self._more, None, self._slab, self._box)
        self.setLayout(row(*parts, gap=3, margins=(8, 0, 8, 0)))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fold()

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fold()
        super().resizeEvent(event)

    def _fold(self) -> None:
        """Show as many groups as there is room for; the tools of the others stand in a menu."""
        boxes = self._slab.sizeHint().width() + self._box.sizeHint().width()
        room = self.width() - boxes - self._more.width() - 40
        menu = self._more.menu()
        menu.clear()
        for group in self._groups:
            room -= group.sizeHint().width() + 3
            group.setVisible(room >= 0)
            if room < 0:
                menu.addActions(list(group.tools))
        self._more.setVisible(not menu.isEmpty())

    def show_slab(self, slab: Slab, *, can_be_thick: bool) -> None:
        """Name the slab in force; one image has no thickness to choose."""
        self._slab.setEnabled(can_be_thick)
        self._slab.setCurrentIndex(SLABS.index(slab) if slab in SLABS else -1)

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


class _Group(QWidget):
    """Buttons of tools that belong together, with a line before them."""

    def __init__(self, tools: tuple[QAction, ...], *, is_first: bool) -> None:
        super().__init__()
        self.tools = tools
        parts: list[QWidget | int | None] = [_tool_button(action) for action in tools]
        if not is_first:
            separator = line(upright=True)
            separator.setFixedHeight(20)
            parts = [2, separator, 2, *parts]
        self.setLayout(row(*parts, gap=3))


def _slab_title(slab: Slab) -> str:
    if not slab.thickness_mm:
        return "No slab"
    return f"{number(slab.thickness_mm)} mm {slab.projection.value}"


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
