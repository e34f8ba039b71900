"""The middle of the reading page: tools above, viewports below, and what lies over the images."""

from __future__ import annotations

from dataclasses import replace

from medimg_workstation.pages.read.annotation_history import AnnotationHistory
from medimg_workstation.pages.read.drawing import draw_image, message, stack_of
from medimg_workstation.pages.read.hanging import Hanging, Pane
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.pages.read.state import FromFile, ImageState, Loading, Result, Shown
from medimg_workstation.pages.read.tool_row import ToolRow
from medimg_workstation.theme import Theme
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.commands import ImageCommands
from medimg_workstation.viewport.grid import ViewportGrid
from medimg_workstation.viewport.state import Laid, Look, Overlays
from medimg_workstation.widgets.text import column
from medimg_workstation.work import Work
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from medimg.display.annotations import Annotation
from medimg.display.cuts import Slab, Vector
from medimg.display.pose import Pose
from medimg.display.wording import left
from medimg.values.geometry import Plane
from medimg.values.series import Window

#: Kinds of annotation that ask for the reader's words.
WITH_WORDS = frozenset({"arrow", "text"})


class ImageArea(QWidget):
    """Draws panes of a state into viewports, and remembers how the hand left each."""

    viewport_activated = Signal(int)
    """The hand went to another viewport; carries its place."""
    place_asked = Signal(object, bool)
    """What lies at a place of the active series is to be outlined; carries it, and if inside."""
    series_dropped = Signal(int, str)
    """A series was dropped on a viewport; carries its place and the series' id."""

    def __init__(self, theme: Theme, tools: tuple[tuple[QAction, ...], ...], work: Work) -> None:
        super().__init__()
        self.tool_row = ToolRow(theme, tools)
        self.grid = ViewportGrid(work)
        self.image = ImageCommands(lambda: self.grid.active)
        self.history = AnnotationHistory()
        self._state: ReadState | None = None
        self._drawn: dict[int, tuple[Pane, ImageState]] = {}
        self._looks: dict[Pane, Look] = {}
        self._overlays: dict[str, Overlays] = {}
        self.setLayout(column(self.tool_row, self.grid, gap=0))
        self.tool_row.window_chosen.connect(self.choose_window)
        self.tool_row.slab_chosen.connect(self.choose_slab)
        self.grid.activated.connect(self.viewport_activated)
        self.grid.series_dropped.connect(self.series_dropped)
        self.grid.place_asked.connect(self.place_asked)
        self.grid.look_changed.connect(self._look_changed)
        self.grid.annotation_drawn.connect(self._annotation_drawn)
        self.grid.menu_wanted.connect(self._show_window_menu)

    @property
    def active(self) -> Viewport:
        """The viewport in which keys and tools act."""
        return self.grid.active

    # State in

    def show_nothing(self, state: ReadState) -> None:
        """One viewport that says what to do."""
        self._state = state
        self._drawn.clear()
        self._looks.clear()
        self._overlays.clear()
        self.history = AnnotationHistory()
        self.grid.play(0)
        self.grid.show_layout(1, 1, 0)
        self.tool_row.show_windows((), None)
        self.active.show_overlays(Overlays())
        self.active.show_message(*message(state))
        if isinstance(state, Loading):
            words = "Files are looked at; nothing is changed."
            self.active.show_message("Opening", words, "stack")
            self.active.show_loading(state.stage, left(state.left_s), state.fraction)

    def show_ready(self, state: Ready) -> None:
        """Draw what hangs; viewports in which nothing changed are left alone."""
        self._state = state
        hanging = state.hanging
        self.grid.show_layout(hanging.rows, hanging.columns, hanging.active)
        is_new = False
        for place, pane in enumerate(hanging.panes):
            image = state.session.of(pane.series_id).image if pane.series_id else None
            shown = (pane, image)
            if self._drawn.get(place) != shown:
                self._drawn[place] = shown  # type: ignore[assignment]
                self._draw(place, pane, image, hanging)
                is_new = True
        if is_new:
            self.grid.settle()
        self._tell_windows()

    def _draw(self, place: int, pane: Pane, image: ImageState | None, hanging: Hanging) -> None:
        viewport = self.grid.viewports[place]
        look = Look()
        if isinstance(image, Shown):
            look = self._look_of(pane, image, hanging)
        draw_image(viewport, pane, image, look)  # type: ignore[arg-type]
        viewport.show_overlays(self._overlays.get(pane.series_id, Overlays()))
        self._show_drawn(viewport, pane)

    def _look_of(self, pane: Pane, image: Shown, hanging: Hanging) -> Look:
        """As the hand left it; at first the middle, or where a linked crosshair is."""
        geometry = image.picture.levels.volume.series.geometry
        if pane in self._looks or (pane.plane is not None and geometry.affine is None):
            return self._looks.get(pane, Look())
        stack = stack_of(pane, geometry)
        named = [w for w in image.picture.windows if pane.window and w.name == pane.window]
        look = Look(stack.count // 2, (named or [image.picture.window])[0], slab=pane.slab)
        if pane.plane is not None:
            point = self._point_of(image) or stack.cut(look.index).to_mm(
                (stack.first.shape[1] / 2, stack.first.shape[0] / 2)
            )
            look = replace(look, point=point, index=stack.nearest(point))
        self._looks[pane] = look
        return look

    def _point_of(self, image: Shown) -> Vector | None:
        """Where the crosshair of a series is already."""
        seen = (look for pane, look in self._looks.items() if pane.series_id == image.series.id)
        return next((look.point for look in seen if look.point is not None), None)

    # What lies over images

    def lay(self, series_id: str, **changes: object) -> None:
        """Change what lies over the images of a series, in all viewports that show it."""
        now = self._overlays.get(series_id, Overlays())
        self._overlays[series_id] = made = replace(now, **changes)  # type: ignore[arg-type]
        for place, (pane, _) in self._drawn.items():
            if pane.series_id == series_id and place < len(self.grid.viewports):
                self.grid.viewports[place].show_overlays(made)

    def overlays_of(self, series_id: str) -> Overlays:
        """What lies over the images of a series."""
        return self._overlays.get(series_id, Overlays())

    def lay_result(self, series_id: str, result: Result | None) -> None:
        """Lay the regions of a result, and go to a slice that shows the first of them."""
        regions = result.outlined if result else ()
        doubted = result.doubted_spacing if result else None
        self.lay(
            series_id,
            regions=regions,
            hidden=frozenset(),
            selected="",
            doubted_spacing=doubted,
        )
        if regions:
            best, shown = regions[0].region.best_slice, regions[0].polygons
            self.go_to_slice(series_id, best, unless=frozenset(shown))

    def lay_layers(self, series_id: str, found: FromFile | None) -> frozenset[str]:
        """Lay what the files say; maps start hidden, for they cover the image."""
        laid = found.laid if found else ()
        hidden = frozenset(one.key for one in laid if one.levels is not None)
        kept = {"selected_layer": "", "presentation": None}
        self.lay(series_id, layers=laid, hidden_layers=hidden, **kept)
        return hidden

    def go_to_slice(self, series_id: str, index: int, unless: frozenset[int] = frozenset()) -> None:
        """Show a stored slice of a series in all its viewports, other planes at its place.

        Args:
            unless: Stored slices that are as good; a viewport that shows one stays there.
        """
        for viewport in self.grid.viewports:
            if viewport.picture is None or viewport.stack is None:
                continue
            series = viewport.picture.levels.volume.series
            if series.id != series_id:
                continue
            if viewport.stack.is_stored:
                if viewport.look.index not in unless:
                    viewport.go_to_slice(index)
            elif viewport.stack.plane is series.geometry.plane:
                centre = series.geometry.to_mm([[index, 0, 0]])[0]  # type: ignore[arg-type]
                viewport.go_to_slice(viewport.stack.nearest(tuple(centre)))

    def go_to_point(self, series_id: str, index: tuple[float, float, float]) -> None:
        """Lay the crosshair of a series on a place of its grid, in every plane that shows it."""
        for viewport in self.grid.viewports:
            picture = viewport.picture
            if picture is None or picture.levels.volume.series.id != series_id:
                continue
            geometry = picture.levels.volume.series.geometry
            if viewport.stack is not None and not viewport.stack.is_stored:
                x, y, z = (float(v) for v in geometry.to_mm([list(index)])[0])  # type: ignore[arg-type]
                viewport.change(point=(x, y, z), index=viewport.stack.nearest((x, y, z)))
                return

    def show_presentation(self, series_id: str, laid: Laid | None) -> None:
        """Show the image as a state's author wants it, or as it was first shown."""
        shown = laid.layer.presentation if laid is not None else None
        self.lay(series_id, presentation=shown)
        self.image.reset()
        if laid is None or shown is None:
            return
        pose = Pose(quarter_turns=shown.quarter_turns, is_flipped_h=shown.is_flipped_h)
        window = laid.window or self.active.look.window
        self.active.change(window=window, is_inverted=shown.is_inverted, pose=pose)
        if self.active.look.index not in shown.slices:
            self.active.go_to_slice(laid.layer.best_slice)

    # Annotations

    def _annotation_drawn(self, place: int, made: object) -> None:
        assert isinstance(made, Annotation)
        if made.kind in WITH_WORDS:
            text, is_given = QInputDialog.getText(self, "Words", "What is written beside it:")
            if made.kind == "text" and not (is_given and text):
                return
            made = replace(made, text=text if is_given else "")
        self.history.add(self._drawn[place][0].series_id, made)
        self.show_drawn()

    def delete_annotation(self) -> None:
        """Take the last annotation of the active cut away."""
        stack = self.active.stack
        pane = self._active_pane()
        if stack is not None and pane is not None:
            self.history.delete_last(pane.series_id, stack, self.active.look.index)
            self.show_drawn()

    def toggle_key_image(self) -> None:
        """Mark the active image, or no longer."""
        pane = self._active_pane()
        if pane is not None and self.active.picture is not None:
            self.history.toggle_key(pane.series_id, _name(pane.plane), self.active.look.index)
            self.show_drawn()

    def undo(self) -> None:
        """Take back the last thing that was drawn, deleted or marked."""
        if self.history.undo():
            self.show_drawn()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self.history.redo():
            self.show_drawn()

    def show_drawn(self) -> None:
        """Draw annotations and key marks as they are now."""
        for place, (pane, _) in self._drawn.items():
            if place < len(self.grid.viewports):
                self._show_drawn(self.grid.viewports[place], pane)

    def _show_drawn(self, viewport: Viewport, pane: Pane) -> None:
        drawn = self.history.of(pane.series_id)
        keys = frozenset(i for plane, i in drawn.key_slices if plane == _name(pane.plane))
        viewport.show_annotations(drawn.annotations, keys)

    def _active_pane(self) -> Pane | None:
        drawn = self._drawn.get(self.grid.active_place)
        return drawn[0] if drawn else None

    # Windows and slabs

    def choose_window(self, window: Window) -> None:
        """Draw the active image in another window."""
        self.active.change(window=window)

    def choose_slab(self, slab: Slab) -> None:
        """Draw the active cuts of another thickness."""
        self.active.change(slab=slab)

    def _look_changed(self, place: int) -> None:
        if place in self._drawn:
            self._looks[self._drawn[place][0]] = self.grid.viewports[place].look
        if place == self.grid.active_place:
            self._tell_windows()

    def _tell_windows(self) -> None:
        picture, look = self.active.picture, self.active.look
        self.tool_row.show_windows(picture.windows if picture is not None else (), look.window)
        stack = self.active.stack
        self.tool_row.show_slab(look.slab, can_be_thick=stack is not None and stack.count > 1)

    def _show_window_menu(self, place: QPoint) -> None:
        picture = self.active.picture
        if picture is None:
            return
        menu = QMenu(self)
        for i, window in enumerate(picture.windows):
            text = f"{window.name or 'File window'}\t{window.width:g} / {window.center:g}"
            menu.addAction(text).setData(i)
        chosen = menu.exec(place)
        if chosen is not None and isinstance(chosen.data(), int):
            self.choose_window(picture.windows[chosen.data()])


def _name(plane: Plane | None) -> str:
    return plane.value if plane is not None else ""
