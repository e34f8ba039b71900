"""Files to `Series`, `Series` to `Volume`."""

from __future__ import annotations

from medimg.reading.formats import FORMATS
from medimg.reading.scanning import scan
from medimg.values.progress import Progress, ticker
from medimg.values.series import Series
from medimg.values.volume import Volume

__all__ = ["headers", "read", "scan"]


def read(series: Series, *, progress: Progress | None = None) -> Volume:
    """Read the pixels of a series, once, in the modality's unit.

    Args:
        series: From `scan`.
        progress: Called with (frames done, frames in all); what it raises stops the reading.

    Raises:
        InputRefused: Its pixels cannot be decoded; the sentence says which file and why.
    """
    return FORMATS[series.format].read(series, ticker(progress, len(series.frames)))


def headers(series: Series) -> tuple[str, ...]:
    """One DICOM JSON model an instance, without pixels; none for other formats."""
    return FORMATS[series.format].headers(series)
