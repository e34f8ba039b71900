"""The dialog that opens files offers what the table of formats reads."""

from __future__ import annotations

import subprocess
import sys

from medimg.engine.dialog_filter import dialog_filter
from medimg.reading.formats import FORMATS, names


def test_every_format_and_suffix_is_offered() -> None:
    lines = dialog_filter().split(";;")
    assert lines[0] == "All files (*)"  # DICOM mostly has no suffix
    for format_ in FORMATS.values():
        (line,) = (line for line in lines if line.startswith(f"{format_.name} ("))
        patterns = line[line.index("(") + 1 : -1].split()
        assert patterns == [f"*{suffix}" for suffix in format_.suffixes if suffix]


def test_the_formats_in_words() -> None:
    assert names().startswith("DICOM, NIfTI,") and names().endswith("PNG and JPEG")


def test_the_table_is_read_without_loading_a_format() -> None:
    """The window draws its dialog from the table and starts without a codec."""
    code = (
        "import sys, medimg.engine.dialog_filter, medimg.engine.client;"
        "print({'pydicom', 'nibabel', 'SimpleITK', 'tifffile', 'PIL'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
