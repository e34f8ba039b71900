"""How figures read on screen and paper: one place, so that window and report say the same."""

from __future__ import annotations

from collections.abc import Sequence

from medimg.values.findings import Decision, Estimate, Finding, Measure, Region
from medimg.values.series import Patient, Series

THIN = "\u2009"
MINUS = "−"
DOT = " · "
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEX = {"M": "M", "F": "F", "O": "other"}

#: Shape beside each decision, so that colour is never alone.
SHAPES = {Decision.FLAGGED: "◆", Decision.BORDERLINE: "◈", Decision.NOT_FLAGGED: "○"}


def number(value: float, digits: int = 0) -> str:
    """A figure with thin spaces between thousands and a true minus sign."""
    text = f"{abs(value):,.{digits}f}".replace(",", THIN)
    is_zero = not any(c in "123456789" for c in text)
    return text if value >= 0 or is_zero else MINUS + text


def of_100(probability: float) -> int:
    """A probability as a count of 100; never 0 or 100, which no model can promise."""
    return min(99, max(1, round(probability * 100)))


def such_images(finding: Finding) -> tuple[str, str, str]:
    """("78 of 100", "such images", "(69–85)"): the three parts of a finding's figure."""
    low, high = of_100(finding.low), of_100(finding.high)
    return f"{of_100(finding.probability)} of 100", "such images", f"({low}–{high})"


def sentence_of(finding: Finding) -> str:
    """The whole figure in one line: "78 of 100 such images (69–85)"."""
    return " ".join(such_images(finding))


def estimate(figure: Estimate, digits: int = 2) -> str:
    """A measured figure with its interval: "0.87 (0.84–0.90)"."""
    value, low, high = (number(x, digits) for x in (figure.value, figure.low, figure.high))
    return f"{value} ({low}–{high})"


def date(dicom: str) -> str:
    """DICOM DA as "12 Nov 2026"; what is not a date is shown as it stands."""
    digits = dicom.strip()
    if len(digits) != 8 or not digits.isdigit() or not 1 <= int(digits[4:6]) <= 12:
        return digits
    return f"{digits[6:]} {_MONTHS[int(digits[4:6]) - 1]} {digits[:4]}"


def clock(dicom: str) -> str:
    """DICOM TM as "09:41"; empty where there is none."""
    digits = dicom.strip()
    return f"{digits[:2]}:{digits[2:4]}" if len(digits) >= 4 and digits[:4].isdigit() else ""


def age(patient: Patient) -> str:
    """ "58 y", under two years in months; empty where unknown."""
    if patient.age_years is None:
        return ""
    if patient.age_years < 2:
        return f"{int(patient.age_years * 12)} months"
    return f"{int(patient.age_years)} y"


def person_name(dicom: str) -> str:
    """DICOM PN as "DEMO, One": the first group that has letters, family first."""
    group = next((g for g in dicom.split("=") if g.strip("^ ")), "")
    family, *given = [part.strip() for part in group.split("^")]
    rest = " ".join(part for part in given[:2] if part)
    return ", ".join(part for part in (family, rest) if part)


def sex(patient: Patient) -> str:
    """One letter, or a word, or nothing."""
    return _SEX.get(patient.sex.strip().upper(), "")


def joined(*parts: str) -> str:
    """The parts that say something, with a middle dot between."""
    return DOT.join(part for part in parts if part)


def images(series: Series) -> str:
    """ "1 image" or "22 slices"."""
    count = series.geometry.shape[0]
    if count == 1:
        return "1 image"
    noun = "slices" if series.modality in {"CT", "MR", "PT"} else "images"
    return f"{number(count)} {noun}"


def duration(seconds: float) -> str:
    """ "1.4 s", "22 s", "12 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def left(seconds: float | None) -> str:
    """ "22 s left", or nothing while it cannot be told."""
    if seconds is None:
        return ""
    return f"{duration(max(1.0, round(seconds)))} left".replace(".0 s", " s")


def measured(measure: Measure) -> str:
    """ "−839 HU", "1.5 %", or "withheld"."""
    if measure.value is None:
        return "withheld"
    return f"{number(measure.value, 0 if abs(measure.value) >= 100 else 1)} {measure.unit}".rstrip()


def measure_line(measure: Measure, regions: Sequence[Region]) -> str:
    """ "Right lung, mean density: −839 HU", or why it is withheld."""
    owner = next((region.label for region in regions if region.code == measure.region), "")
    if measure.withheld:
        return f"{owner}: {measure.withheld}" if owner else measure.withheld
    name = measure.name[:1].lower() + measure.name[1:] if owner else measure.name
    return f"{owner + ', ' if owner else ''}{name}: {measured(measure)}"


def region_size(region: Region) -> str:
    """Volume where it is given, else the largest area, in mm² or pixels."""
    if region.volume_ml is not None:
        return f"{number(region.volume_ml, 1 if region.volume_ml < 100 else 0)} ml"
    if region.area_mm2 is not None:
        return f"{number(region.area_mm2 / 100, 1)} cm²"
    return f"{number(region.area_px)} px"


def region_longest(region: Region) -> str:
    """Longest diameter in mm, or in pixels where mm are unknown."""
    if region.longest_mm is not None:
        return f"{number(region.longest_mm)} mm"
    return f"{number(region.longest_px)} px"
