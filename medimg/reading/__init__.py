"""Files to `Series`, `Series` to `Volume`."""

from __future__ import annotations

from medimg.reading.formats import FORMATS
from medimg.reading.scanning import scan
from medimg.values.series import Series
from medimg.values.volume import Volume

__all__ = ["headers", "read", "scan"]


def read(series: Series) -> Volume:
    """Read the pixels of a series, once, in the modality's unit.

    Raises:
        InputRefused: Its pixels cannot be decoded; the sentence says which file and why.
    """
    return FORMATS[series.format].read(series)


def headers(series: Series) -> tuple[str, ...]:
    """One DICOM JSON model an instance, without pixels; none for other formats."""
    return FORMATS[series.format].headers(series)
