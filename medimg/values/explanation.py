"""Why a model said so, and how far that may be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class Badge(Enum):
    """How far a map may be trusted."""

    SUPPORTED = "supported"
    WEAK = "weak"
    NOT_RELIABLE = "not reliable"
    NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Check:
    """One measured figure of a map, beside what it must beat.

    Attributes:
        name: Key of `explain.figures.FIGURES`.
        opponents: (name, value) of the same figure for a random order, a centre prior and the
            package's best fixed point, where they have one.
        needs: The value that passes, from the study; None where the figure decides nothing.
        passed: None where the figure decides nothing.
        passes: Forward passes of one image that the figure took.
    """

    name: str
    value: float
    opponents: tuple[tuple[str, float], ...] = ()
    needs: float | None = None
    passed: bool | None = None
    passes: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """The probability, as a share of its start, while the image is hidden or shown bit by bit.

    Attributes:
        name: "deletion" or "insertion".
        fill: What stands in the hidden parts.
        values: In equal steps from nothing hidden (shown) to everything.
        low, high: Range of the random orders at the same steps.
    """

    name: str
    fill: str
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """Measured figures of one map.

    Attributes:
        deletion: Area under the curve while the strongest parts of the map are hidden first;
            lower is better. Petsiuk et al. 2018 (RISE).
        deletion_random: The same for random orders: (mean, lowest, highest).
        insertion, insertion_random: The same while they are shown first; higher is better.
        randomisation, agreement: None until measured.
        share_inside: Share of the positive evidence inside `anatomy`, 0 to 1.
        share_by_area: Share of the image that `anatomy` covers: what chance would reach.
        checks: All figures, each with what it needs.
        rule: The rule that gave the badge.
        sentence: The figures in one sentence for the reader.
    """

    badge: Badge = Badge.NOT_ASSESSED
    deletion: float | None = None
    deletion_random: tuple[float, float, float] | None = None
    insertion: float | None = None
    insertion_random: tuple[float, float, float] | None = None
    randomisation: float | None = None
    agreement: float | None = None
    share_inside: float | None = None
    share_by_area: float | None = None
    anatomy: str = ""
    rule: str = ""
    sentence: str = ""
    checks: tuple[Check, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One map of evidence.

    Attributes:
        method: Key of the table of methods ("grad-cam").
        target: The label that it explains.
        map: [slice, row, column] float32, signed, in the unit of `scale`, on the image's grid.
        scale: The value drawn at full strength: fixed for package and method, from validation.
        scale_unit: What `scale` counts ("score units").
        parameters: (name, value) pairs: layer, steps, baseline.
        zones: (zone, share of the positive evidence), the largest share first.
        seen: (rows, columns) uint8: the array that the network was given, its smallest value
            black and its largest white; the slice with the most evidence of a stack.
    """

    method: str
    target: str
    map: NDArray[np.float32]
    scale: float
    scale_unit: str = "score units"
    parameters: tuple[tuple[str, str], ...] = ()
    trust: Trust = field(default_factory=Trust)
    zones: tuple[tuple[str, float], ...] = ()
    seen: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        if self.map.ndim != 3:
            raise ValueError("a map is [slice, row, column]")
        if not self.scale > 0:
            raise ValueError("a display scale is positive")
        self.map.setflags(write=False)
        if self.seen is not None:
            self.seen.setflags(write=False)
