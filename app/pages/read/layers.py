"""From the file: what others marked on this series; apart from the model's regions."""

from __future__ import annotations

from medimg_workstation.pages.read.state import FromFile
from medimg_workstation.theme import Theme, face
from medimg_workstation.viewport.state import Laid
from medimg_workstation.widgets.painted import Swatch
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import label
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QPushButton, QToolButton

from medimg.display.layers import layer_words
from medimg.display.wording import date, joined, number
from medimg.values.layers import LayerKind
from medimg.values.series import DerivedObject

ROW = 28
_FIGURE, _EYE = 108, 26
#: Rows of one object that are made at once; a whole-body label map has more than a hundred.
MOST_ROWS = 16
#: Sentences of one object that are shown; the rest is counted.
MOST_SENTENCES = 3


class LayerRow(QAbstractButton):
    """One layer; the row is the button, the eye at its right hides it."""

    hidden_changed = Signal(str, bool)
    """The eye was used; carries the key and whether the layer is hidden now."""

    def __init__(self, theme: Theme, laid: Laid, *, is_hidden: bool) -> None:
        super().__init__()
        self._theme, self.laid = theme, laid
        self._words = (laid.layer.name, layer_words(laid.layer))
        self.setAccessibleName(", ".join(word for word in self._words if word))
        self.setObjectName(f"layer-{laid.layer.name}")
        self.setCheckable(True)
        self.setFixedHeight(ROW)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(_tip(laid))
        self._eye = self._eye_button(is_hidden)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.addWidget(Swatch(laid.colour))
        layout.addStretch(1)
        layout.addWidget(self._eye)

    def _eye_button(self, is_hidden: bool) -> QToolButton:
        eye = QToolButton()
        eye.setCheckable(True)
        eye.setChecked(is_hidden)
        eye.setFixedSize(24, 24)
        eye.setIconSize(QSize(16, 16))
        eye.setIcon(self._theme.icon("eye-off" if is_hidden else "eye", "muted"))
        eye.setAccessibleName(f"Hide {self.laid.layer.name}")
        eye.setToolTip("Hide or show")
        eye.toggled.connect(self._toggle_eye)
        return eye

    def _toggle_eye(self, hidden: bool) -> None:
        self._eye.setIcon(self._theme.icon("eye-off" if hidden else "eye", "muted"))
        self.hidden_changed.emit(self.laid.key, hidden)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.hasFocus():
            painter.setBrush(self._theme.colour("selected" if self.isChecked() else "panel"))
            focus = QPen(self._theme.colour("accent"), 2)
            painter.setPen(focus if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.setPen(self._theme.colour("text"))
        painter.setFont(face(13, 600 if self.isChecked() else 400))
        right = self.width() - _EYE
        room = _FIGURE if self._words[1] else 0
        box = QRectF(30, 0, right - room - 34, ROW)
        name = painter.fontMetrics().elidedText(
            self._words[0], Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(right - _FIGURE - 4, 0, _FIGURE, ROW), flags, self._words[1])


class LayersSection(Section):
    """The objects that speak of the open series, each with its layers."""

    layer_chosen = Signal(str, int)
    """A layer was clicked; carries its key and its best slice."""
    hidden_changed = Signal(str, bool)
    """A layer's eye was used; carries its key and whether it is hidden."""
    presentation_chosen = Signal(object)
    """A presentation state was chosen, or given up (None); carries the `Laid`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("From the file")
        self._theme = theme
        self._rows: list[LayerRow] = []
        self._states: list[QPushButton] = []
        self.body.setSpacing(0)
        self.show_layers(None, frozenset())

    def show_layers(self, found: FromFile | None, hidden: frozenset[str]) -> None:
        """List what objects say; hidden where none speaks of the series."""
        self.empty()
        self._rows, self._states = [], []
        self.setVisible(found is not None)
        if found is None:
            return
        self.say(found.note or "by others, not by a model")
        for object_ in found.objects:
            self._add_object(object_, found, hidden)

    def _add_object(self, object_: DerivedObject, found: FromFile, hidden: frozenset[str]) -> None:
        own = [laid for laid in found.laid if laid.layer.object_id == object_.id]
        head = label(joined(object_.kind.value.capitalize(), object_.label), wrap=True)
        head.setAccessibleName(object_.title)
        self.body.addWidget(head)
        whose = joined(object_.author, date(object_.date))
        if whose:
            self.body.addWidget(label(whose, "second", wrap=True))
        for laid in own:
            if laid.layer.presentation is not None:
                self._add_state(laid)
        rows = [laid for laid in own if laid.is_drawn]
        for laid in rows[:MOST_ROWS]:
            self._add_row(laid, hidden)
        if len(rows) > MOST_ROWS:
            self._add_rest(rows[MOST_ROWS:], hidden)
        self._add_sentences(object_, own)
        self.body.addSpacing(8)

    def _add_row(self, laid: Laid, hidden: frozenset[str], at: int | None = None) -> None:
        made = LayerRow(self._theme, laid, is_hidden=laid.key in hidden)
        made.clicked.connect(lambda _on=False, key=laid.key: self._choose(key))
        made.hidden_changed.connect(self.hidden_changed)
        self._rows.append(made)
        if at is None:
            self.body.addWidget(made)
        else:
            self.body.insertWidget(at, made)

    def _add_rest(self, rest: list[Laid], hidden: frozenset[str]) -> None:
        """A button that makes the further rows when they are asked for."""
        more = QPushButton(f"Show {number(len(rest))} more")
        more.setObjectName("more-layers")

        def show() -> None:
            at = self.body.indexOf(more)
            more.hide()
            for place, laid in enumerate(rest):
                self._add_row(laid, hidden, at + place)

        more.clicked.connect(show)
        self.body.addWidget(more)

    def _add_state(self, laid: Laid) -> None:
        """A presentation state is a choice: one at a time, or none."""
        button = QPushButton(f"Show as \u201c{laid.layer.name}\u201d")
        button.setObjectName(f"state-{laid.layer.name}")
        button.setCheckable(True)
        button.setToolTip("Window, turn, shutter and polarity as its author chose them")
        button.toggled.connect(lambda on, b=button, one=laid: self._choose_state(b, one, on))
        self._states.append(button)
        self.body.addWidget(button)

    def _choose_state(self, button: QPushButton, laid: Laid, on: bool) -> None:
        for other in self._states:
            if on and other is not button:
                other.blockSignals(True)
                other.setChecked(False)
                other.blockSignals(False)
        self.presentation_chosen.emit(laid if on else None)

    def _add_sentences(self, object_: DerivedObject, own: list[Laid]) -> None:
        told = [
            p.sentence for p in (*object_.problems, *(p for o in own for p in o.layer.problems))
        ]
        sentences = list(dict.fromkeys(told))
        for sentence in sentences[:MOST_SENTENCES]:
            self.body.addWidget(label(sentence, "second", wrap=True))
        if len(sentences) > MOST_SENTENCES:
            rest = f"{number(len(sentences) - MOST_SENTENCES)} more remarks of this kind."
            self.body.addWidget(label(rest, "second", wrap=True))

    def _choose(self, key: str) -> None:
        for made in self._rows:
            made.setChecked(made.laid.key == key)
            if made.laid.key == key and made.laid.layer.slices:
                self.layer_chosen.emit(key, made.laid.layer.best_slice)


def _tip(laid: Laid) -> str:
    """All figures, the code, and what a click does."""
    layer = laid.layer
    figures = [f"{f.name}: {f.value:.4g} {f.unit}".strip() for f in layer.figures]
    named = layer.code
    code = [f"{named.meaning} ({named.value}, {named.scheme})"] if named else []
    where = [] if layer.is_own_series else ["Drawn on another series of the same space"]
    lead = (
        "Go to its best slice" if layer.kind is not LayerKind.MAP else "Go to its strongest slice"
    )
    return "\n".join([*code, *figures, *where, lead])
