"""The main window: rail, pages, status bar, menus; it knows pages by name, not their insides."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from medimg_workstation.actions import ACTIONS, MENUS, TOOL_ROW, Action
from medimg_workstation.collecting import Collector
from medimg_workstation.dialogs import AboutDialog, KeysDialog
from medimg_workstation.jobs import Jobs
from medimg_workstation.link import Link
from medimg_workstation.pages.batch.dialog import BatchDialog
from medimg_workstation.pages.batch.presenter import BatchPresenter
from medimg_workstation.pages.batch.state import Plan
from medimg_workstation.pages.batch.view import BatchPage
from medimg_workstation.pages.packages.presenter import PackagesPresenter
from medimg_workstation.pages.packages.view import PackagesPage
from medimg_workstation.pages.read.presenter import ReadPresenter
from medimg_workstation.pages.read.problems import ProblemsDialog
from medimg_workstation.pages.read.ready import Ready
from medimg_workstation.pages.read.report import ExportDialog
from medimg_workstation.pages.read.state import Shown
from medimg_workstation.pages.read.tool_row import exclusive
from medimg_workstation.pages.read.view import ReadPage
from medimg_workstation.palette import Palette
from medimg_workstation.rail import Rail
from medimg_workstation.settings import Settings
from medimg_workstation.status_bar import StatusBar
from medimg_workstation.theme import Theme
from medimg_workstation.viewport import pictures
from medimg_workstation.viewport.tools import TOOLS
from medimg_workstation.widgets.text import column, row
from medimg_workstation.work import Work
from PySide6.QtCore import QByteArray, QPoint, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QStackedWidget, QWidget

from medimg.batch.folder import INDEX
from medimg.engine.dialog_filter import dialog_filter
from medimg.engine.protocol import Role
from medimg.values.whole_files import write_whole

TITLE = "MedImg Workstation"


class MainWindow(QMainWindow):
    """Owns the children and the pages; closing it ends both."""

    def __init__(self, theme: Theme, settings: Settings | None = None) -> None:
        super().__init__()
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.resize(1600, 960)
        self._theme, self._settings = theme, settings or Settings()
        self._jobs, self._work = Jobs(self), Work(self)
        self._reader, self._engine = Link(Role.READER, self), Link(Role.ENGINE, self)
        self._preview = tempfile.TemporaryDirectory(
            prefix="medimg-preview-", ignore_cleanup_errors=True
        )
        self._actions = {name: self._action(row_) for name, row_ in ACTIONS.items()}
        self._build()
        self.reading = ReadPresenter(
            self.read_page, self._reader, self._engine, self._work, self._jobs
        )
        self.packages = PackagesPresenter(self.packages_page, self._work)
        self.batch = BatchPresenter(self.batch_page, self._work, self._jobs)
        self._connect()
        self._remember()
        self.packages.load()
        self._engine.warm()
        self._collector = Collector(self)
        self._collector.start()

    @property
    def engine(self) -> Link:
        """The child that runs packages."""
        return self._engine

    # Building

    def _action(self, entry: Action) -> QAction:
        action = QAction(entry.text.rstrip("…") if not entry.menu else entry.text, self)
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        action.setCheckable(entry.is_checkable)
        keys = f" ({entry.keys[0]})" if entry.keys else ""
        action.setToolTip(entry.text.rstrip("…") + keys)
        action.triggered.connect(lambda _on=False: self._call(entry))
        return action

    def _call(self, entry: Action) -> None:
        """Do what a row of the table says, on the part of the window that it names."""
        part, _, name = entry.call.rpartition(".")
        images = self.read_page.images
        parts = {
            "image": images.image,
            "images": images,
            "grid": images.grid,
            "why": self.read_page.why,
            "reading": self.reading,
        }
        call = getattr(parts[part], name) if part else getattr(self, f"do_{name}")
        call() if entry.argument is None else call(entry.argument)

    def _build(self) -> None:
        groups = tuple(tuple(self._actions[name] for name in group) for group in TOOL_ROW)
        self.read_page = ReadPage(self._theme, groups, self._work)
        self.packages_page = PackagesPage(self._theme)
        self.batch_page = BatchPage(self._theme)
        self._pages: dict[str, QWidget] = {
            "read": self.read_page,
            "batch": self.batch_page,
            "packages": self.packages_page,
        }
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        self.rail, self.status = Rail(self._theme), StatusBar(self._theme)
        self.status.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        whole = QWidget()
        upper = row(self.rail, self._stack, gap=0)
        whole.setLayout(column(upper, self.status, gap=0))
        self.setCentralWidget(whole)
        for name, entry in ACTIONS.items():
            self._place(name, entry)
        self._tools = exclusive(self, tuple(self._actions[name] for name in TOOLS))
        self._actions["window"].setChecked(True)
        self._actions["link"].setChecked(True)
        self._tint()
        self.do_page("read")

    def _place(self, name: str, entry: Action) -> None:
        action = self._actions[name]
        if entry.on_image:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.read_page.images.grid.addAction(action)
            return
        self.addAction(action)
        if entry.menu:
            menus = {a.text(): a.menu() for a in self.menuBar().actions()}
            for title in MENUS:
                if title not in menus:
                    menus[title] = self.menuBar().addMenu(title)
            menus[entry.menu].addAction(action)

    def _connect(self) -> None:
        page, reading = self.read_page, self.reading
        page.series_chosen.connect(reading.select)
        page.more_series_wanted.connect(reading.list_more)
        page.viewport_activated.connect(reading.activate)
        page.series_dropped.connect(reading.place)
        page.place_asked.connect(reading.outline)
        page.run_wanted.connect(reading.run)
        page.stop_wanted.connect(reading.stop)
        page.more_map_wanted.connect(reading.explain)
        page.card_wanted.connect(self._show_card)
        page.preview_wanted.connect(self._preview_report)
        page.export_wanted.connect(self.do_export)
        page.folder_wanted.connect(self._open_export_folder)
        page.problems_wanted.connect(self._show_problems)
        page.bar_dismissed.connect(reading.dismiss)
        self.batch_page.new_wanted.connect(self.do_batch_folder)
        self.batch_page.stop_wanted.connect(self.batch.stop)
        self.batch_page.results_wanted.connect(self._open_results)
        self.packages_page.package_chosen.connect(self.packages.select)
        self.rail.page_chosen.connect(self.do_page)
        self.rail.help_wanted.connect(self.do_show_keys)
        self._jobs.changed.connect(self.status.show_jobs)
        self.status.stop_wanted.connect(self._jobs.stop)
        self._theme.changed.connect(self._tint)

    def _remember(self) -> None:
        get = self._settings.get
        self.restoreGeometry(QByteArray.fromBase64(get("geometry").encode()))
        self.read_page.set_sizes([int(get("series-width")), 4000], [4000, int(get("model-width"))])

    def _tint(self) -> None:
        for name, entry in ACTIONS.items():
            if entry.icon:
                on = "accent" if entry.is_checkable else ""
                self._actions[name].setIcon(self._theme.icon(entry.icon, "text", on=on))

    # Commands, named by the table of actions

    def do_page(self, name: str) -> None:
        """Show a page of the rail."""
        self._stack.setCurrentWidget(self._pages[name])
        self.rail.show_page(name)

    def do_open_folder(self) -> None:
        """Ask for a folder and open it."""
        if chosen := QFileDialog.getExistingDirectory(self, "Open folder"):
            self.open_paths((chosen,))

    def do_open_file(self) -> None:
        """Ask for files and open them."""
        names, _ = QFileDialog.getOpenFileNames(self, "Open file", "", dialog_filter())
        if names:
            self.open_paths(tuple(names))

    def open_paths(self, paths: tuple[str, ...]) -> None:
        """Show the reading page and open what was named or dropped."""
        self.do_page("read")
        self.reading.open(paths)
        self._collector.collect()
        self.read_page.viewport.setFocus()

    def do_batch_folder(self) -> None:
        """Ask for a folder of cases and where results go, and begin."""
        chosen = QFileDialog.getExistingDirectory(self, "Folder of cases")
        if not chosen:
            return
        dialog = BatchDialog(chosen, self.packages.titles, self)
        if dialog.exec():
            self.start_batch(dialog.plan)

    def start_batch(self, plan: Plan) -> None:
        """Show the batch page and begin."""
        self.do_page("batch")
        self.batch.start(plan)

    def do_export(self) -> None:
        """Ask which kinds and where to, and write them."""
        state = self.reading.state
        if not isinstance(state, Ready) or state.result is None:
            self.reading.tell("There is no result to export yet. Run a package first.")
            return
        dialog = ExportDialog(state.result.analyses, str(Path.home() / "medimg-export"), self)
        if dialog.exec() and dialog.kinds and dialog.folder:
            self.reading.export(dialog.folder, dialog.kinds, self.read_page.report.impression)

    def do_copy_picture(self) -> None:
        """The active viewport as it is seen, to the clipboard."""
        pictures.copy(self.read_page.viewport)

    def do_save_picture(self) -> None:
        """The active viewport as it is seen, as a PNG."""
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "picture.png", "PNG (*.png)")
        if name:
            self._write(Path(name), partial(bytes, pictures.png(self.read_page.viewport)))

    def do_save_moving(self) -> None:
        """All slices of the active viewport as they are seen, as a GIF."""
        stack = self.read_page.viewport.stack
        if stack is None or stack.count < 2:
            self.reading.tell("There is one image, so nothing moves. Save a picture instead.")
            return
        title = "Save moving picture"
        name, _ = QFileDialog.getSaveFileName(self, title, "slices.gif", "GIF (*.gif)")
        speed = float(self._settings.get("cine-per-second"))
        if name:
            self._grabber = pictures.SliceGrabber(
                self.read_page.viewport,
                lambda images: self._write(Path(name), lambda: pictures.gif(images, speed)),
            )

    def _write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Write a file on another thread and say so."""
        self._work.run(
            lambda: write_whole(path, make()),
            lambda _: self.reading.tell(f"Written to {path}.", "ok"),
            lambda failure: self.reading.tell(failure.sentence, "danger"),
        )

    def do_quit(self) -> None:
        """End the program."""
        self.close()

    def do_fold_series(self) -> None:
        """Fold the series list away, or back."""
        self.read_page.fold(series=self.read_page.is_folded[0])

    def do_fold_model(self) -> None:
        """Fold the model's column away, or back."""
        self.read_page.fold(model=self.read_page.is_folded[1])

    def do_image_alone(self) -> None:
        """Fold both panels away, or back."""
        shown = all(self.read_page.is_folded)
        self.read_page.fold(series=shown, model=shown)

    def do_switch_theme(self) -> None:
        """Dark to light and back."""
        name = "light" if self._theme.name == "dark" else "dark"
        self._theme.choose(name)
        self._settings.put("theme", name)
        self.read_page.redraw()
        self.packages.load()

    def do_tool(self, name: str) -> None:
        """Give the left button a tool."""
        self._actions[name].setChecked(True)
        self.read_page.images.grid.choose_tool(name)

    def do_cine(self) -> None:
        """Run through the images, or stop."""
        grid = self.read_page.images.grid
        grid.play(0 if grid.is_playing else float(self._settings.get("cine-per-second")))

    def do_show_palette(self) -> None:
        """Find a command by a few letters."""
        palette = Palette(self._actions, self)
        palette.move(self.mapToGlobal(QPoint((self.width() - palette.width()) // 2, 80)))
        palette.show()

    def do_show_keys(self) -> None:
        """List the keys."""
        KeysDialog(self).exec()

    def do_about(self) -> None:
        """Say what this is."""
        AboutDialog(self).exec()

    # What pages ask for

    def _show_card(self, package_id: str) -> None:
        self.packages.select(package_id)
        self.do_page("packages")

    def _show_problems(self) -> None:
        state = self.reading.state
        if isinstance(state, Ready):
            current = state.image.series if isinstance(state.image, Shown) else state.series
            ProblemsDialog(self._theme, state.scan, current, self).exec()

    def _preview_report(self) -> None:
        def open_it(path: Path) -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

        self.reading.export(self._preview.name, ("pdf",), then=open_it)

    def _open_export_folder(self) -> None:
        state = self.reading.state
        if isinstance(state, Ready) and state.export_folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(state.export_folder))

    def _open_results(self, folder: str) -> None:
        index = Path(folder) / INDEX
        target = index if index.is_file() else Path(folder)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(target)))

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = tuple(u.toLocalFile() for u in event.mimeData().urls() if u.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        inner, outer = self.read_page.sizes()
        if inner[0] and outer[1]:
            self._settings.put("series-width", str(inner[0]))
            self._settings.put("model-width", str(outer[1]))
        self._settings.put("geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        self.batch.stop()
        self._work.finish()
        self._reader.close()
        self._engine.close()
        self._preview.cleanup()
        self._collector.stop()
        super().closeEvent(event)
