"""The scale bar: a round length in mm, or in px and saying why."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.display.measures import BASIS
from medimg.display.wording import number
from medimg.values.geometry import MeasuredAt, PlaneSpacing

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """Length on the screen in logical pixels, and what to write under it."""

    length: float
    label: str


def round_length(largest: float) -> float:
    """The largest of 1, 2, 2.5, 5 times a power of ten that is not above `largest`."""
    power = 1.0
    while power * 10 <= largest:
        power *= 10
    while power > largest:
        power /= 10
    return max(step * power for step in _STEPS if step * power <= largest * 1.0000001)


def scale_bar(spacing: PlaneSpacing, zoom: float, widest: float) -> ScaleBar:
    """A bar of at most `widest` screen pixels, along the image's columns.

    Args:
        spacing: Of the image's plane.
        zoom: Screen pixels per image column.
        widest: In screen pixels.
    """
    if spacing.column_mm is None:
        pixels = round_length(widest / zoom)
        digits = 0 if pixels >= 1 else 2
        label = f"{number(pixels, digits)} px · no size in mm: spacing unknown"
        return ScaleBar(pixels * zoom, label)
    per_mm = zoom / spacing.column_mm
    mm = round_length(widest / per_mm)
    label = f"{number(mm, 0 if mm >= 1 else 2)} mm"
    if spacing.measured_at is not MeasuredAt.PATIENT:
        label += f" {BASIS[spacing.measured_at]}"
    return ScaleBar(mm * per_mm, label)
