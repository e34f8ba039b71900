"""4-D items: volumes of one series on one grid, which are read as one thing that runs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from medimg.reading.dicom.placing import SAME_PLACE_MM
from medimg.reading.dicom.stack.dimensions import moment, phase
from medimg.reading.dicom.stack.splitting import Stack
from medimg.values.series import Part, Series

#: Runs of a contrast series up to which each is read as a series of its own (unenhanced, arterial,
#: venous, late); more are a perfusion.
CONTRAST_PHASES = 4


def fold(stacks: Sequence[Stack], built: Sequence[Series]) -> list[Series]:
    """Say of the volumes of one series which belong to one item, and in which order.

    Args:
        stacks: All that came of one Series UID.
        built: Their series, in the same order.
    """
    alike: dict[Hashable, list[int]] = {}
    for index, (stack, series) in enumerate(zip(stacks, built, strict=True)):
        grid = _grid(series) if any(rule.axis for rule in stack.rules) else None
        if grid is not None:
            alike.setdefault((grid, _unchanging(stack, series)), []).append(index)
    result = list(built)
    for members in alike.values():
        axis = _axis(stacks[members[0]])
        if len(members) < 2 or (axis == "acquisition" and len(members) <= CONTRAST_PHASES):
            continue
        ordered = sorted(members, key=lambda i: (_phase(stacks[i]), moment(stacks[i].pictures[0])))
        for place, index in enumerate(ordered):
            head = replace(built[ordered[0]], label=_without_part(stacks[index], built[index]))
            part = Part(built[ordered[0]].id, _word(axis), place, len(ordered), head.label)
            name = _own_words(stacks[index]) or f"{part.axis} {place + 1} of {len(ordered)}"
            result[index] = replace(built[index], part=part, label=f"{head.label}, {name}")
    return [result[i] for i in _in_order(result)]


def _grid(series: Series) -> Hashable | None:
    """Where the voxels lie: by the grid, of an uneven stack slice by slice; None where unknown."""
    geometry = series.geometry
    places: list[object] = [frame.position for frame in series.frames]
    if geometry.affine is not None:
        numbers = geometry.affine.reshape(-1)
    elif None in places or geometry.image_orientation_patient is None or len(places) < 2:
        return None
    else:
        spacing = geometry.plane_spacing
        inside = (*geometry.image_orientation_patient, spacing.row_mm or 0, spacing.column_mm or 0)
        numbers = np.array([*np.array(places, dtype=float).reshape(-1), *inside])
    return tuple(np.round(numbers / SAME_PLACE_MM).astype(int).tolist())


def _unchanging(stack: Stack, series: Series) -> Hashable:
    """What else volumes of one item have in common: all that rules other than axes tell."""
    first = stack.pictures[0]
    keys = tuple((rule.name, rule.key(first)) for rule in stack.rules if not rule.axis)
    return series.geometry.shape, keys, series.mr_kind


def _axis(stack: Stack) -> str:
    return next(rule.axis for rule in reversed(stack.rules) if rule.axis)


def _word(axis: str) -> str:
    return "time" if axis == "acquisition" else axis


def _phase(stack: Stack) -> float:
    return phase(stack.pictures[0]) or 0.0


def _own_words(stack: Stack) -> str:
    """What rules of an axis call this part."""
    pairs = zip(stack.rules, stack.labels, strict=True)
    return ", ".join(label for rule, label in pairs if rule.axis and label)


def _without_part(stack: Stack, series: Series) -> str:
    """The label of the whole item: the part's without its own words."""
    own = _own_words(stack)
    return series.label.removesuffix(f", {own}") if own else series.label


def _in_order(series: Sequence[Series]) -> list[int]:
    """The volumes of an item side by side, where its first one stood."""
    first: dict[str, int] = {}
    for index, one in enumerate(series):
        if one.part is not None:
            first.setdefault(one.part.item, index)
    return sorted(
        range(len(series)),
        key=lambda i: (first[p.item], p.place) if (p := series[i].part) else (i, 0),
    )
