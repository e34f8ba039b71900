"""Trachea and main bronchi in a chest CT, grown from a block in the trachea until it leaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from medimg.inference.rules.morphology import opened, part_at
from medimg.inference.rules.patient_grid import Bits, Coarse

Block = tuple[int, int, int]
#: Highest values of a lumen that are tried, from sure to doubtful.
_LUMEN_HU = (-975.0, -960.0, -945.0, -930.0, -915.0, -900.0, -885.0)
#: Of trachea and bronchi; more has leaked into a lung. A step that grows by more has as well.
_MOST_ML, _LEAK_RATIO, _LEAK_ML = 130.0, 1.6, 8.0
#: A main bronchus is wider than this radius; what is narrower belongs to its lung.
_MAIN_RADIUS_MM = 3.0
#: A trachea's section, how far it is from round, from the body's middle, and how far it goes on.
_AREA_MM2, _LONGER, _FILLS = (60.0, 900.0), 2.5, 0.5
_ASIDE_MM, _RUN_MM = 45.0, 18.0
#: A lumen, against the lung beside it; and its middle, whatever noise and streaks do.
_HOLLOW_HU, _MIDDLE_HU = -900.0, -945.0


def airway(coarse: Coarse, inside: Bits) -> Bits:
    """Lumen of trachea and main bronchi; empty where no trachea is seen.

    Grown at rising thresholds until it leaks (Mori et al. 1996, "Automated extraction and
    visualization of bronchus from 3D CT images of lung").

    Args:
        coarse: The volume, [head, back, left].
        inside: Body, and the air in it.
    """
    seed = next(_tracheas(coarse, inside), None)
    found = np.zeros_like(inside)
    if seed is None:
        return found
    before = 0.0
    for limit in _LUMEN_HU:
        grown = part_at(inside & (coarse.hu < limit), seed)
        volume_ml = float(grown.sum()) * coarse.voxel_ml
        leaks = before > 0 and volume_ml > max(_LEAK_RATIO * before, before + _LEAK_ML)
        if volume_ml > _MOST_ML or leaks:
            break
        found, before = grown, volume_ml
    return _with(opened(found, coarse, _MAIN_RADIUS_MM), seed)


def _with(wide: Bits, seed: Block) -> Bits:
    """The part of the seed, which may itself lie at a wall."""
    near = tuple(slice(max(0, place - 2), place + 3) for place in seed)
    close = np.argwhere(wide[near])
    if not len(close):
        return np.zeros_like(wide)
    first, second, third = (int(c) + n.start for c, n in zip(close[0], near, strict=True))
    return part_at(wide, (first, second, third))


def _tracheas(coarse: Coarse, inside: Bits) -> Iterator[Block]:
    """Blocks in the trachea, from above: round holes near the middle that go on downwards."""
    run = max(1, round(_RUN_MM / coarse.spacing_mm[0]))
    hollow = inside & (coarse.hu < _HOLLOW_HU)
    for index in range(len(hollow) - 1, run - 1, -1):
        columns = np.flatnonzero(inside[index].any(axis=0))
        if not columns.size:
            continue
        middle = float(columns[0] + columns[-1]) / 2
        parts, _ = ndimage.label(hollow[index])
        for number, place in enumerate(ndimage.find_objects(parts), start=1):
            hole = parts[place] == number
            row, column = ndimage.center_of_mass(hole)
            row, column = round(row) + place[0].start, round(column) + place[1].start
            is_central = abs(column - middle) * coarse.spacing_mm[2] < _ASIDE_MM
            way = slice(index - run, index + 1), row, column
            goes_on = hollow[way].all() and float(coarse.hu[way].mean()) < _MIDDLE_HU
            if is_central and goes_on and _is_round(hole, coarse):
                yield index, row, column


def _is_round(hole: Bits, coarse: Coarse) -> bool:
    row_mm, column_mm = coarse.spacing_mm[1:]
    area_mm2 = float(hole.sum()) * row_mm * column_mm
    high, wide = hole.shape[0] * row_mm, hole.shape[1] * column_mm
    return (
        _AREA_MM2[0] <= area_mm2 <= _AREA_MM2[1]
        and area_mm2 > _FILLS * high * wide
        and max(high, wide) < _LONGER * min(high, wide)
    )
