"""What can be opened, in the words of a file dialog: read from the table of formats."""

from __future__ import annotations

from medimg.reading.formats import FORMATS

#: Opened too, though no format of its own: its members are.
_ARCHIVES = ("Zip archive", (".zip",))


def dialog_filter() -> str:
    """The filter of a dialog that opens files.

    All files come first: DICOM mostly has no suffix, and what a file is follows from its bytes.
    """
    rows = [(format_.name, format_.suffixes) for format_ in FORMATS.values()]
    lines = ["All files (*)"]
    for name, suffixes in (*rows, _ARCHIVES):
        patterns = " ".join(f"*{suffix}" for suffix in suffixes if suffix)
        lines.append(f"{name} ({patterns})")
    return ";;".join(lines)
