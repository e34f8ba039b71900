"""Report at the foot of the column: the reader's impression, preview, export."""

from __future__ import annotations

from pathlib import Path

from medimg_workstation.pages.read.state import Result
from medimg_workstation.theme import Theme, line_height
from medimg_workstation.widgets.section import Section
from medimg_workstation.widgets.text import button, column, label, row
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from medimg.results import EXPORTS
from medimg.values.analysis import Analysis

#: Kinds that are chosen at first; they lead the dialog.
_FIRST = ("pdf", "seg", "sr", "json")
#: Every kind of export in the order of the dialog, with what a reader calls it.
KINDS: dict[str, str] = {
    kind: EXPORTS[kind].title[0].upper() + EXPORTS[kind].title[1:] for kind in (*_FIRST, *EXPORTS)
}


def refused_kinds(analyses: tuple[Analysis, ...]) -> dict[str, str]:
    """Kinds that these answers cannot be written as, with the reason."""
    refused: dict[str, str] = {}
    has_headers = all(a.headers for a in analyses)
    if not has_headers:
        refused["sr"] = refused["seg"] = "the image is not DICOM"
    elif not all(a.series.geometry.frame_of_reference_uid for a in analyses):
        refused["seg"] = "the image has no frame of reference"
    if not any(a.regions for a in analyses):
        refused.setdefault("seg", "no region was marked")
    return refused


class ReportSection(Section):
    """Preview and export are offered once there is an answer."""

    preview_wanted = Signal()
    """Make the PDF and open it."""
    export_wanted = Signal()
    """Choose kinds and a folder."""
    folder_wanted = Signal()
    """Open the folder of the last export."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Report")
        self._text = QPlainTextEdit()
        self._text.setObjectName("impression")
        self._text.setAccessibleName("Impression")
        self._text.setPlaceholderText("Impression, in the reader’s words")
        self._text.setToolTip("Written beside the exported files as impression.txt")
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(2 * line_height() + 24)
        self._preview = button("Preview", self.preview_wanted.emit)
        self._export = button("Export…", self.export_wanted.emit, "primary")
        self._export.setIcon(theme.icon("export", "on_accent"))
        self._folder = button("Open folder", self.folder_wanted.emit)
        for widget, name in (
            (self._preview, "preview"),
            (self._export, "export"),
            (self._folder, "folder"),
        ):
            widget.setObjectName(name)
        buttons = row(self._export, self._preview, self._folder)
        buttons.setStretch(0, 1)
        self.body.addWidget(self._text)
        self.body.addLayout(buttons)
        self.show_result(None, "")

    @property
    def impression(self) -> str:
        """What the reader wrote."""
        return self._text.toPlainText().strip()

    def show_impression(self, text: str) -> None:
        """Show what the reader wrote on another series."""
        self._text.setPlainText(text)

    def show_result(self, result: Result | None, folder: str) -> None:
        """Offer what can be done with a result."""
        self._preview.setEnabled(result is not None)
        self._export.setEnabled(result is not None)
        self._folder.setVisible(bool(folder))
        self.say(f"written to {Path(folder).name}" if folder else "nothing written yet")


class ExportDialog(QDialog):
    """Which kinds, and where to."""

    def __init__(self, analyses: tuple[Analysis, ...], folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setMinimumWidth(440)
        refused = refused_kinds(analyses)
        self._boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        for i, (kind, title) in enumerate(KINDS.items()):
            box = QCheckBox(title)
            box.setObjectName(f"kind-{kind}")
            box.setEnabled(kind not in refused)
            box.setChecked(kind in _FIRST and kind not in refused)
            self._boxes[kind] = box
            grid.addWidget(box, i, 0)
            if kind in refused:
                grid.addWidget(label(f"not possible: {refused[kind]}", "second"), i, 1)
        self._folder = QLineEdit(folder)
        self._folder.setObjectName("export-folder")
        self._folder.setAccessibleName("Folder")
        browse = button("Choose…", self._browse, small=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        write = buttons.addButton("Write files", QDialogButtonBox.ButtonRole.AcceptRole)
        write.setProperty("look", "primary")
        write.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        place = row(self._folder, browse)
        self.setLayout(
            column(
                label("Export", "title"),
                grid,
                label("Into the folder", "second"),
                place,
                buttons,
                gap=12,
                margins=(20, 16, 20, 16),
            )
        )

    @property
    def boxes(self) -> dict[str, QCheckBox]:
        """The box of each kind."""
        return self._boxes

    @property
    def kinds(self) -> tuple[str, ...]:
        """The chosen kinds."""
        return tuple(kind for kind, box in self._boxes.items() if box.isChecked())

    @property
    def folder(self) -> str:
        """The chosen folder."""
        return self._folder.text().strip()

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Export into", self.folder)
        if chosen:
            self._folder.setText(chosen)
