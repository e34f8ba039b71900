"""PET values as standardised uptake by body weight, where the header allows it without a guess.

The rules are those that QIBA published for vendor-neutral SUV: activity by volume, corrected for
attenuation and decay, over the dose that was left at the time to which the values were corrected.
What is not stated is not assumed: the series keeps its own unit and says what it lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medimg.reading.dicom.header.ages import age_from_text
from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.picture import Picture
from medimg.reading.dicom.pixels.nuclides import HALF_LIFE_SHARE, HALF_LIVES_S, nuclide_of
from medimg.reading.dicom.pixels.times import Lacking, moment, zone_of
from medimg.values.series import Series, Window

#: A dose outside is a number in another unit (kBq, MBq, mCi): infants are given 10 MBq, of tracers
#: that live two minutes nobody is given more than 4 GBq.
DOSE_BQ = (1e6, 2e10)
#: A weight outside is a number in another unit (g, t): of people from preterm infants on.
WEIGHT_KG = (0.3, 700.0)
#: Nobody grown up weighs less, in kg, from this age in years on.
GROWN_KG, GROWN_YEARS = 15.0, 18.0
#: Half-lives after which so little is left that the times must be wrong.
MOST_HALF_LIVES = 10.0
#: Tracers that live longer are imaged days after injection: a time without a date does not do.
SAME_DAY_HALF_LIFE_S = 6 * 3600.0
#: A first frame whose decay factor is no more than this was corrected to its own start.
OWN_START_FACTOR = 1.05
#: A stated decay factor fits the clocks within this share.
FACTOR_SHARE = 0.1
#: Two statements of the time of injection are one within this, whatever the day.
SAME_INJECTION_S = 60.0
#: Philips' factor from counts to SUV.
_PHILIPS_SUV = 0x70531000


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
    tracers = list(facts.items("RadiopharmaceuticalInformationSequence"))
    if not tracers:
        raise Lacking("does not say what was injected")
    if len(tracers) > 1:
        raise Lacking(f"names {len(tracers)} injections, whose activities cannot be told apart")
    (tracer,) = tracers
    weight_kg = _weight_kg(facts)
    dose_bq = _positive(tracer, "RadionuclideTotalDose", "the injected dose")
    if not DOSE_BQ[0] <= dose_bq <= DOSE_BQ[1]:
        raise Lacking(f"states a dose of {dose_bq:g} Bq, which no patient is given")
    half_life_s = _half_life_s(tracer)
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


def _weight_kg(facts: Attributes) -> float:
    """The patient's weight, if somebody can have it."""
    weight_kg = _positive(facts, "PatientWeight", "the patient's weight")
    age = age_from_text(facts.text("PatientAge").upper())
    is_grown = age is not None and age >= GROWN_YEARS
    if not WEIGHT_KG[0] <= weight_kg <= WEIGHT_KG[1] or (is_grown and weight_kg < GROWN_KG):
        raise Lacking(f"states a weight of {weight_kg:g} kg, which no such person has")
    return weight_kg


def _half_life_s(tracer: Attributes) -> float:
    """The stated half-life, if it is that of the nuclide that is named, where one is."""
    stated_s = _positive(tracer, "RadionuclideHalfLife", "the tracer's half-life")
    words = [tracer.text("Radiopharmaceutical")]
    for keyword in ("RadionuclideCodeSequence", "RadiopharmaceuticalCodeSequence"):
        words += [item.text("CodeMeaning") for item in tracer.items(keyword)]
    nuclide = nuclide_of(" ".join(words))
    if nuclide is None:
        return stated_s
    true_s = HALF_LIVES_S[nuclide]
    if abs(stated_s / true_s - 1) > HALF_LIFE_SHARE:
        raise Lacking(f"states a half-life of {stated_s:g} s, and {nuclide} has {true_s:g} s")
    return stated_s


def _elapsed_s(pictures: Sequence[Picture], tracer: Attributes, half_life_s: float) -> float:
    """Seconds of decay between injection and the time to which the values were corrected."""
    facts = pictures[0].attributes
    kind = facts.text("DecayCorrection").upper()
    stated = moment(facts.text("DecayCorrectionDateTime"), zone_of(facts))
    if kind == "ADMIN":
        return 0.0
    if kind != "START" and stated is None:
        raise Lacking(f"was corrected for decay to no stated time ({kind or 'no word'})")
    scan = stated or _scan_start(pictures, half_life_s)
    injected = _injected(tracer, scan, half_life_s, zone_of(facts))
    elapsed_s = (scan - injected).total_seconds()
    if not 0 <= elapsed_s <= MOST_HALF_LIVES * half_life_s:
        raise Lacking(f"puts {elapsed_s / 3600:.1f} h between injection and scan")
    return elapsed_s


def _scan_start(pictures: Sequence[Picture], half_life_s: float) -> datetime:
    """The time to which START corrects: of the series, unless that was written afterwards."""
    acquired = sorted(
        (time, index)
        for index, p in enumerate(pictures)
        if (time := _of(p.attributes, "Acquisition")) is not None
    )
    if not acquired:
        raise Lacking("does not say when it was acquired")
    earliest, index = acquired[0]
    first = pictures[index].attributes
    series, factor = _of(pictures[0].attributes, "Series"), first.number("DecayFactor")
    if series is not None and series <= earliest:
        if factor is not None and factor > 0:
            _check_factor(factor, (earliest - series).total_seconds(), first, half_life_s)
        return series
    # A series made of another has a time of its own, after the scan. The first frame's decay
    # factor tells whether its own start is the time that was corrected to.
    if factor is not None and 1.0 <= factor <= OWN_START_FACTOR:
        return earliest
    raise Lacking("has a SeriesTime after the scan, so the time of its decay correction is unknown")


def _check_factor(factor: float, after_s: float, first: Attributes, half_life_s: float) -> None:
    """Compare the factor by which a frame was corrected with that of the clocks.

    The decay within the frame may be in the factor or not.

    Raises:
        Lacking: It is the factor of another time.
    """
    lasting_s = max(first.number("ActualFrameDuration") or 0.0, 0.0) / 1000
    least = 2.0 ** (after_s / half_life_s) * (1 - FACTOR_SHARE)
    most = 2.0 ** (min(after_s + lasting_s, MOST_HALF_LIVES * half_life_s) / half_life_s)
    if not least <= factor <= most * (1 + FACTOR_SHARE):
        raise Lacking(
            f"was corrected for decay by {factor:g} in its first frame, which does not fit the "
            f"{after_s / 60:.3g} min from SeriesTime to its acquisition"
        )


def _injected(
    tracer: Attributes, scan: datetime, half_life_s: float, zone: timedelta | None
) -> datetime:
    """When the tracer was given; without a date the day must be beyond doubt."""
    whole = moment(tracer.text("RadiopharmaceuticalStartDateTime"), zone)
    clock = tracer.text("RadiopharmaceuticalStartTime")
    injected = moment(scan.strftime("%Y%m%d") + clock, zone) if clock else None
    if whole is not None and injected is not None:
        apart_s = abs((whole - injected).total_seconds()) % 86_400
        if SAME_INJECTION_S < apart_s < 86_400 - SAME_INJECTION_S:
            raise Lacking("gives two times of injection that are not the same")
    if whole is not None:
        return whole
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
    return moment(date + clock, zone_of(facts)) if date and clock else None


def _positive(facts: Attributes, keyword: str, words: str) -> float:
    number = facts.number(keyword)
    if number is None or number <= 0:
        raise Lacking(f"does not give {words}")
    return number
