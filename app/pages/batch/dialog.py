"""What a batch is to do: folder, packages, maps, files, and where results go."""

from __future__ import annotations

from pathlib import Path

from medimg_workstation.pages.batch.state import Plan
from medimg_workstation.pages.read.report import KINDS
from medimg_workstation.widgets.text import button, column, label, row
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QWidget,
)

from medimg.batch.workers import AUTO

_FIRST = ("pdf", "json")
_MAP = "grad-cam"


class BatchDialog(QDialog):
    """Asks for a `Plan`; the record of each case is always written."""

    def __init__(self, source: str, packages: dict[str, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Batch")
        self.setMinimumWidth(520)
        self._source = QLineEdit(source)
        self._source.setAccessibleName("Folder of cases")
        beside = Path(source).parent / f"{Path(source).name}-results" if source else Path()
        self._out = QLineEdit(str(beside) if source else "")
        self._out.setObjectName("batch-out")
        self._out.setAccessibleName("Folder of results")
        self._package = QComboBox()
        self._package.setAccessibleName("Package")
        self._package.addItem("Every package that fits", AUTO)
        for package_id, title in packages.items():
            self._package.addItem(title, package_id)
        self._map = QCheckBox("With a map of evidence (Grad-CAM); slower")
        self._boxes = {kind: QCheckBox(title) for kind, title in KINDS.items() if kind != "h5"}
        for kind, box in self._boxes.items():
            box.setChecked(kind in _FIRST)
        self._build()

    def _build(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("Cases", row(self._source, button("Choose…", self._browse_source, small=True)))
        form.addRow("Results", row(self._out, button("Choose…", self._browse_out, small=True)))
        form.addRow("Package", self._package)
        form.addRow("", self._map)
        for i, box in enumerate(self._boxes.values()):
            form.addRow("Files" if i == 0 else "", box)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        begin = buttons.addButton("Begin", QDialogButtonBox.ButtonRole.AcceptRole)
        begin.setProperty("look", "primary")
        begin.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        note = "A case that cannot be read or does not fit is skipped with its reason."
        self.setLayout(
            column(
                label("Batch", "title"),
                label(note, "second", wrap=True),
                form,
                buttons,
                gap=12,
                margins=(20, 16, 20, 16),
            )
        )

    @property
    def plan(self) -> Plan:
        """What was asked."""
        return Plan(
            source=self._source.text().strip(),
            out=self._out.text().strip(),
            package=str(self._package.currentData()),
            title=self._package.currentText(),
            explain=(_MAP,) if self._map.isChecked() else (),
            kinds=tuple(kind for kind, box in self._boxes.items() if box.isChecked()),
        )

    def _accept(self) -> None:
        if self.plan.source and self.plan.out:
            self.accept()

    def _browse_source(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Folder of cases"):
            self._source.setText(chosen)
            if not self._out.text():
                self._out.setText(f"{chosen}-results")

    def _browse_out(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Folder of results"):
            self._out.setText(chosen)
