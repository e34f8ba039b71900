"""Tables of `package.toml` that say how answers are made, calibrated and drawn. No torch."""

from __future__ import annotations

from typing import Literal

import msgspec

from medimg.values.findings import Estimate, OperatingPoint


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the manifest; an unknown key is an error, never ignored."""


class Figure(Table, frozen=True, kw_only=True):
    """A measured figure with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int = 0

    @property
    def estimate(self) -> Estimate:
        """The same as a value that travels."""
        return Estimate(self.value, self.low, self.high, self.n)


class OutOfDistribution(Table, frozen=True, kw_only=True):
    """How far an image may lie from the validation data in the package's own features.

    Attributes:
        layer: The network's module whose mean output is the feature.
        statistics: File of the package with `mean` and `precision` of the features.
        threshold: Mahalanobis distance from which on the gate warns.
    """

    layer: str
    statistics: str
    threshold: float


class Preparation(Table, frozen=True, kw_only=True):
    """Facts that the preparation assumes where the image is silent."""

    assumed_field_of_view_mm: float | None = None


class Calibration(Table, frozen=True, kw_only=True):
    """Platt scaling of the score, p = 1 / (1 + exp(-(slope · score + intercept))).

    Platt 1999, "Probabilistic outputs for support vector machines".

    Attributes:
        prevalence: Share of positives in the calibration data.
        ece: Expected calibration error.
        bootstrap: (slope, intercept) of refits on patients drawn with replacement.
    """

    method: Literal["platt"]
    slope: float
    intercept: float
    prevalence: float
    ece: Figure | None = None
    bootstrap: tuple[tuple[float, float], ...] = ()


class Point(Table, frozen=True, kw_only=True):
    """An operating point: threshold on the calibrated probability."""

    name: str
    threshold: float
    sensitivity: Figure
    specificity: Figure
    default: bool = False

    @property
    def value(self) -> OperatingPoint:
        """The same as a value that travels."""
        return OperatingPoint(
            self.name, self.threshold, self.sensitivity.estimate, self.specificity.estimate
        )


class FindingRule(Table, frozen=True, kw_only=True):
    """How a case's score is made of a probability map: a key of `inference.conclude.SCORES`."""

    score: str


class Spread(Table, frozen=True, kw_only=True):
    """How far readers' volumes lie from the outline's, from validation.

    Attributes:
        below_mm3: For outlines smaller than this; rows go upwards.
        factor: 95 % of readers' volumes lie between the outline's volume divided and multiplied
            by this.
    """

    below_mm3: float
    factor: float


class Outlining(Table, frozen=True, kw_only=True):
    """What a package that outlines from a click was trained on.

    Attributes:
        largest_mm: Longest diameter of what it was trained on; beyond it the answer warns.
        spreads: Empty where readers were not compared.
    """

    largest_mm: float
    spreads: tuple[Spread, ...] = ()


class Map(Table, frozen=True, kw_only=True):
    """How one explanation method is run and drawn.

    Attributes:
        layer: Name of the network's module that is looked at; empty for the input. For the
            network's own map it is the map head.
        scale: Value drawn at full strength, from validation.
        parameters: Settings of the method that differ from its defaults.
    """

    method: str
    scale: float
    layer: str = ""
    unit: str = "score units"
    parameters: dict[str, float | int | str] = {}
