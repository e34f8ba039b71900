"""Corner text after IHE Basic Image Review 5.8: who, where, what, how."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from medimg.display.cuts import CutStack, Slab
from medimg.display.wording import age, clock, date, joined, number, person_name, sex
from medimg.values.geometry import Plane
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

    def shortened(self, lines: int) -> Corners:
        """The most important lines of each corner, for a small viewport."""
        return Corners(
            *(corner[:lines] for corner in (self.top_left[:1], self.top_right[:1])),
            *(corner[:lines] for corner in (self.bottom_left, self.bottom_right[:1])),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What the viewport shows at this moment.

    Attributes:
        stack: Through which it scrolls.
        zoom: Screen pixels per image pixel.
        under_cursor: Value under the cursor, in words; empty outside the image.
        is_named: Whether the plane is named, because other planes stand beside it.
    """

    stack: CutStack
    index: int
    window: Window | None
    zoom: float
    under_cursor: str = ""
    slab: Slab = field(default_factory=Slab)
    is_named: bool = False


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
        _acquisition(series, seen),
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
    stack = seen.stack
    noun = "Slice" if stack.count > 1 and series.modality in {"CT", "MR", "PT"} else "Image"
    place = f"{noun} {seen.index + 1} of {stack.count}"
    is_named = seen.is_named or not stack.is_stored
    name = stack.plane.value.capitalize() if is_named and stack.plane is not Plane.UNKNOWN else ""
    return _lines(
        name,
        joined(place, _thickness(series, seen), _along_normal(series, seen)),
        window_text(seen.window),
        joined(f"Zoom {seen.zoom:.2f} : 1", seen.under_cursor),
    )


def _thickness(series: Series, seen: Seen) -> str:
    if seen.slab.thickness_mm:
        return f"{number(seen.slab.thickness_mm, 1)} mm {seen.slab.projection.value}"
    if not seen.stack.is_stored:
        return f"{number(seen.stack.between_mm, 2)} mm"
    thickness = series.slice_thickness_mm
    return f"{number(thickness, 1)} mm" if thickness else ""


def _along_normal(series: Series, seen: Seen) -> str:
    """ "z −128.5": the cut's place along the patient axis nearest to its normal, LPS mm."""
    if series.geometry.affine is None or seen.stack.count < 2:
        return ""
    cut = seen.stack.cut(seen.index)
    axis = int(abs(cut.normal).argmax())
    return f"{'xyz'[axis]} {number(cut.origin[axis], 1)}"


def _acquisition(series: Series, seen: Seen) -> tuple[str, ...]:
    number_text = f"Series {series.number}" if series.number is not None else ""
    if not seen.stack.is_stored:
        return (f"rebuilt from {number_text.lower() or series.label}",)
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
