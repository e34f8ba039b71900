"""Files to `Series`, `Series` to `Volume` and `Layer`s."""

from __future__ import annotations

from collections.abc import Iterable

from medimg.reading.formats import FORMATS
from medimg.reading.scanning import scan
from medimg.values.layers import Layer
from medimg.values.progress import Progress, ticker
from medimg.values.series import DerivedObject, Series
from medimg.values.volume import Volume

__all__ = ["headers", "layers", "read", "scan"]


def read(series: Series, *, progress: Progress | None = None) -> Volume:
    """Read the pixels of a series, once, in the modality's unit.

    Args:
        series: From `scan`.
        progress: Called with (frames done, frames in all); what it raises stops the reading.

    Raises:
        InputRefused: Its pixels cannot be decoded; the sentence says which file and why.
    """
    return FORMATS[series.format].reader.read(series, ticker(progress, len(series.frames)))


def headers(series: Series) -> tuple[str, ...]:
    """One DICOM JSON model an instance, without pixels; none for other formats."""
    return FORMATS[series.format].headers(series)


def layers(series: Series, objects: Iterable[DerivedObject]) -> tuple[Layer, ...]:
    """Read what objects of the files say of a series, each layer on the grid of that series.

    Args:
        series: A stack of a scan.
        objects: `Scan.objects`, all or some; those that do not speak of the series are left out.

    Returns:
        Masks, contours, maps, marks and presentations, in the order of the objects. What cannot
        be read or does not lie on the series is an empty layer whose problems say why.
    """
    return tuple(
        layer
        for object_ in objects
        if series.id in object_.series_ids or series.id in object_.same_space_ids
        for layer in FORMATS[series.format].layers(series, object_)
    )
