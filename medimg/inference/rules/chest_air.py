"""Air in a chest CT: around the body, in the airways, in the lungs; on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.rules.airway import airway as airways
from medimg.inference.rules.morphology import box, closed, eroded, grown, in_plane, largest, opened
from medimg.inference.rules.patient_grid import Bits, Coarse

Labels = NDArray[np.uint8]
RIGHT, LEFT = 1, 2
#: Tissue, for the body's outline; and air around the body.
_TISSUE_HU, _OUTSIDE_HU = -300.0, -930.0
#: Scanners fill what lies outside their circle with this value or less.
_FILL_HU = -1024.0
_START_HU = -500.0
_WALL_MM = 2.0
#: A lung holds more, and a ball of this radius fits in.
LEAST_LUNG_ML, _LEAST_LUNG_RADIUS_MM = 120.0, 12.0
#: A further part of a lung has this share of the largest.
_FURTHER_PART = 0.02
#: Where the lungs may touch, to both sides of the middle.
_BAND_MM = 40.0
_MEMBRANE_HU, _ASIDE_HU_PER_MM = 80.0, 0.5
#: Gas in the bowel has no tissue in it.
_GAS_HU = -965.0
#: Vessels and nodules narrower than twice this are filled in.
_CLOSING_MM = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class ChestAir:
    """What was found, on the coarse grid.

    Attributes:
        lungs: 0, `RIGHT` or `LEFT`; vessels filled in.
        airway: Lumen of trachea and main bronchi; empty where there is no trachea.
        barrier: Airway with its walls: no part of a lung.
        threshold_hu: Half-way between lung and tissue.
    """

    lungs: Labels
    airway: Bits
    barrier: Bits
    threshold_hu: float


def find(coarse: Coarse) -> ChestAir:
    """Find lungs and airways.

    The threshold is that of Hu, Hoffman and Reinhardt 2001, "Automatic lung segmentation for
    accurate quantitation of volumetric X-ray CT images"; the airway grows as in their work, until
    it leaks (Mori et al. 1996).
    """
    inside = _inside(coarse)
    threshold = _threshold(coarse.hu, inside)
    airway = airways(coarse, inside)
    barrier = grown(airway, coarse, _WALL_MM)
    air = inside & (coarse.hu < threshold) & ~barrier & ~coarse.padding
    lungs = _named(_lung_parts(air, coarse), coarse)
    return ChestAir(_filled(lungs, barrier, coarse), airway, barrier, threshold)


def fill_of_scanner(coarse: Coarse) -> Bits:
    """Blocks that hold no image: declared padding, or one constant below the value of air."""
    lowest = float(coarse.hu.min())
    if lowest > _FILL_HU:
        return coarse.padding
    # Noise in air that is cut off at this value makes single blocks, never a whole region.
    region = opened(coarse.hu <= lowest + 0.5, coarse, 1.5 * max(coarse.spacing_mm))
    filled: Bits = coarse.padding | region
    return filled


def _inside(coarse: Coarse) -> Bits:
    """The body with the air in it, slice by slice: what is not reached from the image's edges.

    Where the body itself is cut off by the edge, so that a lung reaches it, only air as thin as
    that of a room counts as outside.
    """
    fill = fill_of_scanner(coarse)
    body = largest(opened(coarse.hu > _TISSUE_HU, coarse, 3.0))
    free = ~(body | fill)
    parts, count = ndimage.label(free, in_plane())
    if not count:
        return ~fill
    edge = np.zeros_like(free)
    edge[:, (0, -1)] = edge[:, :, (0, -1)] = True
    # Air meets the scanner's circle as it meets the image's edge.
    edge |= ndimage.binary_dilation(fill, in_plane())
    touching = np.unique(parts[edge & free])
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    thin = np.bincount(parts[coarse.hu < _OUTSIDE_HU], minlength=count + 1)
    is_outside = np.zeros(count + 1, dtype=bool)
    is_outside[touching[touching > 0]] = True
    is_outside &= 2 * thin > sizes
    outside = is_outside[parts]
    inside: Bits = ~(outside | fill)
    return inside


def _threshold(hu: NDArray[np.float32], inside: Bits) -> float:
    """Half-way between the means of what is air and what is tissue, until it stays."""
    values = hu[inside]
    threshold = _START_HU
    for _ in range(20):
        low = values < threshold
        if low.all() or not low.any():
            return _START_HU
        middle = float(values[low].mean() + values[~low].mean()) / 2
        if abs(middle - threshold) < 0.5:
            break
        threshold = middle
    return float(np.clip(threshold, -600.0, -350.0))


def _lung_parts(air: Bits, coarse: Coarse) -> Labels:
    """The parts of the air that are lungs or pieces of one, by number; small and gassy ones go."""
    parts, count = ndimage.label(air)
    if not count:
        return np.zeros(air.shape, dtype=np.uint8)
    sizes = np.bincount(parts.ravel())[1:] * coarse.voxel_ml
    order = [n for n in np.argsort(sizes)[::-1] if sizes[n] >= _FURTHER_PART * sizes.max()]
    kept = np.zeros(air.shape, dtype=np.uint8)
    number = 0
    for part in order[:50]:
        mask = parts == part + 1
        core = eroded(mask, coarse, 3.0)
        if not core.any() or float(np.median(coarse.hu[core])) < _GAS_HU:
            continue
        if sizes[part] >= LEAST_LUNG_ML and not eroded(core, coarse, _LEAST_LUNG_RADIUS_MM).any():
            continue
        number += 1
        kept[mask] = number
    return kept


def _named(parts: Labels, coarse: Coarse) -> Labels:
    """Give each part its side; one part that is both lungs is cut in two."""
    count = int(parts.max())
    named = np.zeros_like(parts)
    if not count:
        return named
    sizes = np.bincount(parts.ravel())[1:] * coarse.voxel_ml
    first = parts == int(sizes.argmax()) + 1
    middle = _middle(first, parts, sizes)
    for number in range(1, count + 1):
        mask = parts == number
        if sizes[number - 1] >= LEAST_LUNG_ML and _is_both(mask, middle):
            named += _parted(mask, middle, coarse)
        else:
            named[mask] = RIGHT if _centre(mask) < middle else LEFT
    for side in (RIGHT, LEFT):
        if float((named == side).sum()) * coarse.voxel_ml < LEAST_LUNG_ML:
            named[named == side] = 0
    return named


def _centre(mask: Bits) -> float:
    return float(np.average(np.arange(mask.shape[2]), weights=mask.sum(axis=(0, 1))))


def _middle(first: Bits, parts: Labels, sizes: NDArray[np.floating]) -> float:
    """Column between the lungs: half-way between the two largest parts, or of the only one."""
    order = np.argsort(sizes)[::-1]
    if len(order) > 1 and sizes[order[1]] > 0.2 * sizes[order[0]]:
        return (_centre(first) + _centre(parts == int(order[1]) + 1)) / 2
    columns = np.flatnonzero(first.any(axis=(0, 1)))
    return float(columns[0] + columns[-1]) / 2


def _is_both(mask: Bits, middle: float) -> bool:
    """Whether a part reaches well into both halves."""
    split = round(middle)
    right = float(mask[:, :, :split].sum())
    share = right / float(mask.sum())
    return 0.15 < share < 0.85


def _parted(mask: Bits, middle: float, coarse: Coarse) -> Labels:
    """Cut lungs that touch, slice by slice, along the brightest way from front to back.

    As Hu et al. 2001, by dynamic programming, over a band around the middle.
    """
    half = round(_BAND_MM / coarse.spacing_mm[2])
    first = max(0, round(middle) - half)
    band = slice(first, round(middle) + half + 1)
    away_mm = np.abs(np.arange(mask.shape[2])[band] - middle) * coarse.spacing_mm[2]
    # A membrane, thinner than a block, draws the way as much as liver or heart do.
    lung = float(np.median(coarse.hu[mask]))
    worth = np.clip(coarse.hu[:, :, band], lung, lung + _MEMBRANE_HU)
    worth -= _ASIDE_HU_PER_MM * away_mm.astype(np.float32)
    columns = first + _brightest_way(worth)
    is_right = np.arange(mask.shape[2]) < columns[:, :, None]
    named: Labels = np.where(is_right, RIGHT, LEFT).astype(np.uint8) * mask.astype(np.uint8)
    return named


def _brightest_way(worth: NDArray[np.float32]) -> NDArray[np.int64]:
    """The column in each row, neighbours at most one apart, whose worth adds up to the most.

    Args:
        worth: [slice, row, column].

    Returns:
        [slice, row].
    """
    slices, rows, width = worth.shape
    total = worth[:, 0].astype(np.float64)
    came = np.zeros((slices, rows, width), dtype=np.int8)
    for row in range(1, rows):
        padded = np.pad(total, ((0, 0), (1, 1)), constant_values=-np.inf)
        choices = np.stack([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]])
        best = choices.argmax(axis=0)
        came[:, row] = best - 1
        total = worth[:, row] + np.take_along_axis(choices, best[None], axis=0)[0]
    way = np.zeros((slices, rows), dtype=np.int64)
    way[:, -1] = total.argmax(axis=1)
    for row in range(rows - 1, 0, -1):
        way[:, row - 1] = way[:, row] + came[np.arange(slices), row, way[:, row]]
    return way


def _filled(lungs: Labels, barrier: Bits, coarse: Coarse) -> Labels:
    """Close each lung over its vessels and nodules, without the other's room or the airway's."""
    result = lungs.copy()
    for side in (RIGHT, LEFT):
        if not (lungs == side).any():
            continue
        here = box(lungs == side, coarse, 2 * _CLOSING_MM)
        filled = closed(lungs[here] == side, coarse, _CLOSING_MM)
        # In space, not slice by slice: a section of the liver's dome is an island in the lung.
        filled = ndimage.binary_fill_holes(filled)
        free = (result[here] == 0) & ~barrier[here]
        result[here][filled & free] = side
    return result
