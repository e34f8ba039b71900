"""The reading page's view: draws a `ReadState`, emits what the hand did."""

from __future__ import annotations

from medimg_workstation.pages.read.banner import Banner, ProblemSummary
from medimg_workstation.pages.read.findings import FindingsSection
from medimg_workstation.pages.read.fits import FitsSection
from medimg_workstation.pages.read.image_area import ImageArea
from medimg_workstation.pages.read.layers import LayersSection
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.pages.read.regions import RegionsSection
from medimg_workstation.pages.read.report import ReportSection
from medimg_workstation.pages.read.series_list import WIDTH, SeriesList
from medimg_workstation.pages.read.state import (
    Empty,
    FromFile,
    Refused,
    Result,
    Shown,
)
from medimg_workstation.pages.read.why import WhySection
from medimg_workstation.theme import Theme, scaled
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.state import Laid
from medimg_workstation.widgets.bars import BarStack
from medimg_workstation.widgets.text import column, line
from medimg_workstation.work import Work
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from medimg.values.problems import Severity

MODEL_WIDTH = 360
#: Below this window width the model's column steps aside until it is asked for (F9).
NARROW = 1366
#: What may follow the picture waits so long that it is painted first.
AFTER_PAINT_MS = 20


class ReadPage(QWidget):
    """Banner on top; series, viewport and the model's column below."""

    series_chosen = Signal(str)
    more_series_wanted = Signal()
    run_wanted = Signal(str)
    stop_wanted = Signal(str)
    card_wanted = Signal(str)
    more_map_wanted = Signal(str, str)
    preview_wanted = Signal()
    export_wanted = Signal()
    folder_wanted = Signal()
    problems_wanted = Signal()
    bar_dismissed = Signal(int)
    viewport_activated = Signal(int)
    series_dropped = Signal(int, str)
    place_asked = Signal(object, bool)

    def __init__(self, theme: Theme, tools: tuple[tuple[QAction, ...], ...], work: Work) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme = theme
        self._state: ReadState = Empty()
        self._drawn: dict[str, object] = {}
        self._impressions: dict[str, str] = {}
        self._laid: dict[str, Result | None] = {}
        self._from_files: dict[str, FromFile | None] = {}
        self._is_narrow = False
        self._fits_due = QTimer(self)
        self._fits_due.setSingleShot(True)
        self._fits_due.setInterval(AFTER_PAINT_MS)
        self._fits_due.timeout.connect(self._show_fits)
        self._build(tools, work)
        self._connect()
        self.show_state(Empty())

    def _build(self, tools: tuple[tuple[QAction, ...], ...], work: Work) -> None:
        theme = self._theme
        self.banner, self.summary = Banner(theme), ProblemSummary(theme)
        self.bars = BarStack(theme)
        self.series_list = SeriesList(theme)
        self.images = ImageArea(theme, tools, work)
        self.fits, self.findings = FitsSection(theme), FindingsSection(theme)
        self.why, self.regions, self.report = (
            WhySection(theme),
            RegionsSection(theme),
            ReportSection(theme),
        )
        self.layers = LayersSection(theme)
        self._series_panel = _panel("series", self.series_list)
        parts = (self.fits, self.findings, self.why, self.regions, self.layers)
        sections = QWidget()
        sections.setLayout(column(*parts, None, gap=0))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(sections)
        self.report.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._model_panel = _panel("model", self.summary, scroll, line(), self.report)
        left_side = QWidget()
        self._inner = QSplitter(Qt.Orientation.Horizontal)
        self._inner.addWidget(self._series_panel)
        self._inner.addWidget(self.images)
        left_side.setLayout(column(self.banner, self.bars, self._inner, gap=0))
        self._outer = QSplitter(Qt.Orientation.Horizontal)
        self._outer.addWidget(left_side)
        self._outer.addWidget(self._model_panel)
        for splitter, place in ((self._inner, 1), (self._outer, 0)):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
            splitter.setStretchFactor(place, 1)
            splitter.setStretchFactor(1 - place, 0)
        self._series_panel.setMinimumWidth(scaled(WIDTH))
        self._model_panel.setMinimumWidth(300)
        self._inner.setSizes([scaled(WIDTH), 2000])
        self._outer.setSizes([2000, scaled(MODEL_WIDTH)])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._outer)

    def _connect(self) -> None:
        self.series_list.chosen.connect(self.series_chosen)
        self.series_list.more_wanted.connect(self.more_series_wanted)
        self.fits.run_wanted.connect(self.run_wanted)
        self.fits.stop_wanted.connect(self.stop_wanted)
        self.fits.card_wanted.connect(self.card_wanted)
        self.why.map_chosen.connect(self._map_chosen)
        self.why.style_changed.connect(self._style_changed)
        self.why.shown_changed.connect(self._map_shown)
        self.why.more_wanted.connect(self.more_map_wanted)
        self.regions.region_chosen.connect(self._region_chosen)
        self.regions.hidden_changed.connect(self._region_hidden)
        self.layers.layer_chosen.connect(self._layer_chosen)
        self.layers.hidden_changed.connect(self._layer_hidden)
        self.layers.presentation_chosen.connect(self._presentation_chosen)
        self.report.preview_wanted.connect(self.preview_wanted)
        self.report.export_wanted.connect(self.export_wanted)
        self.report.folder_wanted.connect(self.folder_wanted)
        self.summary.list_wanted.connect(self.problems_wanted)
        self.bars.dismissed.connect(self.bar_dismissed)
        self.images.viewport_activated.connect(self.viewport_activated)
        self.images.series_dropped.connect(self.series_dropped)
        self.images.place_asked.connect(self.place_asked)

    @property
    def viewport(self) -> Viewport:
        """The active viewport."""
        return self.images.active

    # State in

    def show_state(self, state: ReadState) -> None:
        """Draw a state; parts that did not change are left alone."""
        if isinstance(self._state, Ready):
            self._impressions[self._state.selected] = self.report.impression
        self._state = state
        if isinstance(state, Ready):
            self._show_ready(state)
        else:
            self._show_nothing(state)

    def redraw(self) -> None:
        """Draw everything again, in another theme."""
        self._drawn.clear()
        self.show_state(self._state)

    def _show_nothing(self, state: ReadState) -> None:
        self._drawn.clear()
        self._impressions.clear()
        self._laid.clear()
        self._from_files.clear()
        self.report.show_impression("")
        self.banner.show_series(None, 0, 0)
        self.banner.show_patients(0, 0)
        self.summary.show_series(None)
        self.bars.show_bars(())
        self.series_list.show_scan(None, ())
        words = "Open an image to see which packages fit it."
        self.fits.show_fits(None, words)
        self._show_result(None)
        self.layers.show_layers(None, frozenset())
        self.images.show_nothing(state)
        if isinstance(state, Refused):
            self.summary.show_refused(state.problem, len(state.others))

    def _show_ready(self, state: Ready) -> None:
        self.series_list.show_scan(state.scan, state.listed_series)
        self.series_list.show_parts(state.selected, state.thumbnails, state.answered)
        if self._is_new("bars", state.bars):
            self.bars.show_bars(state.bars)
        if self._is_new("selected", state.selected):
            self.report.show_impression(self._impressions.get(state.selected, ""))
        self.images.show_ready(state)
        if self._is_new("image", (state.selected, state.image)):
            self._show_image(state)
        if self._is_new("fits", state.fits):
            if not state.fits:
                self._show_fits()
            elif not self._fits_due.isActive():
                self._fits_due.start()
        if self._is_new("result", (state.selected, state.result)):
            self._show_result(state)
        if self._is_new("layers", (state.selected, state.from_file)):
            self._show_layers(state)
        if self._is_new("maps", (state.result, state.fits)):
            self.why.show_result(state.result, state.fits)
        self.report.show_result(state.result, state.export_folder)

    def _show_fits(self) -> None:
        """Cards of packages, once the image stands: both at once would take too long."""
        if isinstance(self._state, Ready):
            waiting = "Packages are judged once the image is read."
            self.fits.show_fits(self._state.fits, waiting)

    def _is_new(self, part: str, value: object) -> bool:
        if part in self._drawn and self._drawn[part] == value:
            return False
        self._drawn[part] = value
        return True

    def _show_image(self, state: Ready) -> None:
        series = state.image.series if isinstance(state.image, Shown) else state.series
        ids = [s.id for s in state.scan.series]
        place = ids.index(state.selected) + 1 if series is not None else 0
        self.banner.show_series(series, place, len(ids))
        patients = list(dict.fromkeys((s.patient.id, s.patient.name) for s in state.scan.series))
        whose = (series.patient.id, series.patient.name) if series is not None else patients[0]
        self.banner.show_patients(patients.index(whose), len(patients))
        if isinstance(state.image, Shown):
            self.series_list.show_read(state.image.series)
        others = sum(p.severity is Severity.PROBLEM for p in state.scan.problems)
        self.summary.show_series(series, others)

    def _show_result(self, state: Ready | None) -> None:
        result = state.result if state else None
        self.findings.show_result(result)
        self.regions.show_result(result)
        if state is None:
            self.why.show_result(None, None)
            self.report.show_result(None, "")
        if state is not None and self._laid.get(state.selected) is not result:
            self._laid[state.selected] = result
            self.images.lay_result(state.selected, result)
        elif state is not None:
            self.images.lay(state.selected, hidden=frozenset(), selected="")

    def _show_layers(self, state: Ready) -> None:
        """List and lay what the files say."""
        found = state.from_file
        if self._from_files.get(state.selected) is not found:
            self._from_files[state.selected] = found
            self.images.lay_layers(state.selected, found)
        self.layers.show_layers(found, self.images.overlays_of(state.selected).hidden_layers)

    # What the hand did

    def fold(self, *, series: bool | None = None, model: bool | None = None) -> None:
        """Fold or unfold the side panels."""
        if series is not None:
            self._series_panel.setVisible(series)
        if model is not None:
            self._model_panel.setVisible(model)

    @property
    def is_folded(self) -> tuple[bool, bool]:
        """Whether the series list and the model's column are folded away."""
        return self._series_panel.isHidden(), self._model_panel.isHidden()

    def sizes(self) -> tuple[list[int], list[int]]:
        """Widths of the panels, to be remembered."""
        return self._inner.sizes(), self._outer.sizes()

    def set_sizes(self, inner: list[int], outer: list[int]) -> None:
        """Give the panels remembered widths."""
        self._inner.setSizes(inner)
        self._outer.setSizes(outer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.images.grid.hold_overlays(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.images.grid.hold_overlays(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.ActivationChange:
            self.images.grid.hold_overlays(False)
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_narrow = self.window().width() < NARROW
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self._model_panel.setVisible(not is_narrow)
        super().resizeEvent(event)

    @property
    def _selected(self) -> str:
        return self._state.selected if isinstance(self._state, Ready) else ""

    def _map_chosen(self, mapped: object) -> None:
        self.images.lay(self._selected, evidence=mapped)

    def _style_changed(self, style: object) -> None:
        self.images.lay(self._selected, style=style)

    def _map_shown(self, is_shown: bool) -> None:
        self.images.lay(self._selected, is_evidence_shown=is_shown)

    def _region_chosen(self, region_id: str, best_slice: int) -> None:
        self.images.lay(self._selected, selected=region_id)
        self.images.go_to_slice(self._selected, best_slice)
        regions = self.images.overlays_of(self._selected).regions
        chosen = next((o.region for o in regions if o.region.id == region_id), None)
        if chosen is not None:
            self.images.go_to_point(self._selected, chosen.centroid)

    def _region_hidden(self, region_id: str, is_hidden: bool) -> None:
        now, one = self.images.overlays_of(self._selected).hidden, {region_id}
        self.images.lay(self._selected, hidden=now | one if is_hidden else now - one)

    def _layer_chosen(self, key: str, best_slice: int) -> None:
        self.images.lay(self._selected, selected_layer=key)
        self.images.go_to_slice(self._selected, best_slice)

    def _layer_hidden(self, key: str, is_hidden: bool) -> None:
        now = self.images.overlays_of(self._selected).hidden_layers
        self.images.lay(self._selected, hidden_layers=now | {key} if is_hidden else now - {key})

    def _presentation_chosen(self, laid: Laid | None) -> None:
        self.images.show_presentation(self._selected, laid)


def _panel(name: str, *widgets: QWidget) -> QWidget:
    inner = QWidget()
    inner.setObjectName("panel")
    inner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    inner.setLayout(column(*widgets, gap=0))
    outer = QWidget()
    outer.setObjectName(name)
    outer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    outer.setLayout(column(inner, gap=0))
    return outer
