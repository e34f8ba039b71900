"""The command palette: every command of the window by a few of its letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medimg_workstation.widgets.text import column
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

#: Width of the palette, and how many commands it shows at once.
WIDTH, SHOWN = 520, 12


def ranked(words: str, titles: Sequence[str]) -> list[int]:
    """Places of the titles that hold all letters of `words` in order, best first.

    A title that begins with the words comes before one with a word that does, then one that holds
    them somewhere, then one that holds their letters in order.
    """
    wanted = words.lower().strip()
    if not wanted:
        return list(range(len(titles)))
    found = [(_rank(wanted, title.lower()), place) for place, title in enumerate(titles)]
    return [place for rank, place in sorted(found) if rank < 4]


def _rank(wanted: str, title: str) -> int:
    if title.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in title.split()):
        return 1
    if wanted in title:
        return 2
    letters = iter(title)
    return 3 if all(letter in letters for letter in wanted.replace(" ", "")) else 4


class Palette(QDialog):
    """A line to type in, and the commands that match."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setAccessibleName("Commands")
        self._commands = [action for action in actions.values() if action.text()]
        self._titles = [action.text() for action in self._commands]
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type a command")
        self.line.setAccessibleName("Type a command")
        self.list = QListWidget()
        self.list.setObjectName("palette-list")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Matching commands")
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._run)
        self.list.itemClicked.connect(self._run)
        self.line.installEventFilter(self)
        self.setLayout(column(self.line, self.list, gap=6, margins=(10, 10, 10, 10)))
        self.resize(WIDTH, 44 + SHOWN * 30)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._search("")
        self.line.setFocus()

    def _search(self, words: str) -> None:
        self.list.clear()
        for place in ranked(words, self._titles):
            action = self._commands[place]
            keys = ", ".join(key.toString() for key in action.shortcuts()[:1])
            item = QListWidgetItem(f"{action.text()}    {keys}".rstrip())
            item.setIcon(action.icon())
            item.setData(Qt.ItemDataRole.UserRole, place)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        self.accept()
        if item is not None:
            self._commands[item.data(Qt.ItemDataRole.UserRole)].trigger()

    def changeEvent(self, event: QEvent) -> None:
        """Go away when the hand goes elsewhere."""
        if event.type() is QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.reject()
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down choose in the list while the line keeps the focus."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if steps and self.list.count():
                row = min(self.list.count() - 1, max(0, self.list.currentRow() + steps))
                self.list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)
