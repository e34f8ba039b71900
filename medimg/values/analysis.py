"""What ran on what, and what came out: the record of one analysis."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medimg.values.explanation import Explanation
from medimg.values.findings import Estimate, Finding, Measure, Region
from medimg.values.notice import RESEARCH_NOTICE as RESEARCH_NOTICE
from medimg.values.prompt import Prompt
from medimg.values.series import Series
from medimg.values.verdict import Verdict


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What every result says of the package that made it.

    Attributes:
        weights_sha256: Of the weights file.
        merit_name, merit: The headline figure of the card, with its interval.
        merit_note: On what it was measured.
    """

    id: str
    version: str
    title: str
    weights_sha256: str
    summary: str = ""
    intended_use: str = ""
    not_for: tuple[str, ...] = ()
    licence: str = ""
    merit_name: str = ""
    merit: Estimate | None = None
    merit_note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class KeyImage:
    """A slice as the reader saw it, kept so that reports can be made again from the record.

    Attributes:
        index: Slice of the stack.
        grey: (rows, columns) uint8, after window and polarity.
    """

    index: int
    grey: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Backend:
    """What computed it."""

    name: str
    device: str
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """One package's answer on one series, with all that its exports need.

    Attributes:
        id: A UUID, the record's name.
        created: ISO 8601 with offset.
        series: Headers of the source, problems included.
        pixels_sha256: Of the array that the package was given.
        headers: One DICOM JSON model a source instance, without pixels; empty for other formats.
        notes: What was done to the image on the way ("resliced to axial").
        seconds: (stage, seconds) pairs.
        measures: Further figures, of regions or of the image as a whole.
        prompt: What the reader pointed at; None for a package that needs no pointing.
    """

    id: str
    created: str
    package: PackageFacts
    series: Series
    pixels_sha256: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    regions: tuple[Region, ...]
    explanations: tuple[Explanation, ...]
    key_images: tuple[KeyImage, ...]
    backend: Backend
    headers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: tuple[tuple[str, float], ...] = field(default=())
    measures: tuple[Measure, ...] = ()
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A reader's word on one finding or region; append-only."""

    target: str
    word: str
    reader: str
    time: str
    reason: str = ""
