"""Rules about the grid: plane, distances, sizes."""

from __future__ import annotations

import numpy as np

from medimg.packages.manifest import Rule
from medimg.packages.subject import Subject, number, refuse, unknown, warn
from medimg.values.geometry import Geometry, Plane
from medimg.values.problems import Stops
from medimg.values.series import Series
from medimg.values.verdict import Reason

#: Index of the patient axis (left, back, head) that is normal to a plane.
_NORMAL_AXIS = {Plane.SAGITTAL: 0, Plane.CORONAL: 1, Plane.AXIAL: 2}


def plane_of(series: Series) -> Plane:
    """The plane of a stack, by its affine or else by the way its slice positions go."""
    if series.geometry.affine is not None:
        return series.geometry.plane
    places = np.array([f.position for f in series.frames if f.position is not None])
    if len(places) < 2 or not np.ptp(places, axis=0).any():
        return Plane.UNKNOWN
    axis = int(np.argmax(np.ptp(places, axis=0)))
    return next(plane for plane, normal in _NORMAL_AXIS.items() if normal == axis)


def slice_axis(geometry: Geometry, plane: Plane) -> int:
    """The index axis of a grid that runs across `plane`; 0 where nothing is known."""
    if geometry.affine is None or plane is Plane.UNKNOWN:
        return 0
    direction = geometry.direction
    assert direction is not None
    return int(np.argmax(np.abs(direction[_NORMAL_AXIS[plane]])))


def _wanted_axis(subject: Subject) -> int:
    """The axis across which the package will cut, after reslicing."""
    for rule in subject.package.input.rules:
        if rule.rule == "plane" and rule.accept:
            return slice_axis(subject.series.geometry, Plane(rule.accept[0]))
    return 0


def plane(subject: Subject, rule: Rule) -> Reason | None:
    """The stack lies in an accepted plane, or is thin enough to be resliced into it."""
    geometry = subject.series.geometry
    found, wanted = plane_of(subject.series), " or ".join(rule.accept)
    if found.value in rule.accept:
        return None
    if found is Plane.UNKNOWN:
        return unknown(
            rule, f"The plane of the slices is not in the file; the package reads {wanted} slices."
        )
    steps = geometry.spacing_mm
    if rule.reslice_mm is None or steps is None:
        return refuse(rule, f"The slices are {found.value}; the package reads {wanted} slices.")
    if steps[0] > rule.reslice_mm:
        return refuse(
            rule,
            f"The slices are {found.value} and {number(steps[0])} mm apart, too far to be resliced "
            f"to {wanted} (up to {number(rule.reslice_mm)} mm); the package reads {wanted} slices.",
        )
    return warn(
        rule,
        f"The {found.value} stack is resliced to {wanted}, the plane that the package reads.",
    )


def _in_plane_mm(subject: Subject) -> tuple[float, float] | None:
    geometry = subject.series.geometry
    steps = geometry.spacing_mm
    if steps is not None:
        first, second = (steps[axis] for axis in range(3) if axis != _wanted_axis(subject))
        return first, second
    spacing = geometry.plane_spacing
    if spacing.row_mm is None or spacing.column_mm is None:
        return None
    return spacing.row_mm, spacing.column_mm


def _in_plane_pixels(subject: Subject) -> tuple[int, int]:
    shape = subject.series.geometry.shape
    first, second = (shape[axis] for axis in range(3) if axis != _wanted_axis(subject))
    return first, second


def _outside(rule: Rule, values: tuple[float, ...]) -> bool:
    low = -np.inf if rule.minimum is None else rule.minimum
    high = np.inf if rule.maximum is None else rule.maximum
    return not all(low <= value <= high for value in values)


def _range(rule: Rule, unit: str) -> str:
    low, high = rule.minimum, rule.maximum
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)} {unit}"
    if low is not None:
        return f"{number(low)} {unit} or more"
    return f"{number(high or 0.0)} {unit} or less"


def _no_spacing(subject: Subject, rule: Rule) -> Reason | None:
    assumed = subject.package.preparation.assumed_field_of_view_mm
    then = f"; a field of view of {number(assumed)} mm is assumed" if assumed else ""
    return unknown(rule, f"The size of a pixel is not in the file{then}.")


def spacing(subject: Subject, rule: Rule) -> Reason | None:
    """The distance of pixels within a slice lies in a range of mm."""
    found = _in_plane_mm(subject)
    if found is None:
        return _no_spacing(subject, rule)
    if _outside(rule, found):
        shown = " × ".join(number(value) for value in found)
        return refuse(rule, f"Pixels are {shown} mm; the package reads {_range(rule, 'mm')}.")
    return None


def field_of_view(subject: Subject, rule: Rule) -> Reason | None:
    """The larger side of a slice lies in a range of mm."""
    found = _in_plane_mm(subject)
    if found is None:
        return _no_spacing(subject, rule)
    pixels = _in_plane_pixels(subject)
    side = max(step * count for step, count in zip(found, pixels, strict=True))
    if _outside(rule, (side,)):
        return refuse(
            rule, f"The image is {side:.0f} mm wide; the package reads {_range(rule, 'mm')}."
        )
    return None


def size(subject: Subject, rule: Rule) -> Reason | None:
    """The image has enough pixels."""
    rows, columns = _in_plane_pixels(subject)
    if rows >= rule.rows and columns >= rule.columns:
        return None
    return refuse(
        rule,
        f"The image has {rows} × {columns} pixels; the package needs at least "
        f"{rule.rows} × {rule.columns}.",
    )


def slices(subject: Subject, rule: Rule) -> Reason | None:
    """The stack has enough slices."""
    count = subject.series.geometry.shape[_wanted_axis(subject)]
    if not _outside(rule, (count,)):
        return None
    images = "1 slice" if count == 1 else f"{count} slices"
    return refuse(rule, f"The stack has {images}; the package reads {_range(rule, 'slices')}.")


def slice_distance(subject: Subject, rule: Rule) -> Reason | None:
    """Neighbouring slices lie close enough together; the rule "stack" speaks of gaps."""
    series = subject.series
    steps = series.geometry.spacing_mm
    if series.stops(Stops.VOLUME) or series.geometry.shape[0] < 2:
        return None
    if steps is None:
        return unknown(rule, "The distance of the slices is not in the file.")
    if not _outside(rule, (steps[0],)):
        return None
    return refuse(
        rule, f"Slices are {number(steps[0])} mm apart; the package reads {_range(rule, 'mm')}."
    )
