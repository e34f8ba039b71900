"""Corner text after IHE Basic Image Review 5.8: who, where, what, how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from medimg.display.wording import age, clock, date, joined, number, person_name, sex
from medimg.values.series import Series, View, Window


class CornerState(Enum):
    """How much stands in the corners."""

    FULL = "full"
    NAMES_HIDDEN = "names hidden"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Corners:
    """Lines of the four corners, most important first."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the viewport shows at this moment.

    Attributes:
        zoom: Screen pixels per image pixel.
        under_cursor: Value under the cursor, in words; empty outside the image.
    """

    index: int
    window: Window | None
    zoom: float
    under_cursor: str = ""


def window_text(window: Window | None) -> str:
    """ "W 1 500 · C −600 · Lung"."""
    if window is None:
        return ""
    # Three significant digits of a narrow window: dose and uptake maps span thousandths.
    wide = window.width >= 20 or window.width <= 0
    digits = 0 if wide else max(2, 2 - math.floor(math.log10(window.width)))
    width, center = number(window.width, digits), number(window.center, digits)
    return joined(f"W {width} · C {center}", window.name)


def corners(series: Series, seen: Seen, state: CornerState = CornerState.FULL) -> Corners:
    """Corner text of a series in a state; `OFF` is empty."""
    if state is CornerState.OFF:
        return Corners()
    return Corners(
        _patient(series, state) if state is CornerState.FULL else ("names hidden",),
        _study(series) if state is CornerState.FULL else (),
        _position(series, seen),
        _acquisition(series),
    )


def _patient(series: Series, state: CornerState) -> tuple[str, ...]:
    patient = series.patient
    return _lines(
        person_name(patient.name) or "no name",
        patient.id,
        joined(date(patient.birth_date), age(patient), sex(patient)),
    )


def _study(series: Series) -> tuple[str, ...]:
    study = series.study
    return _lines(
        study.institution,
        study.description,
        study.accession_number,
        joined(date(study.date), clock(study.time)),
    )


def _position(series: Series, seen: Seen) -> tuple[str, ...]:
    count = series.geometry.shape[0]
    noun = "Slice" if count > 1 and series.modality in {"CT", "MR", "PT"} else "Image"
    thickness = series.slice_thickness_mm
    place = f"{noun} {seen.index + 1} of {count}"
    mm = f"{number(thickness, 1)} mm" if thickness else ""
    return _lines(
        joined(place, mm, _along_normal(series, seen.index)),
        window_text(seen.window),
        joined(f"Zoom {seen.zoom:.2f} : 1", seen.under_cursor),
    )


def _along_normal(series: Series, index: int) -> str:
    """ "z −128.5": the slice's place along the patient axis nearest to its normal, LPS mm."""
    affine = series.geometry.affine
    if affine is None or series.geometry.shape[0] < 2:
        return ""
    centre = affine[:3, 0] * index + affine[:3, 3]
    step = abs(affine[:3, 0])
    axis = int(step.argmax())
    return f"{'xyz'[axis]} {number(float(centre[axis]), 1)}"


def _acquisition(series: Series) -> tuple[str, ...]:
    number_text = f"Series {series.number}" if series.number is not None else ""
    view = series.view.value if series.view is not View.UNKNOWN else ""
    label = series.label if series.label not in {view, series.modality} else ""
    technique = [f"{name} {value}" for name, value in series.acquisition]
    return _lines(
        joined(number_text, series.modality),
        joined(label, view),
        joined(*technique[:3]),
        joined(*technique[3:6]),
    )


def _lines(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
