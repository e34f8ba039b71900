"""From the file: what others marked on this series; apart from the model's regions."""

from __future__ import annotations

from medimg_workstation.pages.read.marked_row import Column, Marked, MarkedRow
from medimg_workstation.pages.read.state import FromFile
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.state import Laid
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import label
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from medimg.display.layers import layer_words
from medimg.display.wording import date, joined, number
from medimg.values.layers import LayerKind
from medimg.values.series import DerivedObject

_FIGURE = 108
#: Rows of one object that are made at once; a whole-body label map has more than a hundred.
MOST_ROWS = 16
#: Sentences of one object that are shown; the rest is counted.
MOST_SENTENCES = 3


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
        self._rows: list[tuple[Laid, MarkedRow]] = []
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
        made = MarkedRow(self._theme, _marked(laid), is_hidden=laid.key in hidden)
        made.clicked.connect(lambda _on=False, key=laid.key: self._choose(key))
        made.hidden_changed.connect(self.hidden_changed)
        self._rows.append((laid, made))
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
        for laid, made in self._rows:
            made.setChecked(laid.key == key)
            if laid.key == key and laid.layer.slices:
                self.layer_chosen.emit(key, laid.layer.best_slice)


def _marked(laid: Laid) -> Marked:
    layer = laid.layer
    figure = Column(layer_words(layer), _FIGURE)
    return Marked(laid.key, f"layer-{layer.name}", layer.name, laid.colour, (figure,), _tip(laid))


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
