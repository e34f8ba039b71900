"""A section of the model's column: a head of 36 and what stands under it."""

from __future__ import annotations

from medimg_workstation.theme import line_height
from medimg_workstation.widgets.text import clear, label, line
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


class Section(QFrame):
    """Head with a title and a short note at the right; body below."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._title = label(title, "strong")
        self.note = label("", "second")
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(8)
        self.head.addWidget(self._title)
        self.head.addStretch(1)
        self.head.addWidget(self.note)
        head = QWidget()
        head.setFixedHeight(max(36, line_height() + 16))
        head.setLayout(self.head)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        inner = QVBoxLayout()
        inner.setContentsMargins(12, 0, 12, 10)
        inner.setSpacing(2)
        inner.addWidget(head)
        inner.addLayout(self.body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(inner)
        outer.addWidget(line())

    @property
    def title_label(self) -> QLabel:
        """The title, for sections whose title says what they are about."""
        return self._title

    def empty(self) -> None:
        """Take everything out of the body."""
        clear(self.body)

    def say(self, note: str, tone: str = "") -> None:
        """Write the note at the head's right."""
        self.note.setText(note)
        if self.note.property("tone") != tone:
            self.note.setProperty("tone", tone)
            self.note.style().polish(self.note)
