"""One to nine viewports in rows and columns; what the hand does in one, linked ones follow."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.linking import Linked, followed, led, reference_lines
from medimg_workstation.viewport.state import Look
from medimg_workstation.work import Work
from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from medimg.display.cuts import tilted, vector

MOST = 9


class ViewportGrid(QWidget):
    """All viewports; one of them is active."""

    activated = Signal(int)
    """The hand went to another viewport; carries its place."""
    look_changed = Signal(int)
    """The look of a viewport changed, by the hand or by following; carries its place."""
    menu_wanted = Signal(QPoint)
    """A right click without a drag; carries the global place."""
    annotation_drawn = Signal(int, object)
    """The hand drew an annotation; carries the viewport's place and the `Annotation`."""
    place_asked = Signal(object, bool)
    """What lies at a place is to be outlined; see `Viewport`."""
    series_dropped = Signal(int, str)
    """A series was dropped on a viewport; carries its place and the series' id."""

    def __init__(self, work: Work | None = None) -> None:
        super().__init__()
        self.setObjectName("viewports")
        self._work = work
        self._viewports: list[Viewport] = []
        self._before: list[Look] = []
        self._shape, self._active, self._alone = (0, 0), 0, False
        self._tool = "window"
        self._is_linked = True
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self._cine = QTimer(self)
        self._cine.timeout.connect(self._play)
        self.show_layout(1, 1, 0)

    @property
    def viewports(self) -> tuple[Viewport, ...]:
        """Those of the layout, row by row."""
        return tuple(self._viewports[: self._shape[0] * self._shape[1]])

    @property
    def active(self) -> Viewport:
        """In which keys and tools act."""
        return self._viewports[self._active]

    @property
    def active_place(self) -> int:
        """Its place, row by row."""
        return self._active

    def show_layout(self, rows: int, columns: int, active: int) -> None:
        """Show so many viewports."""
        if (rows, columns) != self._shape:
            self._alone = False
            self._lay_out(rows, columns)
        self._active = active
        self._show_which()

    def _lay_out(self, rows: int, columns: int) -> None:
        while len(self._viewports) < rows * columns:
            self._add()
        for viewport in self._viewports:
            self._layout.removeWidget(viewport)
        for line in range(3):
            self._layout.setRowStretch(line, int(line < rows))
            self._layout.setColumnStretch(line, int(line < columns))
        for place in range(rows * columns):
            self._layout.addWidget(self._viewports[place], place // columns, place % columns)
        self._shape = (rows, columns)

    def _add(self) -> None:
        place = len(self._viewports)
        made = Viewport(self, self._work)
        if place:
            made.setObjectName(f"viewport-{place}")
        made.choose_tool(self._tool)
        made.activated.connect(partial(self._activate, place))
        made.look_changed.connect(partial(self._led, place))
        made.menu_wanted.connect(self.menu_wanted)
        made.place_asked.connect(self.place_asked)
        made.planes_turned.connect(partial(self._turn, place))
        made.annotation_drawn.connect(partial(self.annotation_drawn.emit, place))
        made.series_dropped.connect(partial(self.series_dropped.emit, place))
        made.maximise_wanted.connect(partial(self._maximise, place))
        self._viewports.append(made)
        self._before.append(Look())

    def _show_which(self) -> None:
        count = self._shape[0] * self._shape[1]
        for place, viewport in enumerate(self._viewports):
            is_shown = place < count and (not self._alone or place == self._active)
            viewport.setVisible(is_shown)
            viewport.show_active(place == self._active)

    def _maximise(self, place: int) -> None:
        self._activate(place)
        self._alone = not self._alone and len(self.viewports) > 1
        self._show_which()

    def _activate(self, place: int) -> None:
        if place != self._active:
            self.activated.emit(place)

    def step_active(self, steps: int) -> None:
        """Go to another viewport."""
        self._activate((self._active + steps) % len(self.viewports))

    def choose_tool(self, name: str) -> None:
        """Give the left button another tool in every viewport."""
        self._tool = name
        for viewport in self._viewports:
            viewport.choose_tool(name)

    def hold_overlays(self, held: bool) -> None:
        """Hide everything that lies over the images while held."""
        for viewport in self._viewports:
            viewport.hold_overlays(held)

    def toggle_overlays(self) -> None:
        """Hide everything that lies over the images, or show it again."""
        for viewport in self._viewports:
            viewport.toggle_overlays()

    def cancel(self) -> None:
        """Give up what the hand is at."""
        for viewport in self._viewports:
            viewport.cancel()

    # Following

    def toggle_link(self) -> None:
        """Let viewports follow one another, or each go its own way."""
        self._is_linked = not self._is_linked

    def settle(self) -> None:
        """Take what the viewports show now as what the next change starts from."""
        for place, viewport in enumerate(self._viewports):
            self._before[place] = viewport.look
        self._draw_lines()

    def _led(self, place: int, look: object) -> None:
        leading = self._viewports[place]
        before, self._before[place] = self._before[place], leading.look
        one = self._linked(leading)
        if one is not None and self._is_linked:
            leading.follow(led(one, before))
            for other_place, other in enumerate(self.viewports):
                view = self._linked(other)
                if other is leading or view is None:
                    continue
                other.follow(followed(one, before, view))
                if other.look != self._before[other_place]:
                    self._before[other_place] = other.look
                    self.look_changed.emit(other_place)
        self._before[place] = leading.look
        self._draw_lines()
        self.look_changed.emit(place)

    def _turn(self, place: int, degrees: float) -> None:
        """Turn the planes that cross a viewport about its crosshair: they become oblique."""
        one = self._linked(self._viewports[place])
        if one is None or one.look.point is None:
            return
        axis = vector(one.stack.first.normal)
        for other in self.viewports:
            view = self._linked(other)
            if view is None or view.space != one.space or one.is_parallel(view):
                continue
            geometry = view.picture.levels.volume.series.geometry
            stack = tilted(view.stack, geometry, axis, degrees)
            index = stack.nearest(one.look.point)
            look = replace(view.look, point=one.look.point, index=index)
            other.show_picture(view.picture, look, stack)
        self.settle()

    def _linked(self, viewport: Viewport) -> Linked | None:
        if viewport.picture is None or viewport.stack is None:
            return None
        return Linked(viewport.picture, viewport.stack, viewport.look, viewport.frame())

    def _draw_lines(self) -> None:
        views = [(v, self._linked(v)) for v in self.viewports]
        for viewport, one in views:
            others = [other for v, other in views if v is not viewport and other is not None]
            lines = reference_lines(one, others) if one is not None else ()
            viewport.show_lines(lines, has_tag=bool(lines))

    # Cine

    @property
    def is_playing(self) -> bool:
        """Whether the active viewport runs through its images by itself."""
        return self._cine.isActive()

    def play(self, images_per_second: float) -> None:
        """Run through the images of the active viewport; 0 stops."""
        if images_per_second > 0:
            self._cine.start(round(1000 / images_per_second))
        else:
            self._cine.stop()

    def _play(self) -> None:
        stack = self.active.stack
        if stack is None or stack.count < 2:
            self._cine.stop()
            return
        self.active.go_to_slice((self.active.look.index + 1) % stack.count)
