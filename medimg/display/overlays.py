"""Colours and strengths of what lies over an image: regions and maps of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.values.explanation import Explanation
from medimg.values.findings import Region, RegionKind
from medimg.values.geometry import Plane

Colour = tuple[int, int, int]
Bytes = NDArray[np.uint8]

#: Okabe and Ito 2008, told apart with any colour vision. Findings begin with orange, anatomy with
#: blue and green, so that a tumour never looks like a lung.
_ORANGE, _SKY, _GREEN = (230, 159, 0), (86, 180, 233), (0, 158, 115)
_YELLOW, _BLUE, _VERMILLION, _PURPLE = (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167)
REGION_COLOURS: dict[RegionKind, tuple[Colour, ...]] = {
    RegionKind.FINDING: (_ORANGE, _VERMILLION, _YELLOW),
    RegionKind.ANATOMY: (_SKY, _GREEN, _PURPLE, _BLUE),
}

#: A plane's tag, and its line in the other views.
PLANE_COLOURS: dict[Plane, Colour] = {
    Plane.AXIAL: _YELLOW,
    Plane.CORONAL: (70, 200, 150),
    Plane.SAGITTAL: _PURPLE,
    Plane.UNKNOWN: _SKY,
}

#: Share of a region's colour in its filled part.
FILL = {RegionKind.FINDING: 0.25, RegionKind.ANATOMY: 0.10}
FILL_UNDER_EVIDENCE = 0.05
OUTLINE_PX, SELECTED_OUTLINE_PX = 2, 3
#: Strongest evidence is drawn at this opacity at first, so that the finding stays visible.
OPACITY = 0.60

#: Ten stops of "inferno" (Smith and van der Walt, CC0), 0 to 1 evenly.
_INFERNO = (
    (0, 0, 4), (27, 12, 65), (74, 12, 107), (120, 28, 109), (165, 44, 96),
    (207, 68, 70), (237, 105, 37), (251, 155, 6), (247, 209, 61), (252, 255, 164),
)  # fmt: skip
_NEGATIVE, _POSITIVE = (61, 155, 255), (255, 147, 38)


@dataclass(frozen=True, slots=True)
class EvidenceStyle:
    """How a map is drawn: the reader's two sliders, and hatching for maps not to be trusted.

    Attributes:
        opacity: Alpha of full strength, 0 to 1.
        show_from: Share of the scale below which nothing is drawn, 0 to 1.
        is_hatched: For a badge "not reliable".
    """

    opacity: float = OPACITY
    show_from: float = 0.10
    is_hatched: bool = False


def colours(regions: Sequence[Region]) -> tuple[Colour, ...]:
    """One colour a region, in the order of its kind; the row repeats when it is used up."""
    used = dict.fromkeys(RegionKind, 0)
    result = []
    for region in regions:
        row = REGION_COLOURS[region.kind]
        result.append(row[used[region.kind] % len(row)])
        used[region.kind] += 1
    return tuple(result)


def is_signed(explanation: Explanation) -> bool:
    """Whether evidence against is part of the map, so that it needs two colours."""
    return bool(explanation.map.min() < 0)


def ramp(strength: NDArray[np.floating]) -> Bytes:
    """Colours of positive evidence: (…) in 0..1 to (…, 3) uint8."""
    stops = np.linspace(0.0, 1.0, len(_INFERNO))
    table = np.asarray(_INFERNO, dtype=np.float64)
    grid = np.linspace(0.0, 1.0, 256)
    lookup = np.stack([np.interp(grid, stops, table[:, i]) for i in range(3)], axis=-1)
    index = np.clip(np.asarray(strength) * 255.0, 0, 255).astype(np.uint8)
    result: Bytes = np.round(lookup).astype(np.uint8)[index]
    return result


def evidence_levels(values: NDArray[np.floating], scale: float, *, signed: bool) -> Bytes:
    """Quantise one slice of a map on its fixed scale, so that restyling is a table's look-up.

    Args:
        values: (rows, columns), in the unit of `scale`.
        scale: Value of full strength; never this map's own maximum.
        signed: Whether evidence against is kept; else it counts as none.

    Returns:
        (rows, columns) uint8: share of the scale from 0 to 255, or from -1 at 1 over 0 at 128
        to +1 at 255 where signed.
    """
    share = np.clip(np.asarray(values, dtype=np.float32) / np.float32(scale), -1.0, 1.0)
    scaled = share * 127.0 + 128.0 if signed else np.maximum(share, 0.0) * 255.0
    result: Bytes = np.rint(scaled).astype(np.uint8)
    return result


def evidence_table(style: EvidenceStyle, *, signed: bool) -> Bytes:
    """Colour and alpha of each level, (256, 4) uint8, not premultiplied.

    Zero evidence is fully transparent; alpha follows the strength up to the style's opacity.
    """
    level = np.arange(256, dtype=np.float64)
    share = (level - 128.0) / 127.0 if signed else level / 255.0
    strength = np.minimum(np.abs(share), 1.0)
    strength[strength < style.show_from] = 0.0
    table = np.empty((256, 4), dtype=np.uint8)
    table[:, :3] = np.where(share[:, None] < 0, _NEGATIVE, _POSITIVE) if signed else ramp(strength)
    table[:, 3] = np.round(strength * style.opacity * 255.0)
    return table


def evidence_rgba(levels: Bytes, style: EvidenceStyle, *, signed: bool) -> Bytes:
    """Colour the levels of one slice, (rows, columns, 4) uint8, not premultiplied."""
    out: Bytes = evidence_table(style, signed=signed)[levels]
    if style.is_hatched:
        out[..., 3] *= hatching(levels.shape)
    return out


def legend_rgb(length: int, *, signed: bool) -> Bytes:
    """The legend's bar from lowest to highest, (length, 3) uint8 on black."""
    if not signed:
        return ramp(np.linspace(0.0, 1.0, length))
    share = np.linspace(-1.0, 1.0, length)[:, None]
    colour = np.where(share < 0, _NEGATIVE, _POSITIVE)
    result: Bytes = np.round(colour * np.abs(share)).astype(np.uint8)
    return result


def hatching(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Diagonal stripes about a fortieth of the image apart; True where the map may be drawn."""
    rows, columns = shape
    period = max(6, max(rows, columns) // 40)
    diagonal = np.add.outer(np.arange(rows), np.arange(columns)) % period
    result: NDArray[np.bool_] = diagonal < period // 2
    return result
