"""What a model says: findings with calibrated probabilities, regions on the image's grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from medimg.values.codes import Code
from medimg.values.masks import Mask


class Decision(Enum):
    """`BORDERLINE`: the interval crosses the operating point."""

    FLAGGED = "flagged"
    BORDERLINE = "borderline"
    NOT_FLAGGED = "not flagged"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured figure with its 95 % interval and the number of cases behind it."""

    value: float
    low: float
    high: float
    n: int = 0


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold on the calibrated probability, and what it reached in validation."""

    name: str
    threshold: float
    sensitivity: Estimate
    specificity: Estimate


@dataclass(frozen=True, slots=True)
class Finding:
    """One label's answer.

    Attributes:
        id: Tells it from all other findings and regions on the same image, of any package.
        label: As readers read it.
        code: Key of `codes.CODES`.
        score: The network's own output (a logit), before calibration.
        probability, low, high: Calibrated, with the 95 % interval of the calibration
            (bootstrap by patient).
        prevalence: Share of positives that the probability assumes.
        concept: What it is; None where the table of codes says so.
    """

    id: str
    label: str
    code: str
    score: float
    probability: float
    low: float
    high: float
    operating_point: OperatingPoint
    decision: Decision
    prevalence: float
    concept: Code | None = None


class RegionKind(Enum):
    """A finding is filled at 25 %, anatomy at most at 10 %."""

    FINDING = "finding"
    ANATOMY = "anatomy"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A marked part of the image; regions may overlap.

    Attributes:
        id: Tells it from all other findings and regions on the same image, of any package.
        mask: On the image's own grid.
        volume_ml: None on one image, on a stack with gaps, and where mm are unknown.
        area_px: Largest area on one slice in pixels.
        area_mm2: The same in mm²; None where mm are unknown.
        longest_px: Longest diameter of a connected part within one slice, in pixels.
        longest_mm: The same in mm; None where mm are unknown.
        centroid: (slice, row, column), mean of the voxel centres.
        best_slice: The slice with the largest area.
        withheld: Why a measure is not given, in words; empty where all are.
        concept: What it is; None where the table of codes says so.
    """

    id: str
    label: str
    code: str
    kind: RegionKind
    mask: Mask
    volume_ml: float | None
    area_px: int
    area_mm2: float | None
    longest_px: float
    longest_mm: float | None
    centroid: tuple[float, float, float]
    best_slice: int
    withheld: str = ""
    concept: Code | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure that a package gives beside a region's size.

    Attributes:
        id: Tells it from all others on the same image, of any package.
        value: None where it is withheld.
        unit: As readers read it ("%", "HU"); empty for a plain number.
        withheld: Why it is not given, in words; empty where it is.
        region: Code of the region that it is of; empty where it is of the image as a whole.
        concept: What it is; None where no code says so.
    """

    id: str
    name: str
    value: float | None
    unit: str = ""
    withheld: str = ""
    region: str = ""
    concept: Code | None = None
