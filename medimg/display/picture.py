"""A grey slice with its overlays as one RGB picture: for files, reports and tests.

The window paints outlines as vectors; here they are drawn in pixels. Colours and strengths are
the same (`overlays`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medimg.display.overlays import (
    FILL,
    FILL_UNDER_EVIDENCE,
    OUTLINE_PX,
    SELECTED_OUTLINE_PX,
    Colour,
    EvidenceStyle,
    colours,
    evidence_levels,
    evidence_rgba,
    is_signed,
)
from medimg.values.explanation import Explanation
from medimg.values.findings import Region, RegionKind

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """One region on one slice: (rows, columns) mask, colour, kind."""

    mask: NDArray[np.bool_]
    colour: Colour
    kind: RegionKind
    is_selected: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One slice of a map with its fixed scale and style."""

    values: NDArray[np.float32]
    scale: float
    is_signed: bool
    style: EvidenceStyle = field(default_factory=EvidenceStyle)


def marked(regions: Sequence[Region], index: int, selected: Region | None = None) -> list[Marked]:
    """The regions that touch a slice, coloured as everywhere."""
    return [
        Marked(region.mask.on(index), colour, region.kind, region is selected)
        for region, colour in zip(regions, colours(regions), strict=True)
        if region.mask.touches(index)
    ]


def evidence_on(explanation: Explanation, index: int, style: EvidenceStyle) -> Evidence:
    """One slice of an explanation."""
    return Evidence(explanation.map[index], explanation.scale, is_signed(explanation), style)


def picture(
    image: Bytes, regions: Sequence[Marked] = (), evidence: Evidence | None = None
) -> Bytes:
    """Lay regions and evidence over a slice.

    Args:
        image: (rows, columns) grey or (rows, columns, 3) colour, as seen.
        regions: Drawn in order, outlines last and at full strength.
        evidence: At most one map; while it is there, fills step back.

    Returns:
        (rows, columns, 3) uint8.
    """
    colour = np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image
    out = colour.astype(np.float32)
    for region in regions:
        share = FILL_UNDER_EVIDENCE if evidence is not None else FILL[region.kind]
        _mix(out, region.mask, region.colour, share)
    if evidence is not None:
        levels = evidence_levels(evidence.values, evidence.scale, signed=evidence.is_signed)
        rgba = evidence_rgba(levels, evidence.style, signed=evidence.is_signed)
        alpha = rgba[..., 3:].astype(np.float32) / 255.0
        out += (rgba[..., :3] - out) * alpha
    unit = max(1.0, max(image.shape[:2]) / 1000.0)
    for region in regions:
        width = SELECTED_OUTLINE_PX if region.is_selected else OUTLINE_PX
        _mix(out, _rim(region.mask, round(width * unit)), region.colour, 1.0)
    result: Bytes = np.clip(np.round(out), 0, 255).astype(np.uint8)
    return result


def _mix(out: NDArray[np.float32], where: NDArray[np.bool_], colour: Colour, share: float) -> None:
    out[where] += (np.asarray(colour, dtype=np.float32) - out[where]) * share


def _rim(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The inner `width` pixels of a mask, by shrinking it in four directions."""
    inner = mask
    for _ in range(width):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    result: NDArray[np.bool_] = mask & ~inner
    return result
