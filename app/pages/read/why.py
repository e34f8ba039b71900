"""Why: the map's method, its badge with a sentence, how it is drawn."""

from __future__ import annotations

from medimg_workstation.pages.read.preparing import METHODS
from medimg_workstation.pages.read.state import Fit, Result, Running
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.state import Mapped
from medimg_workstation.widgets.painted import Chip, Switch
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import clear, column, label, row
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from medimg.display.overlays import OPACITY, EvidenceStyle
from medimg.values.explanation import Badge

#: Token and icon of each badge.
BADGES = {
    Badge.SUPPORTED: ("ok", "shield-tick"),
    Badge.WEAK: ("warn", "shield-dash"),
    Badge.NOT_RELIABLE: ("danger", "shield-cross"),
    Badge.NOT_ASSESSED: ("muted", "shield-dashed"),
}
_NOT_ASSESSED = "The checks that give this map a badge have not been run."


class WhySection(Section):
    """One map at a time; a method that is not computed yet is computed when it is chosen."""

    map_chosen = Signal(object)
    """Another `Mapped` is to be drawn, or None."""
    style_changed = Signal(object)
    """The sliders moved; carries an `EvidenceStyle`."""
    shown_changed = Signal(bool)
    """The switch moved."""
    more_wanted = Signal(str, str)
    """A method that is not computed yet; carries package id and method."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Why")
        self._theme = theme
        self._maps: tuple[Mapped, ...] = ()
        self._more: tuple[tuple[str, str, str], ...] = ()
        self._current: Mapped | None = None
        self._switch = Switch(theme, "Show the map")
        self._switch.setObjectName("map-switch")
        self._switch.toggled.connect(self.shown_changed)
        self.head.addWidget(self._switch)
        self._box = QComboBox()
        self._box.setObjectName("method-box")
        self._box.setAccessibleName("Method")
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._box.activated.connect(self._choose)
        self._chip_place = QHBoxLayout()
        self._sentence = label("", "small", wrap=True)
        self._opacity = _slider("Opacity", round(OPACITY * 100))
        self._from = _slider("Show from", 10)
        self._opacity_text, self._from_text = label("", "small"), label("", "small")
        for slider in (self._opacity, self._from):
            slider.valueChanged.connect(self._restyle)
        self._build()
        self._show(None)

    def _build(self) -> None:
        head = row(self._box, None)
        head.addLayout(self._chip_place)
        sliders = QWidget()
        sliders.setLayout(
            column(
                _slider_row("Opacity", self._opacity, self._opacity_text),
                _slider_row("Show from", self._from, self._from_text),
                gap=4,
            )
        )
        self._drawing = (self._sentence, sliders, self._switch)
        self.body.addLayout(head)
        self.body.addWidget(self._sentence)
        self.body.addWidget(sliders)

    @property
    def style_of_map(self) -> EvidenceStyle:
        """How the map is to be drawn."""
        bad = self._current is not None and _badge(self._current) is Badge.NOT_RELIABLE
        return EvidenceStyle(self._opacity.value() / 100, self._from.value() / 100, bad)

    def toggle(self) -> None:
        """Turn the map on or off, as its switch does."""
        if self._current is not None:
            self._switch.toggle()

    def show_result(self, result: Result | None, fits: tuple[Fit, ...] | None) -> None:
        """Offer the maps of a result and those that can still be computed."""
        maps = result.maps if result else ()
        more = _more(result, fits)
        if maps == self._maps and more == self._more and self._current in (*maps, None):
            return
        fresh = [m for m in maps if m not in self._maps]
        self._maps, self._more = maps, more
        self._box.clear()
        several = len({m.label for m in maps}) > 1
        for m in maps:
            self._box.addItem(f"{m.method}: {m.label}" if several else m.method)
        for _, method, title in more:
            self._box.addItem(f"{METHODS.get(method, method)} …", title)
        chosen = fresh[-1] if len(fresh) < len(maps) and fresh else maps[0] if maps else None
        self._show(chosen)

    def _show(self, chosen: Mapped | None) -> None:
        self._current = chosen
        self.setVisible(chosen is not None or bool(self._more))
        for widget in self._drawing:
            widget.setVisible(chosen is not None)
        clear(self._chip_place)
        self.title_label.setText(f"Why: {chosen.label}" if chosen else "Why")
        if chosen is not None:
            badge = _badge(chosen)
            self._chip_place.addWidget(Chip(self._theme, badge.value, *BADGES[badge]))
            self._sentence.setText(chosen.explanation.trust.sentence or _NOT_ASSESSED)
            self._box.setCurrentIndex(self._maps.index(chosen))
            self._switch.setChecked(badge is not Badge.NOT_RELIABLE)
        self.map_chosen.emit(chosen)
        self._restyle()

    def _choose(self, place: int) -> None:
        if place < len(self._maps):
            self._show(self._maps[place])
            return
        package_id, method, _ = self._more[place - len(self._maps)]
        if self._current is not None:
            self._box.setCurrentIndex(self._maps.index(self._current))
        self.more_wanted.emit(package_id, method)

    def _restyle(self) -> None:
        style = self.style_of_map
        self._opacity_text.setText(f"{style.opacity * 100:.0f} %")
        self._from_text.setText(f"{style.show_from:.2f}")
        self.style_changed.emit(style)


def _more(result: Result | None, fits: tuple[Fit, ...] | None) -> tuple[tuple[str, str, str], ...]:
    """(package id, method, title) of maps that the packages with an answer offer beyond it."""
    if result is None or not fits:
        return ()
    made = {(a.package.id, e.method) for a in result.analyses for e in a.explanations}
    answered = {a.package.id for a in result.analyses}
    return tuple(
        (f.package_id, method, f.title)
        for f in fits
        if f.package_id in answered and not isinstance(f.run, Running)
        for method in f.maps
        if (f.package_id, method) not in made
    )


def _badge(mapped: Mapped) -> Badge:
    return mapped.explanation.trust.badge


def _slider(name: str, value: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setValue(value)
    slider.setAccessibleName(name)
    slider.setObjectName(name.lower().replace(" ", "-"))
    return slider


def _slider_row(name: str, slider: QSlider, text: QLabel) -> QHBoxLayout:
    title = label(name, "second")
    title.setFixedWidth(64)
    text.setFixedWidth(40)
    text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return row(title, slider, text)
