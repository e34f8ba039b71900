"""Sentences above a page: what happened, what to do, and a way to put them away."""

from __future__ import annotations

from typing import Protocol

from medimg_workstation.theme import Theme
from medimg_workstation.widgets.text import Picture, clear, label, row
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

_ICONS = {"warn": "alert", "danger": "cross", "ok": "check"}


class Sentence(Protocol):
    """What a bar shows."""

    @property
    def number(self) -> int:
        """Key of the bar."""

    @property
    def sentence(self) -> str:
        """What happened and what to do."""

    @property
    def tone(self) -> str:
        """A token: ok, warn or danger."""


class BarStack(QWidget):
    """The bars that are up, one below the other."""

    dismissed = Signal(int)
    """A bar was put away; carries its number."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.hide()

    def show_bars(self, bars: tuple[Sentence, ...]) -> None:
        """Draw other bars; nothing takes up room where there are none."""
        clear(self._column)
        for bar in bars[-4:]:
            self._column.addWidget(self._bar(bar))
        self.setVisible(bool(bars))

    def _bar(self, bar: Sentence) -> QFrame:
        frame = QFrame()
        frame.setProperty("kind", "bar")
        frame.setObjectName(f"bar-{bar.number}")
        icon = Picture(self._theme, _ICONS[bar.tone], bar.tone, 16)
        text = label(bar.sentence, "", wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        close.setIcon(self._theme.icon("cross", "muted"))
        close.setFixedSize(24, 24)
        close.setAccessibleName("Put away")
        close.setToolTip("Put away")
        close.clicked.connect(lambda _on=False, number=bar.number: self.dismissed.emit(number))
        layout = row(icon, text, close, gap=10, margins=(12, 6, 8, 6))
        layout.setStretch(1, 1)
        frame.setLayout(layout)
        return frame
