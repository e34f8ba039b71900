"""An analysis as files: record, tables, picture, report, DICOM segmentation and report.

One table of exports; each is made whole in memory from the `Analysis` alone, then written all
or nothing. The modules that make them are heavy (HDF5, reportlab, highdicom) and load at use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from medimg.results.exported import Exported
from medimg.values.analysis import Analysis
from medimg.values.errors import InputRefused, OutputFailed, UsageError
from medimg.values.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Row:
    """One export: name of its file, `"module:function"` that makes it, what it is in words.

    Attributes:
        refers_to: Exports that this one refers to, written along with it.
    """

    file: str
    maker: str
    title: str
    refers_to: tuple[str, ...] = ()


#: Exports by name.
EXPORTS: dict[str, Row] = {
    "h5": Row("analysis.h5", "medimg.results.record:make", "record (HDF5)"),
    "json": Row("analysis.json", "medimg.results.tables:make_json", "all values (JSON)"),
    "csv": Row("findings.csv", "medimg.results.tables:make_csv", "table (CSV)"),
    "png": Row("overlay.png", "medimg.results.overlay:make", "picture with overlays (PNG)"),
    "pdf": Row("report.pdf", "medimg.results.report:make", "report (PDF)"),
    "seg": Row("segmentation.dcm", "medimg.results.seg:make", "regions (DICOM SEG)"),
    "pm": Row("evidence.dcm", "medimg.results.pm:make", "maps of evidence (DICOM)"),
    "sr": Row(
        "structured-report.dcm", "medimg.results.sr:make", "findings (DICOM SR)", ("seg", "pm")
    ),
}


@dataclass(frozen=True, slots=True)
class Export:
    """How one export ended.

    Attributes:
        path: The file, or None where none was written.
        sentence: Why not, or what must be said of the file; empty where there is nothing to say.
        failed: Whether it should have been written and could not be. An export that this source
            cannot have (a segmentation without a frame of reference) has not failed.
    """

    kind: str
    path: Path | None
    sentence: str = ""
    failed: bool = False


def export(analysis: Analysis, out: Path | str, kinds: Iterable[str]) -> dict[str, Path]:
    """Write an analysis as files into a folder; `export_each` also says what was left out.

    Args:
        out: Folder; made where it is not there.
        kinds: Keys of `EXPORTS`. A structured report brings the segmentation it refers to.

    Returns:
        The files written, by kind.

    Raises:
        UsageError: An unknown kind.
        OutputFailed: A file could not be written; the others are there, nothing is half-written.
    """
    exports = export_each(analysis, out, kinds)
    failures = [e.sentence for e in exports if e.failed]
    if failures:
        raise OutputFailed(" ".join(failures))
    return {e.kind: e.path for e in exports if e.path is not None}


def export_each(analysis: Analysis, out: Path | str, kinds: Iterable[str]) -> tuple[Export, ...]:
    """Write an analysis as files and say of each how it ended; one failure stops no other.

    Args:
        out: Folder; made where it is not there.
        kinds: Keys of `EXPORTS`.

    Raises:
        UsageError: An unknown kind; nothing is written.
    """
    wanted = list(dict.fromkeys(kinds))
    if unknown := [kind for kind in wanted if kind not in EXPORTS]:
        raise UsageError(f"There is no export {unknown[0]!r}; there are {', '.join(EXPORTS)}.")
    along = [also for kind in wanted for also in EXPORTS[kind].refers_to]
    return tuple(
        _export_one(analysis, Path(out), kind) for kind in EXPORTS if kind in {*wanted, *along}
    )


def _export_one(analysis: Analysis, out: Path, kind: str) -> Export:
    module, function = EXPORTS[kind].maker.split(":")
    make = cast(Callable[[Analysis], Exported], getattr(import_module(module), function))
    path = out / EXPORTS[kind].file
    try:
        made = make(analysis)
    except InputRefused as refusal:
        return Export(kind, None, str(refusal))
    try:
        write_whole(path, made.data)
    except OutputFailed as failure:
        return Export(kind, None, str(failure), failed=True)
    return Export(kind, path, " ".join(made.notes))
