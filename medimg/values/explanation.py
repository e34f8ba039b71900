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
class Trust:
    """Measured figures of one map.

    Attributes:
        deletion: Area under the score while the map's strongest pixels are hidden first;
            lower is better. Petsiuk et al. 2018 (RISE).
        deletion_random: The same for random orders: (mean, lowest, highest).
        insertion, randomisation, agreement: None until measured.
        share_inside: Share of the positive evidence inside `anatomy`, 0 to 1.
        share_by_area: Share of the image that `anatomy` covers: what chance would reach.
        rule: The rule that gave the badge.
        sentence: The figures in one sentence for the reader.
    """

    badge: Badge = Badge.NOT_ASSESSED
    deletion: float | None = None
    deletion_random: tuple[float, float, float] | None = None
    insertion: float | None = None
    randomisation: float | None = None
    agreement: float | None = None
    share_inside: float | None = None
    share_by_area: float | None = None
    anatomy: str = ""
    rule: str = ""
    sentence: str = ""


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
    """

    method: str
    target: str
    map: NDArray[np.float32]
    scale: float
    scale_unit: str = "score units"
    parameters: tuple[tuple[str, str], ...] = ()
    trust: Trust = field(default_factory=Trust)

    def __post_init__(self) -> None:
        if self.map.ndim != 3:
            raise ValueError("a map is [slice, row, column]")
        if not self.scale > 0:
            raise ValueError("a display scale is positive")
        self.map.setflags(write=False)
