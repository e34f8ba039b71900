"""Regions: colour, name, size, longest diameter; a click jumps to the best slice."""

from __future__ import annotations

from medimg_workstation.pages.read.marked_row import EYE, Column, Marked, MarkedRow
from medimg_workstation.pages.read.state import Result
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.state import Outlined
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import label
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from medimg.display.wording import measure_line, region_longest, region_size

_SIZE, _LONGEST = 92, 66


class RegionsSection(Section):
    """A table of the marked parts."""

    region_chosen = Signal(str, int)
    """A region was clicked; carries its id and its best slice."""
    hidden_changed = Signal(str, bool)
    """A region's eye was used; carries its id and whether it is hidden."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Regions")
        self._theme = theme
        self._rows: list[MarkedRow] = []
        self.body.setSpacing(0)
        self.show_result(None)

    def show_result(self, result: Result | None) -> None:
        """List the regions of a result; hidden where there are none."""
        self.empty()
        self._rows = []
        outlined = result.outlined if result else ()
        self.setVisible(bool(outlined))
        if not outlined:
            return
        withheld = dict.fromkeys(o.region.withheld for o in outlined if o.region.withheld)
        several = outlined[0].region.mask.shape[0] > 1
        self.say("click jumps to the best slice" if several else "")
        self.body.addWidget(_head([one.region for one in outlined]))
        for one in outlined:
            made = MarkedRow(self._theme, _marked(one))
            made.clicked.connect(lambda _on=False, o=one: self._choose(o))
            made.hidden_changed.connect(self.hidden_changed)
            self._rows.append(made)
            self.body.addWidget(made)
        regions = [one.region for one in outlined]
        for measure in (one for a in result.analyses for one in a.measures) if result else ():
            line = measure_line(measure, regions)
            self.body.addWidget(label(line, "second", wrap=True))
        for reason in withheld:
            self.body.addSpacing(4)
            self.body.addWidget(label(reason, "second", wrap=True))

    def _choose(self, outlined: Outlined) -> None:
        for made in self._rows:
            made.setChecked(made.key == outlined.region.id)
        self.region_chosen.emit(outlined.region.id, outlined.region.best_slice)


def _marked(outlined: Outlined) -> Marked:
    region = outlined.region
    figures = (Column(region_size(region), _SIZE), Column(region_longest(region), _LONGEST))
    tip = region.withheld or "Go to its best slice"
    name = f"region-{region.code}"
    return Marked(region.id, name, region.label, outlined.colour, figures, tip)


def _head(regions) -> QWidget:  # type: ignore[no-untyped-def]
    size = label("volume" if any(r.volume_ml is not None for r in regions) else "area", "second")
    longest = label("longest", "second")
    for text, width in ((size, _SIZE), (longest, _LONGEST)):
        text.setFixedWidth(width)
        text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    head = QWidget()
    layout = QHBoxLayout(head)
    layout.setContentsMargins(0, 0, EYE + 4, 0)
    layout.setSpacing(0)
    layout.addStretch(1)
    layout.addWidget(size)
    layout.addWidget(longest)
    return head
