"""PET values as standardised uptake by body weight, where the header allows it without a guess.

The rules are those that QIBA published for vendor-neutral SUV: activity by volume, corrected for
attenuation and decay, over the dose that was left at the time to which the values were corrected.
What is not stated is not assumed: the series keeps its own unit and says what it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.picture import Picture
from medimg.values.series import Series, Window

#: A dose below this is a number in another unit: nobody is given less than 0.1 MBq.
LEAST_DOSE_BQ = 1e5
#: Half-lives after which so little is left that the times must be wrong.
MOST_HALF_LIVES = 10.0
#: Tracers that live longer are imaged days after injection: a time without a date does not do.
SAME_DAY_HALF_LIFE_S = 6 * 3600.0
#: A first frame whose decay factor is no more than this was corrected to its own start.
OWN_START_FACTOR = 1.05
#: Philips' factor from counts to SUV.
_PHILIPS_SUV = 0x70531000


class Lacking(Exception):
    """Why there is no SUV: the sentence's end, after the name of the file."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """What turns a series into SUV.

    Attributes:
        factor: SUVbw over the values that the rescale gives.
        how: The figures that it was made of.
    """

    factor: float
    how: str


def uptake(pictures: Sequence[Picture]) -> Uptake:
    """Find the one factor of a series.

    Raises:
        Lacking: An item is missing, contradicts another, or leaves the day open.
    """
    facts = pictures[0].attributes
    units = facts.text("Units").upper()
    if units == "GML":
        if facts.text("SUVType").upper() not in ("", "BW"):
            raise Lacking(f"gives uptake by {facts.text('SUVType')}, not by body weight")
        return Uptake(1.0, "stored as g/ml")
    if units == "CNTS":
        return _philips(pictures[0])
    if units != "BQML":
        raise Lacking(f"has values in {units or 'no stated unit'} and not in Bq/ml")
    missing = [word for word in ("ATTN", "DECY") if word not in facts.texts("CorrectedImage")]
    if missing:
        what = {"ATTN": "attenuation", "DECY": "decay"}[missing[0]]
        raise Lacking(f"is not corrected for {what}")
    tracer = next(facts.items("RadiopharmaceuticalInformationSequence"), None)
    if tracer is None:
        raise Lacking("does not say what was injected")
    weight_kg = _positive(facts, "PatientWeight", "the patient's weight")
    dose_bq = _positive(tracer, "RadionuclideTotalDose", "the injected dose")
    half_life_s = _positive(tracer, "RadionuclideHalfLife", "the tracer's half-life")
    if dose_bq < LEAST_DOSE_BQ:
        raise Lacking(f"states a dose of {dose_bq:g} Bq, which no patient is given")
    elapsed_s = _elapsed_s(pictures, tracer, half_life_s)
    left_bq = dose_bq * 2.0 ** (-elapsed_s / half_life_s)
    how = (
        f"{weight_kg:g} kg, {dose_bq / 1e6:.4g} MBq, {elapsed_s / 60:.3g} min at a half-life of "
        f"{half_life_s / 60:.4g} min"
    )
    return Uptake(weight_kg * 1000.0 / left_bq, how)


def in_suv(series: Series, uptake: Uptake) -> Series:
    """A series whose windows are in SUV, as its values are."""
    return replace(
        series,
        windows=tuple(_scaled(window, uptake.factor) for window in series.windows),
        acquisition=(*series.acquisition, ("SUVbw", uptake.how)),
    )


def _scaled(window: Window, factor: float) -> Window:
    """A window on scaled values; LINEAR counts in whole stored steps, which there are no more."""
    center, width, function = window.center, window.width, window.function
    if function == "LINEAR" and width > 1:
        center, width, function = center - 0.5, width - 1.0, "LINEAR_EXACT"
    return replace(window, center=center * factor, width=width * factor, function=function)


def _philips(picture: Picture) -> Uptake:
    """Counts have no unit; Philips writes their factor beside them."""
    element = picture.source.dataset.get(_PHILIPS_SUV)
    factor = float(element.value) if element is not None and element.value else 0.0
    if factor <= 0:
        raise Lacking("has values in counts, and no factor to SUV")
    return Uptake(factor, f"the maker's factor {factor:g}")


def _elapsed_s(pictures: Sequence[Picture], tracer: Attributes, half_life_s: float) -> float:
    """Seconds of decay between injection and the time to which the values were corrected."""
    kind = pictures[0].attributes.text("DecayCorrection").upper()
    stated = _moment(pictures[0].attributes.text("DecayCorrectionDateTime"))
    if kind == "ADMIN":
        return 0.0
    if kind != "START" and stated is None:
        raise Lacking(f"was corrected for decay to no stated time ({kind or 'no word'})")
    scan = stated or _scan_start(pictures)
    injected = _injected(tracer, scan, half_life_s)
    elapsed_s = (scan - injected).total_seconds()
    if not 0 <= elapsed_s <= MOST_HALF_LIVES * half_life_s:
        raise Lacking(f"puts {elapsed_s / 3600:.1f} h between injection and scan")
    return elapsed_s


def _scan_start(pictures: Sequence[Picture]) -> datetime:
    """The time to which START corrects: of the series, unless that was written afterwards."""
    acquired = sorted(
        (time, index)
        for index, p in enumerate(pictures)
        if (time := _of(p.attributes, "Acquisition")) is not None
    )
    if not acquired:
        raise Lacking("does not say when it was acquired")
    earliest, index = acquired[0]
    series = _of(pictures[0].attributes, "Series")
    if series is not None and series <= earliest:
        return series
    # A series made of another has a time of its own, after the scan. The first frame's decay
    # factor tells whether its own start is the time that was corrected to.
    factor = pictures[index].attributes.number("DecayFactor")
    if factor is not None and 1.0 <= factor <= OWN_START_FACTOR:
        return earliest
    raise Lacking("has a SeriesTime after the scan, so the time of its decay correction is unknown")


def _injected(tracer: Attributes, scan: datetime, half_life_s: float) -> datetime:
    """When the tracer was given; without a date the day must be beyond doubt."""
    whole = _moment(tracer.text("RadiopharmaceuticalStartDateTime"))
    if whole is not None:
        return whole
    clock = tracer.text("RadiopharmaceuticalStartTime")
    injected = _moment(scan.strftime("%Y%m%d") + clock) if clock else None
    if injected is None:
        raise Lacking("does not say when the tracer was injected")
    if half_life_s > SAME_DAY_HALF_LIFE_S:
        raise Lacking("does not say on which day its long-lived tracer was injected")
    if injected > scan:
        raise Lacking("gives an injection later in the day than the scan, and no date for it")
    return injected


def _of(facts: Attributes, what: str) -> datetime | None:
    """Date and time of the series or the acquisition; None where either is missing."""
    date, clock = facts.text(f"{what}Date"), facts.text(f"{what}Time")
    return _moment(date + clock) if date and clock else None


def _moment(text: str) -> datetime | None:
    """Read a date and time (PS3.5 6.2, DT), to the second or finer; None where it is none."""
    digits, _, fraction = text.partition("+")[0].partition(".")
    try:
        whole = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S") if digits else None
    except ValueError:
        return None
    if whole is None or len(digits) < 12:
        return None
    return whole + timedelta(seconds=float(f"0.{fraction}") if fraction.isdigit() else 0.0)


def _positive(facts: Attributes, keyword: str, words: str) -> float:
    number = facts.number(keyword)
    if number is None or number <= 0:
        raise Lacking(f"does not give {words}")
    return number
