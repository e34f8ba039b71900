"""Regions: colour, name, size, longest diameter; a click jumps to the best slice."""

from __future__ import annotations

from medimg_workstation.pages.read.state import Result
from medimg_workstation.theme import Theme, face
from medimg_workstation.viewport.state import Outlined
from medimg_workstation.widgets.painted import Swatch
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import label
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QToolButton, QWidget

from medimg.display.wording import region_longest, region_size

ROW = 28
_SIZE, _LONGEST, _EYE = 92, 66, 26


class RegionRow(QAbstractButton):
    """One region; the row is the button, the eye at its right hides it."""

    hidden_changed = Signal(str, bool)
    """The eye was used; carries the label and whether the region is hidden now."""

    def __init__(self, theme: Theme, outlined: Outlined) -> None:
        super().__init__()
        self._theme, self._outlined = theme, outlined
        region = outlined.region
        self._words = (region.label, region_size(region), region_longest(region))
        self.setAccessibleName(", ".join(self._words))
        self.setObjectName(f"region-{region.code}")
        self.setCheckable(True)
        self.setFixedHeight(ROW)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(region.withheld or "Go to its best slice")
        eye = QToolButton()
        eye.setCheckable(True)
        eye.setFixedSize(24, 24)
        eye.setIconSize(QSize(16, 16))
        eye.setIcon(theme.icon("eye", "muted"))
        eye.setAccessibleName(f"Hide {region.label}")
        eye.setToolTip("Hide or show")
        eye.toggled.connect(self._toggle_eye)
        self._eye = eye
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.addWidget(Swatch(outlined.colour))
        layout.addStretch(1)
        layout.addWidget(eye)

    @property
    def outlined(self) -> Outlined:
        """The region of this row."""
        return self._outlined

    def _toggle_eye(self, hidden: bool) -> None:
        self._eye.setIcon(self._theme.icon("eye-off" if hidden else "eye", "muted"))
        self.hidden_changed.emit(self._outlined.region.label, hidden)

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
        name_box = QRectF(30, 0, right - _SIZE - _LONGEST - 30, ROW)
        name = painter.fontMetrics().elidedText(
            self._words[0], Qt.TextElideMode.ElideRight, int(name_box.width())
        )
        painter.drawText(name_box, Qt.AlignmentFlag.AlignVCenter, name)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(right - _SIZE - _LONGEST, 0, _SIZE, ROW), flags, self._words[1])
        painter.drawText(QRectF(right - _LONGEST - 4, 0, _LONGEST, ROW), flags, self._words[2])


class RegionsSection(Section):
    """A table of the marked parts."""

    region_chosen = Signal(str, int)
    """A region was clicked; carries its label and its best slice."""
    hidden_changed = Signal(str, bool)
    """A region's eye was used; carries its label and whether it is hidden."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Regions")
        self._theme = theme
        self._rows: list[RegionRow] = []
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
        self.body.addWidget(_head([o.region for o in outlined]))
        for one in outlined:
            made = RegionRow(self._theme, one)
            made.clicked.connect(lambda _on=False, o=one: self._choose(o))
            made.hidden_changed.connect(self.hidden_changed)
            self._rows.append(made)
            self.body.addWidget(made)
        for reason in withheld:
            self.body.addSpacing(4)
            self.body.addWidget(label(reason, "second", wrap=True))

    def _choose(self, outlined: Outlined) -> None:
        for made in self._rows:
            made.setChecked(made.outlined is outlined)
        self.region_chosen.emit(outlined.region.label, outlined.region.best_slice)


def _head(regions) -> QWidget:  # type: ignore[no-untyped-def]
    size = label("volume" if any(r.volume_ml is not None for r in regions) else "area", "second")
    longest = label("longest", "second")
    for text, width in ((size, _SIZE), (longest, _LONGEST)):
        text.setFixedWidth(width)
        text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    head = QWidget()
    layout = QHBoxLayout(head)
    layout.setContentsMargins(0, 0, _EYE + 4, 0)
    layout.setSpacing(0)
    layout.addStretch(1)
    layout.addWidget(size)
    layout.addWidget(longest)
    return head
